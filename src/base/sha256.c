/* SPDX-License-Identifier: Apache-2.0 */
/* FIPS 180-4 by OpenSSL, RFC 2104 on top: OpenSSL 3's own HMAC looks its algorithm up by name on
 * every call, which costs more than hashing a request. */
#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 64

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *algorithm;

static void fetch_algorithm(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!algorithm) {
        fputs("weir: OpenSSL has no SHA-256\n", stderr);
        abort();
    }
}

static EVP_MD_CTX *hash_begin(void)
{
    EVP_MD_CTX *ctx;

    pthread_once(&once, fetch_algorithm);
    ctx = EVP_MD_CTX_new();
    if (!ctx) {
        fputs("weir: out of memory\n", stderr);
        abort();
    }
    return ctx;
}

/* Hashes `head` and `tail` as one text. */
static void hash_two(EVP_MD_CTX *ctx, uint8_t out[SHA256_SIZE], const void *head, size_t head_len,
                     const void *tail, size_t tail_len)
{
    EVP_DigestInit_ex2(ctx, algorithm, NULL);
    EVP_DigestUpdate(ctx, head, head_len);
    EVP_DigestUpdate(ctx, tail, tail_len);
    EVP_DigestFinal_ex(ctx, out, NULL);
}

void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t len)
{
    EVP_MD_CTX *ctx = hash_begin();

    hash_two(ctx, out, data, len, NULL, 0);
    EVP_MD_CTX_free(ctx);
}

void sha256_hex(char out[SHA256_HEX_SIZE], const void *data, size_t len)
{
    uint8_t digest[SHA256_SIZE];

    sha256(digest, data, len);
    hex_encode(out, digest, sizeof(digest));
}

void hmac_sha256(uint8_t out[SHA256_SIZE], const void *key, size_t key_len, const void *data,
                 size_t len)
{
    uint8_t block[BLOCK_SIZE] = { 0 };
    uint8_t pad[BLOCK_SIZE];
    EVP_MD_CTX *ctx = hash_begin();

    if (key_len > BLOCK_SIZE)
        hash_two(ctx, block, key, key_len, NULL, 0);
    else if (key_len)
        memcpy(block, key, key_len);
    for (int i = 0; i < BLOCK_SIZE; i++)
        pad[i] = block[i] ^ 0x36;
    hash_two(ctx, out, pad, sizeof(pad), data, len);
    for (int i = 0; i < BLOCK_SIZE; i++)
        pad[i] = block[i] ^ 0x5c;
    hash_two(ctx, out, pad, sizeof(pad), out, SHA256_SIZE);
    EVP_MD_CTX_free(ctx);
    OPENSSL_cleanse(block, sizeof(block));
    OPENSSL_cleanse(pad, sizeof(pad));
}

void hex_encode(char *out, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

bool secret_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}
