/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of HTTP/2 sessions share: http2_session.c receives requests, http2_answer.c
 * sends answers. */
#ifndef NET_HTTP2_INTERNAL_H
#define NET_HTTP2_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "net/http2_session.h"
#include "net/http_internal.h"
#include "net/slice_queue.h"

struct http2_batch;

struct http2_session {
    struct http2_session_config config;
    nghttp2_session *nghttp2;
    struct list streams;
    struct http2_activity activity;
    size_t body_bytes; /* of incomplete requests */
    int64_t resets;    /* in thousandths */
    int64_t resets_ms; /* when that was so */
    bool is_receiving;
    struct http2_batch *batch; /* during a flush */
};

struct http2_stream {
    struct http_exchange base;
    struct http2_session *session;
    int32_t id;
    const char *method;
    int refusal;             /* the status that will refuse it, 0: none yet */
    struct slice_queue body; /* of the answer, not yet in frames */
    bool has_authority;
    bool has_head;    /* the request's is complete */
    bool is_complete; /* the request is */
    bool is_refused;  /* answered by us, not by the handler */
    bool is_stopped;  /* told to send no more */
    size_t discarded; /* of a refused body */
    bool is_answered; /* the answer is complete */
    bool is_deferred; /* nghttp2 waits for more of `body` */
    bool drops_body;  /* the request was HEAD, say */
};

extern const struct http_exchange_ops http2_exchange_ops;

/* nghttp2's callback for a frame of data. */
int http2_send_data(nghttp2_session *nghttp2, nghttp2_frame *frame, const uint8_t *frame_head,
                    size_t len, nghttp2_data_source *source, void *user_data);

#endif
