/* SPDX-License-Identifier: Apache-2.0 */
/* What an AudioSpecificConfig says (ISO/IEC 14496-3, 1.6.2.1), and ADTS headers made from it.
 * Thread: any; pure. */
#ifndef MEDIA_AAC_CONFIG_H
#define MEDIA_AAC_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct audio_config;

/* Fills all but `asc`. -EINVAL: malformed; -ENOTSUP: ADTS cannot carry it. */
int aac_config_parse(struct audio_config *out, const uint8_t *data, size_t len);

#define ADTS_SIZE      7
#define ADTS_FRAME_MAX (8191 - ADTS_SIZE) /* 13 bits, header included */
/* The header (1.A.2.2) of a raw frame of `len` bytes, at most ADTS_FRAME_MAX. */
void adts_write(uint8_t header[ADTS_SIZE], const struct audio_config *audio, size_t len);

struct adts_header {
    size_t size;       /* of the header: 7, with a checksum 9 */
    size_t frame_size; /* with the header */
    int sample_rate;   /* of the AAC core */
    int samples;       /* in the frame, at that rate */
    uint8_t asc[2];    /* the AudioSpecificConfig that says the same */
};

/* 1: *out is the header at the beginning of `data`. 0: more bytes are needed. -EINVAL: none stands
 * there, or it announces several frames at once, which nobody sends. */
int adts_read(struct adts_header *out, const uint8_t *data, size_t len);

#endif
