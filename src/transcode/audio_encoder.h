/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of sound to AAC-LC with libavcodec. The encoder's priming frame is left out and the rest
 * carries the times of the sound in it, so that a re-encoded track lies on its source.
 * Thread: its owner's. Callbacks run inside audio_encoder_encode() and audio_encoder_drain(). */
#ifndef TRANSCODE_AUDIO_ENCODER_H
#define TRANSCODE_AUDIO_ENCODER_H

#include "transcode/audio_decoder.h"

struct audio_encoder;

struct audio_frame {
    const uint8_t *data; /* a raw AAC frame; borrowed */
    size_t len;
    int64_t pts; /* 90 kHz */
    int64_t arrival_us;
};

struct audio_encoder_events {
    void (*on_frame)(const struct audio_frame *frame, void *ctx);
};

/* -EINVAL when libavcodec refuses. */
int audio_encoder_create(struct audio_encoder **out, const struct audio_format *format,
                         int bitrate_bps, const struct audio_encoder_events *events, void *ctx);
/* AudioSpecificConfig; lives as long as `e`. */
const uint8_t *audio_encoder_asc(const struct audio_encoder *e, size_t *len);
/* Blocks follow one another; steps in their times are those of the frames. */
void audio_encoder_encode(struct audio_encoder *e, const struct audio_block *block);
/* Hands over what the encoder still holds. Nothing may follow. */
void audio_encoder_drain(struct audio_encoder *e);
/* NULL is fine. */
void audio_encoder_destroy(struct audio_encoder *e);

#endif
