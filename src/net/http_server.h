/* SPDX-License-Identifier: Apache-2.0 */
/* What every HTTP handler sees, whether the peer speaks HTTP/1.1 or HTTP/2: an exchange is one
 * request and its response.
 * Thread: the loop of the connection; callbacks come on it. An exchange must be answered on it:
 * code that works elsewhere posts its result back. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct http_exchange;
struct http_server;
struct loop;
struct stream_socket;

struct http_header {
    const char *name; /* lower case in requests */
    const char *value;
};

/* Strings live as long as the exchange. */
struct http_request {
    const char *method;
    const char *target; /* as received: path and query */
    const char *path;   /* as received, undecoded, up to '?' */
    const char *query;  /* behind '?', undecoded; "" if none */
    const char *host;   /* Host or :authority, as sent; "" if none */
    const struct http_header *headers;
    size_t header_count;
    const uint8_t *body; /* whole, at most the limit that on_headers() gave */
    size_t body_len;
    const char *peer; /* address without port */
    bool is_tls;
};

/* The value of the first header `name` (lower case), NULL if absent. */
const char *http_header(const struct http_request *request, const char *name);

struct http_handler {
    /* The request line and headers are here, the body is not: return the most bytes of body that
     * this request may have (a larger one is answered 413). */
    size_t (*body_max)(const struct http_request *request, void *ctx);
    /* The whole request is here. Answer now or later; http_respond() exactly once. */
    void (*on_request)(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx);
    /* The server refuses a request whose head it understood: 408 and 413 for its body, 503 for want
     * of room. Answer in words of your own, with http_respond() before returning, or return false
     * for plain text. May be NULL. */
    bool (*on_refused)(struct http_exchange *exchange, const struct http_request *request,
                       int status, void *ctx);
};

/* How long the server waits for its peers, in milliseconds; 0 is the default in brackets. */
struct http_patience {
    int first_ms; /* for the first bytes, TLS handshake included (10,000) */
    int head_ms;  /* for a head, from its first byte (10,000) */
    int body_ms;  /* for the next 5,000 bytes of a body (10,000) */
    int idle_ms;  /* for the next request (60,000) */
    int sent_ms;  /* for the peer to take anything of what is queued for it (30,000) */
};

struct http_server_config {
    struct http_handler handler;
    void *handler_ctx;
    /* Takes a connection to a TLS port whose peer speaks RTMP; `first` is borrowed. NULL: there are
     * none. */
    void (*on_rtmp)(struct stream_socket *socket, const uint8_t *first, size_t len, void *ctx);
    void *rtmp_ctx;
    struct http_patience patience;
};

/* One per loop; on the loop's thread, or before the loop is started. Returns owned. */
struct http_server *http_server_create(struct loop *loop, const struct http_server_config *config);
/* Takes a connection that a listener has accepted on this loop. */
void http_server_accept(struct http_server *server, struct stream_socket *socket);
/* Lets no connection begin another exchange and closes each after its last. on_drained() comes,
 * possibly inside the call, when none is left. */
void http_server_drain(struct http_server *server, void (*on_drained)(void *ctx), void *ctx);
/* Drops all connections: who waits for an answer hears on_gone(). NULL is fine. */
void http_server_destroy(struct http_server *server);

struct http_counters {
    uint64_t connections; /* taken so far, open or not */
    uint64_t requests[2]; /* over HTTP/1, over HTTP/2 */
    uint64_t answers[6];  /* by the first digit of the status */
    uint64_t body_bytes;  /* of all answers */
    uint64_t timeouts;    /* of the patience above, idleness excepted */
    int64_t open_connections;
    int64_t open_exchanges; /* parked ones included */
};
/* Any thread. */
void http_server_count(const struct http_server *server, struct http_counters *out);

/* Status, headers and the whole body. Content-Length, Date and framing are the server's; HEAD gets
 * no body, a Range (one range) is cut where `accepts_ranges`. Pieces with owner are referenced, not
 * copied; the arrays and header strings are borrowed during the call. The exchange is gone when it
 * returns. */
struct http_response {
    int status;
    const struct http_header *headers;
    size_t header_count;
    const struct slice *body;
    size_t body_count;
    bool accepts_ranges;
};
void http_respond(struct http_exchange *exchange, const struct http_response *response);

/* A response whose body comes in pieces: chunked in HTTP/1.1, DATA frames in HTTP/2. `response` has
 * no body. The exchange lives until http_respond_end(). */
void http_respond_start(struct http_exchange *exchange, const struct http_response *response);
void http_respond_piece(struct http_exchange *exchange, const struct slice *pieces, size_t count);
void http_respond_end(struct http_exchange *exchange);

/* For whoever parks an exchange: `on_gone` is called when the peer leaves (or the server ends)
 * before the answer was complete. The exchange is gone when it returns; nothing may be answered
 * any more. NULL forgets it. */
void http_exchange_on_gone(struct http_exchange *exchange, void (*on_gone)(void *ctx), void *ctx);

/* Borrowed, as long as the exchange lives. */
const struct http_request *http_exchange_request(const struct http_exchange *exchange);
struct loop *http_exchange_loop(const struct http_exchange *exchange);

#endif
