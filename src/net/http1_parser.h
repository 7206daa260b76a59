/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of an HTTP/1.1 connection in, requests out; knows no socket. RFC 9112, strictly: whatever
 * two implementations could read differently is refused.
 * Thread: its owner's. */
#ifndef NET_HTTP1_PARSER_H
#define NET_HTTP1_PARSER_H

#include <llhttp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http_message.h"

enum http1_event {
    HTTP1_MORE,    /* all input was used, nothing to tell */
    HTTP1_HEAD,    /* the head is complete, a body follows: set message.body.max */
    HTTP1_REQUEST, /* the request is complete: take it before going on */
    HTTP1_BAD,     /* answer `status` and close: where the next request begins is unknown */
};

struct http1_parser {
    llhttp_t llhttp;
    struct http_message message; /* the request that arrives */
    enum http1_event event;      /* why llhttp was paused */
    int status;                  /* for HTTP1_BAD */
    bool is_http10;
    bool keeps_alive;        /* what the peer wishes */
    bool expects_continue;   /* for HTTP1_HEAD */
    uint64_t content_length; /* for HTTP1_HEAD; 0 if chunked */
    bool has_begun;          /* a request has begun and is not complete */
    bool is_in_name;         /* a header's name is arriving */
    /* The check of line ends. */
    const uint8_t *unchecked; /* where the input not known to be body begins */
    bool is_after_cr, is_after_lf;
    bool is_after_chunk; /* a line end must follow, if the chunk has no more */
    size_t line_bytes;   /* of this request, outside its body */
};

void http1_parser_init(struct http1_parser *p);
void http1_parser_clear(struct http1_parser *p);
/* Reads until there is something to tell; `used` is how much of `data` that took. */
enum http1_event http1_parser_feed(struct http1_parser *p, const uint8_t *data, size_t len,
                                   size_t *used);

#endif
