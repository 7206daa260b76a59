/* SPDX-License-Identifier: Apache-2.0 */
/* Stream keys made for an encoder's configuration: the input as a key, and as what stands behind
 * the MAC of one that was signed here. */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "store/multitrack_key.h"

#define MAC_SIZE 16
#define DATA_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t secret[SHA256_SIZE] = "secret";

static void read_key(const char *key)
{
    struct multitrack_grant grant;

    if (!multitrack_key_read(&grant, secret, key, 0) &&
        (grant.config.count < 1 || grant.config.count > MULTITRACK_MAX ||
         strlen(grant.stream_key_arn) >= sizeof(grant.stream_key_arn)))
        abort();
}

static void read_signed(const uint8_t *data, size_t len)
{
    uint8_t whole[1 + MAC_SIZE + DATA_MAX] = { 1 }, mac[SHA256_SIZE];
    char key[3 + BASE64URL_LEN(sizeof(whole)) + 1] = "mk_";

    hmac_sha256(mac, secret, sizeof(secret), data, len);
    memcpy(whole + 1, mac, MAC_SIZE);
    memcpy(whole + 1 + MAC_SIZE, data, len);
    base64url_encode(key + 3, whole, 1 + MAC_SIZE + len);
    read_key(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char key[DATA_MAX + 1];

    if (len > DATA_MAX)
        return 0;
    memcpy(key, data, len);
    key[len] = '\0';
    read_key(key);
    read_signed(data, len);
    return 0;
}
