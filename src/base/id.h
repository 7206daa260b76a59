/* SPDX-License-Identifier: Apache-2.0 */
/* Random identifiers, unguessable: from the kernel's generator.
 * Thread: any. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stddef.h>

/* Fills `out` with `len` characters of [0-9A-Za-z] and a NUL. */
void id_alnum(char *out, size_t len);
void id_random(void *out, size_t len);
/* 36 characters and a NUL: RFC 4122 version 4. */
void id_uuid(char out[37]);

#endif
