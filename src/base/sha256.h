/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and what is built on it, for short data.
 * Thread: any. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE     32
#define SHA256_HEX_SIZE 65 /* with its NUL */

void sha256(uint8_t out[SHA256_SIZE], const void *data, size_t len);
/* In lower-case hexadecimal. */
void sha256_hex(char out[SHA256_HEX_SIZE], const void *data, size_t len);
/* RFC 2104. */
void hmac_sha256(uint8_t out[SHA256_SIZE], const void *key, size_t key_len, const void *data,
                 size_t len);

/* Writes 2 * `len` lower-case digits and a NUL. */
void hex_encode(char *out, const void *data, size_t len);
/* In a time that tells nothing about where the two differ. */
bool secret_equal(const void *a, const void *b, size_t len);

#endif
