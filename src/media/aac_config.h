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

#endif
