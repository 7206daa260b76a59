/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence parameter set; what it says must be something that can exist. */
#include <stdlib.h>

#include "media/h264_sps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct h264_sps sps;

    if (h264_sps_parse(&sps, data, len))
        return 0;
    if (sps.width < 1 || sps.width > 16880 || sps.height < 1 || sps.height > 33760)
        abort();
    if (!(sps.fps >= 0 && sps.fps <= 240) || !sps.sar_width != !sps.sar_height)
        abort();
    if (sps.bit_depth_luma < 8 || sps.bit_depth_luma > 14 || sps.chroma_format_idc > 3)
        abort();
    return 0;
}
