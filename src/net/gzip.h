/* SPDX-License-Identifier: Apache-2.0 */
/* Gzip as a content coding (RFC 9110 8.4.1.3, RFC 1952): for texts that are compressed once and
 * sent to many. Thread: any; pure functions. */
#ifndef NET_GZIP_H
#define NET_GZIP_H

#include <stdbool.h>
#include <stddef.h>

struct bytes;
struct http_request;

/* Whether the request's Accept-Encoding allows gzip (RFC 9110 12.5.3). */
bool http_accepts_gzip(const struct http_request *request);
/* Returns owned. */
struct bytes *gzip_compress(const void *data, size_t len);

#endif
