/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void id_random(void *out, size_t len)
{
    uint8_t *at = out;

    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            perror("weir: getrandom");
            abort();
        }
        at += got;
        len -= (size_t)got;
    }
}

void id_alnum(char *out, size_t len)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const unsigned letters = sizeof(alphabet) - 1;
    uint8_t pool[64];
    size_t left = 0;

    for (size_t i = 0; i < len;) {
        if (!left) {
            id_random(pool, sizeof(pool));
            left = sizeof(pool);
        }
        uint8_t byte = pool[--left];
        if (byte < 256 - 256 % letters) /* no letter is likelier than another */
            out[i++] = alphabet[byte % letters];
    }
    out[len] = '\0';
}

void id_uuid(char out[37])
{
    uint8_t b[16];

    id_random(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}
