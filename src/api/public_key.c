/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7468, 13 (SubjectPublicKeyInfo); RFC 5480. */
#include "api/public_key.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PEM_MAX    8192
#define MD5_SIZE   16
#define BEGIN_LINE "-----BEGIN PUBLIC KEY-----"

static EVP_PKEY *read_key(const char *pem)
{
    size_t len = strlen(pem);
    BIO *bio = len <= PEM_MAX && strstr(pem, BEGIN_LINE) ? BIO_new_mem_buf(pem, (int)len) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return key;
}

static bool is_p384(EVP_PKEY *key)
{
    char group[32] = "";

    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
           !strcmp(group, "secp384r1");
}

static int hash_key(uint8_t out[MD5_SIZE], EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    int err = len > 0 && EVP_Digest(der, (size_t)len, out, NULL, EVP_md5(), NULL) ? 0 : -EINVAL;

    OPENSSL_free(der);
    return err;
}

int public_key_fingerprint(char out[FINGERPRINT_SIZE], const char *pem)
{
    EVP_PKEY *key = read_key(pem);
    uint8_t digest[MD5_SIZE];
    int err = key && is_p384(key) ? hash_key(digest, key) : -EINVAL;

    for (int i = 0; !err && i < MD5_SIZE; i++)
        snprintf(out + 3 * i, FINGERPRINT_SIZE - 3 * i, i < MD5_SIZE - 1 ? "%02x:" : "%02x",
                 digest[i]);
    EVP_PKEY_free(key);
    return err;
}
