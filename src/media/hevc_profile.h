/* SPDX-License-Identifier: Apache-2.0 */
/* Profile, tier and level of HEVC (ISO/IEC 23008-2, 7.3.3), and their name (14496-15, annex E).
 * Thread: any; pure functions. */
#ifndef MEDIA_HEVC_PROFILE_H
#define MEDIA_HEVC_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"

#define HEVC_GENERAL_SIZE    12
#define HEVC_SUB_LAYERS_MAX  7
#define HEVC_CODEC_NAME_SIZE 48

/* Of the whole stream: profile space, tier and profile (1), compatibility (4), constraints (6),
 * level (1), as they stand in parameter sets and in the decoder's configuration record alike. */
struct hevc_profile {
    uint8_t general[HEVC_GENERAL_SIZE];
};

/* profile_tier_level() of a stream with `sub_layers` (1 to 7). */
void hevc_profile_read(struct hevc_profile *out, struct bit_reader *r, int sub_layers);
int hevc_profile_idc(const struct hevc_profile *profile);
int hevc_profile_level(const struct hevc_profile *profile); /* 30 times what it is called */
/* Such as "hvc1.1.6.L93.B0". */
void hevc_profile_codec_name(char out[HEVC_CODEC_NAME_SIZE], const struct hevc_profile *profile);

#endif
