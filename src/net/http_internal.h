/* SPDX-License-Identifier: Apache-2.0 */
/* What the HTTP files share: the parts of a connection and an exchange that do not depend on the
 * version spoken. Thread: the loop's. */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "net/http_message.h"
#include "net/http_server.h"
#include "net/timeout_queue.h"

struct http_conn;
struct http_exchange;
struct http_reply;

/* --- connections: http1, http2, and those that have not said yet what they speak --- */

/* What a connection waits for from its peer, each with its own patience. While a handler works on
 * an answer there is none. */
enum http_wait {
    HTTP_WAIT_NONE,
    HTTP_WAIT_FIRST, /* for the first bytes, TLS handshake included: 10 s */
    HTTP_WAIT_HEAD,  /* for the rest of a head: 10 s from its first byte */
    HTTP_WAIT_BODY,  /* for the next HTTP_BODY_WINDOW_MIN bytes of a body: 10 s */
    HTTP_WAIT_IDLE,  /* for the next request: 60 s */
    HTTP_WAIT_SENT,  /* for the peer to take any of what is queued for it: 30 s */
    HTTP_WAIT_COUNT,
};

#define HTTP_BODY_WINDOW_MIN 5000

struct http_conn_ops {
    int version; /* 1 or 2; 0: not known yet */
    /* Begin no more exchanges; close after the last. */
    void (*drain)(struct http_conn *conn);
    /* Close now, tell those who wait, free. */
    void (*destroy)(struct http_conn *conn);
    /* The peer took too long: close or wait again. */
    void (*on_timeout)(struct http_conn *conn, enum http_wait wait);
};

struct http_conn {
    struct list node; /* in the server's list */
    struct http_server *server;
    struct stream_socket *socket;
    const struct http_conn_ops *ops;
    struct timeout timeout;
    enum http_wait wait;
    uint64_t progress; /* sent or received when the wait began */
    uint64_t requests; /* so far */
};

/* Enters the server's list. */
void http_conn_init(struct http_conn *conn, struct http_server *server,
                    struct stream_socket *socket, const struct http_conn_ops *ops);
/* Leaves it for good; the last one to leave ends a drain. */
void http_conn_clear(struct http_conn *conn);
/* Leaves it to one that takes its socket over before http_conn_passed_on(): all the while it is one
 * open connection, and no drain ends. */
void http_conn_pass_on(struct http_conn *conn);
void http_conn_passed_on(struct http_server *server);
/* Begins a wait, or goes on with it if it is the one that runs; idleness begins anew after each
 * change of `progress`. That is kept for on_timeout() to compare. */
void http_conn_wait(struct http_conn *conn, enum http_wait wait, uint64_t progress);
/* Begins the same wait again. */
void http_conn_wait_again(struct http_conn *conn, uint64_t progress);

/* --- exchanges --- */

struct http_exchange_ops {
    /* The head, and the body too if `is_whole`: then the exchange ends inside. */
    void (*start)(struct http_exchange *exchange, const struct http_reply *reply);
    void (*piece)(struct http_exchange *exchange, const struct slice *pieces, size_t count);
    void (*end)(struct http_exchange *exchange);
};

struct http_exchange {
    struct list node; /* its connection's */
    struct http_conn *conn;
    const struct http_exchange_ops *ops;
    struct http_message message;
    size_t reserved; /* bytes for its body, of what the server allows */
    void (*on_gone)(void *ctx);
    void *gone_ctx;
};

void http_exchange_init(struct http_exchange *exchange, struct http_conn *conn,
                        const struct http_exchange_ops *ops);
/* Tells who waits that there is nobody to answer. */
void http_exchange_gone(struct http_exchange *exchange);
void http_exchange_clear(struct http_exchange *exchange);
/* An answer of the server's own, such as 413. */
void http_exchange_refuse(struct http_exchange *exchange, int status);

/* --- replies: a response made to fit its request --- */

struct http_reply {
    int status;
    const struct http_header *headers; /* the handler's */
    size_t header_count;
    const struct slice *body; /* what is to be sent of it: nothing for HEAD */
    size_t body_count;
    bool is_whole;   /* no pieces follow */
    bool has_body;   /* false: HEAD, 204, 304: pieces are dropped */
    bool has_length; /* content-length is to be sent */
    uint64_t length;
    bool accepts_ranges;
    char content_range[64]; /* "" if none */
    struct slice *cut;      /* owned; where `body` is part of a longer one */
};

void http_reply_init(struct http_reply *reply, const struct http_request *request,
                     const struct http_response *response, bool is_whole);
void http_reply_clear(struct http_reply *reply);
/* false, and logged: a line end in a value would let whoever chose the value write headers of
 * their own. */
bool http_header_is_sound(const struct http_header *header);
/* "Not Found" for 404. */
const char *http_reason(int status);

/* --- the server --- */

size_t http_server_body_max(struct http_server *server, const struct http_request *request);
/* Room for a body of at most `size` bytes, of what all requests together may hold. false: there is
 * none, answer 503. Whoever has it gives it back with http_server_release(). */
bool http_server_reserve(struct http_server *server, size_t size);
void http_server_release(struct http_server *server, size_t size);
/* The handler gets the request; the server refuses it itself when it has too many. */
void http_server_dispatch(struct http_server *server, struct http_exchange *exchange);
/* Has the handler refused it in words of its own? */
bool http_server_refused(struct http_server *server, struct http_exchange *exchange, int status);
void http_server_note_exchange(struct http_server *server, int change);
void http_server_note_answer(struct http_server *server, int status, uint64_t body_bytes);
void http_server_note_body(struct http_server *server, uint64_t bytes);
struct loop *http_server_loop(struct http_server *server);
/* What a new connection to a TLS port is that speaks no HTTP. false: not wanted here. */
bool http_server_hand_over(struct http_server *server, struct stream_socket *socket,
                           const uint8_t *first, size_t len);
bool http_server_is_draining(const struct http_server *server);
/* The value of the Date header, valid until the loop's next round. RFC 9110 5.6.7 */
const char *http_server_date(struct http_server *server);
/* An empty buffer for building one head, valid until the next call. */
struct buf *http_server_head_buf(struct http_server *server);

#endif
