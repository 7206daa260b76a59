/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.1 response as text: RFC 9112 4. */
#ifndef NET_HTTP1_HEAD_H
#define NET_HTTP1_HEAD_H

#include <stdbool.h>

struct buf;
struct http_reply;

struct http1_head {
    const struct http_reply *reply;
    const char *date;
    bool is_chunked;
    bool closes;   /* "Connection: close" */
    bool keeps_10; /* "Connection: keep-alive", which HTTP/1.0 must be told */
};

void http1_head_write(struct buf *out, const struct http1_head *head);

#endif
