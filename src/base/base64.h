/* SPDX-License-Identifier: Apache-2.0 */
/* base64url without padding: RFC 4648, 5; as tokens in URLs and JWTs have it.
 * Thread: any. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters for `len` bytes, without a NUL. */
#define BASE64URL_LEN(len) (((len)*4 + 2) / 3)

/* Writes BASE64URL_LEN(len) characters and a NUL. */
void base64url_encode(char *out, const void *data, size_t len);
/* At most `text_len` bytes go to `out`; their number to `*len`. -EINVAL unless it is exactly what
 * base64url_encode() writes. */
int base64url_decode(uint8_t *out, size_t *len, const char *text, size_t text_len);

#endif
