/* SPDX-License-Identifier: Apache-2.0 */
/* What a sequence parameter set of HEVC says (ISO/IEC 23008-2, 7.3.2.2 and annex E).
 * Thread: any; pure. */
#ifndef MEDIA_HEVC_SPS_H
#define MEDIA_HEVC_SPS_H

#include <stddef.h>
#include <stdint.h>

#include "media/hevc_profile.h"
#include "media/packet.h"

struct hevc_sps {
    struct hevc_profile profile;
    int sub_layers;
    bool is_temporal_id_nested;
    int chroma_format_idc; /* 0: grey, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4 */
    int bit_depth_luma, bit_depth_chroma;
    int width, height;         /* within the conformance window */
    double fps;                /* 0: not told */
    int sar_width, sar_height; /* 0: not told */
    struct video_colour colour;
};

/* `nal` is the whole NAL unit with its header. -EINVAL when it is none, is of a layer above the
 * base one or breaks a limit of the specification. Usability information that ends early counts as
 * far as it goes. */
int hevc_sps_parse(struct hevc_sps *out, const uint8_t *nal, size_t len);

#endif
