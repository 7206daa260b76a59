/* SPDX-License-Identifier: Apache-2.0 */
/* Performance metrics in access units as packets carry them. */
#include <stdlib.h>

#include "media/bpm_sei.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if ((bpm_sei_find(VIDEO_H264, data, len) | bpm_sei_find(VIDEO_HEVC, data, len)) & ~BPM_ALL)
        abort();
    return 0;
}
