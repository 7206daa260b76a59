/* SPDX-License-Identifier: Apache-2.0 */
/* Stream keys made for an encoder's configuration: the input is a key, or what stands in one. */
#include <stdlib.h>
#include <string.h>

#include "store/multitrack_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t secret[SHA256_SIZE] = "secret";
    struct multitrack_grant grant;
    char key[512];

    if (len >= sizeof(key))
        return 0;
    memcpy(key, data, len);
    key[len] = '\0';
    if (!multitrack_key_read(&grant, secret, key, 0))
        if (grant.config.count < 1 || grant.config.count > MULTITRACK_MAX)
            abort();
    return 0;
}
