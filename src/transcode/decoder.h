/* SPDX-License-Identifier: Apache-2.0 */
/* H.264 access units to pictures, once for all rungs. Broken input is concealed as far as
 * libavcodec can and counted; it never ends the decoder.
 * Thread: its owner's. The callback runs inside decoder_decode() and decoder_drain(). */
#ifndef TRANSCODE_DECODER_H
#define TRANSCODE_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "transcode/raw_frame.h"

struct decoder;
struct link_packet;

struct decoder_events {
    /* In presentation order. Borrowed. */
    void (*on_frame)(const struct raw_frame *raw, void *ctx);
};

/* `avcc`: AVCDecoderConfigurationRecord. -EINVAL when libavcodec refuses it. */
int decoder_create(struct decoder **out, const uint8_t *avcc, size_t len,
                   const struct decoder_events *events, void *ctx);
/* Other parameter sets for the packets that follow. */
void decoder_set_config(struct decoder *d, const uint8_t *avcc, size_t len);
void decoder_decode(struct decoder *d, const struct link_packet *packet);
/* Hands over what waits for its turn. Nothing may follow. */
void decoder_drain(struct decoder *d);
uint32_t decoder_frame_count(const struct decoder *d);
uint32_t decoder_error_count(const struct decoder *d);
/* NULL is fine. */
void decoder_destroy(struct decoder *d);

#endif
