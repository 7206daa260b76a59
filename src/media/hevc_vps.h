/* SPDX-License-Identifier: Apache-2.0 */
/* What a video parameter set of HEVC says (ISO/IEC 23008-2, 7.3.2.1).
 * Thread: any; pure. */
#ifndef MEDIA_HEVC_VPS_H
#define MEDIA_HEVC_VPS_H

#include <stddef.h>
#include <stdint.h>

struct hevc_vps {
    double fps; /* 0: not told */
};

/* `nal` is the whole NAL unit with its header. -EINVAL when it is none or breaks a limit of the
 * specification. */
int hevc_vps_parse(struct hevc_vps *out, const uint8_t *nal, size_t len);

#endif
