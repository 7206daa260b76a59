/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(char *out, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint32_t bits = 0;
    int count = 0;

    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 6; count -= 6)
            *out++ = alphabet[bits >> (count - 6) & 63];
    }
    if (count)
        *out++ = alphabet[bits << (6 - count) & 63];
    *out = '\0';
}

int base64url_decode(uint8_t *out, size_t *len, const char *text, size_t text_len)
{
    uint32_t bits = 0;
    int count = 0;

    *len = 0;
    if (text_len % 4 == 1)
        return -EINVAL;
    for (size_t i = 0; i < text_len; i++) {
        const char *letter = text[i] ? strchr(alphabet, text[i]) : NULL;

        if (!letter)
            return -EINVAL;
        bits = bits << 6 | (uint32_t)(letter - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[(*len)++] = (uint8_t)(bits >> count);
        }
    }
    /* one value, one text: the bits left over are zero */
    return bits & ((1u << count) - 1) ? -EINVAL : 0;
}
