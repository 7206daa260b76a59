/* SPDX-License-Identifier: Apache-2.0 */
#include "media/rbsp.h"

size_t rbsp_read(uint8_t *out, size_t max, const uint8_t *data, size_t len)
{
    size_t count = 0;
    int zeroes = 0;

    for (size_t i = 0; i < len && count < max; i++) {
        if (zeroes >= 2 && data[i] == 3) { /* 00 00 03 stands for 00 00 */
            zeroes = 0;
            continue;
        }
        zeroes = data[i] ? 0 : zeroes + 1;
        out[count++] = data[i];
    }
    return count;
}
