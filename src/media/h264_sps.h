/* SPDX-License-Identifier: Apache-2.0 */
/* What a sequence parameter set says (ISO/IEC 14496-10, 7.3.2.1.1 and annex E).
 * Thread: any; pure. */
#ifndef MEDIA_H264_SPS_H
#define MEDIA_H264_SPS_H

#include <stddef.h>
#include <stdint.h>

#include "media/packet.h"

struct h264_sps {
    int profile_idc, constraint_flags, level_idc;
    int chroma_format_idc; /* 0: grey, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4 */
    int bit_depth_luma, bit_depth_chroma;
    int width, height;         /* after cropping */
    double fps;                /* 0: not told */
    int sar_width, sar_height; /* 0: not told */
    struct video_colour colour;
};

/* `nal` is the whole NAL unit with its header byte. -EINVAL when it is none or breaks a limit of
 * the specification. Usability information that ends early counts as far as it goes. */
int h264_sps_parse(struct h264_sps *out, const uint8_t *nal, size_t len);

#endif
