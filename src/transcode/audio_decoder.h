/* SPDX-License-Identifier: Apache-2.0 */
/* AAC frames to an even flow of sound: floating-point samples, one or two channels, 44.1 or 48 kHz,
 * in blocks of 1024 with exact times: those of the source's frames, unless it has another rate.
 * What is missing or broken is silence, so that the flow never shifts against the picture. Thread:
 * its owner's. Callbacks run inside audio_decoder_decode() and audio_decoder_drain(). */
#ifndef TRANSCODE_AUDIO_DECODER_H
#define TRANSCODE_AUDIO_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_BLOCK_SAMPLES 1024
#define AUDIO_CHANNELS_MAX  2

struct audio_decoder;
struct link_packet;

struct audio_format {
    int sample_rate, channels;
};

struct audio_block {
    float *channels[AUDIO_CHANNELS_MAX]; /* AUDIO_BLOCK_SAMPLES each; borrowed */
    int64_t pts;                         /* of the first sample, 90 kHz */
    int64_t arrival_us;
};

struct audio_decoder_events {
    void (*on_block)(const struct audio_block *block, void *ctx);
    /* Time jumps: the next block does not follow the last one. */
    void (*on_break)(void *ctx);
};

/* `asc`: AudioSpecificConfig. -EINVAL when libavcodec refuses it. */
int audio_decoder_create(struct audio_decoder **out, const uint8_t *asc, size_t len,
                         const struct audio_decoder_events *events, void *ctx);
/* What blocks will be like; known before the first. */
struct audio_format audio_decoder_format(const struct audio_decoder *d);
void audio_decoder_decode(struct audio_decoder *d, const struct link_packet *packet);
/* Hands over the last samples, filled up with silence. */
void audio_decoder_drain(struct audio_decoder *d);
/* NULL is fine. */
void audio_decoder_destroy(struct audio_decoder *d);

#endif
