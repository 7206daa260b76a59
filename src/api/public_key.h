/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys that customers import: ECDSA on P-384, as PEM.
 * Thread: any. */
#ifndef API_PUBLIC_KEY_H
#define API_PUBLIC_KEY_H

#define FINGERPRINT_SIZE 48 /* 16 bytes in hexadecimal, colons between them, NUL */

/* MD5 of the DER SubjectPublicKeyInfo, as `openssl md5 -c` shows it. -EINVAL if `pem` is no P-384
 * public key. */
int public_key_fingerprint(char out[FINGERPRINT_SIZE], const char *pem);

#endif
