/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <stdint.h>

/* RFC 3629, 4: how many bytes follow the first one, -1 if it cannot be a first one. The second byte
 * has a range of its own where that keeps out overlong forms, surrogates or what is too large. */
static int followers(uint8_t first, uint8_t *least, uint8_t *most)
{
    *least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 0;
    if (first >= 0xc2 && first <= 0xdf)
        return 1;
    if (first >= 0xe0 && first <= 0xef)
        return 2;
    return first >= 0xf0 && first <= 0xf4 ? 3 : -1;
}

bool utf8_is_valid(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    uint8_t least, most;

    while (at < end) {
        int left = followers(*at++, &least, &most);

        if (left < 0 || end - at < left)
            return false;
        for (; left; left--, at++, least = 0x80, most = 0xbf)
            if (*at < least || *at > most)
                return false;
    }
    return true;
}
