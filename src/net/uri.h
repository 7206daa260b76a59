/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding and query strings: RFC 3986.
 * Thread: any. */
#ifndef NET_URI_H
#define NET_URI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;

/* Appends `len` bytes, all but the unreserved characters as %XX. */
void uri_encode(struct buf *out, const char *text, size_t len);
/* The byte at text[*at], decoded if a valid %XX stands there; moves `at` on. */
uint8_t uri_decode_byte(const char *text, size_t len, size_t *at);
/* In the arena. NULL if the result would hold a NUL. */
char *uri_decode(struct arena *arena, const char *text, size_t len);

/* One name=value of a query, as it stands there; borrowed. */
struct uri_parameter {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len; /* 0 without '=' */
};

/* Takes the next parameter off `*query`; false at its end. Empty ones are left out. */
bool uri_next_parameter(const char **query, struct uri_parameter *out);
/* The decoded value of the first parameter `name`; NULL if there is none. */
const char *uri_find_parameter(struct arena *arena, const char *query, const char *name);

#endif
