/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of HTTP/2 (RFC 9113, HPACK included) on nghttp2: bytes in, exchanges to the
 * server's handler, frames out; knows no socket.
 * Thread: the loop's. */
#ifndef NET_HTTP2_SESSION_H
#define NET_HTTP2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct http2_session;
struct http_conn;

struct http2_session_config {
    struct http_conn *conn; /* borrowed: whose exchanges they are */
    const char *peer;       /* borrowed, for requests */
    bool is_tls;
    /* Where frames go: pieces without owner are borrowed. */
    void (*send)(const struct slice *pieces, size_t count, void *ctx);
    /* Whether to stop making frames until http2_session_flush(). */
    bool (*is_full)(void *ctx);
    /* There are frames to be made: call http2_session_flush() soon. Comes outside of
     * http2_session_receive() only. */
    void (*on_output)(void *ctx);
    void *ctx;
};

/* -ENOMEM. */
int http2_session_create(struct http2_session **out, const struct http2_session_config *config);
/* Tells those who wait that the peer has gone. NULL is fine. */
void http2_session_destroy(struct http2_session *session);

/* Handlers are called inside. -EPROTO: close, after http2_session_flush() has told the peer why. */
int http2_session_receive(struct http2_session *session, const uint8_t *data, size_t len);
/* Makes frames and sends them until there are none or it is full. -EPROTO: close. */
int http2_session_flush(struct http2_session *session);
/* Takes no more requests, says so, and is done after the last. */
void http2_session_drain(struct http2_session *session);
/* Nothing more is to be received or sent. */
bool http2_session_is_done(const struct http2_session *session);

/* What is going on, for timeouts. */
struct http2_activity {
    int streams;       /* open */
    int receiving;     /* whose request is incomplete */
    int sending;       /* with parts of an answer that the peer's windows do not let through yet */
    bool is_in_head;   /* a block of headers has begun and not ended */
    uint64_t received; /* bytes of bodies so far, and a little for each complete request */
};
/* Borrowed, always current. */
const struct http2_activity *http2_session_activity(const struct http2_session *session);

#endif
