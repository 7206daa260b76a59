/* SPDX-License-Identifier: Apache-2.0 */
/* One accepted TCP connection, in clear or under TLS: bytes in, shared bytes out.
 * TLS runs through memory BIOs; records are batched into one send of up to 256 kB.
 * Thread: the loop it was created on. Callbacks run on that loop, never inside a call of the
 * owner's except where said. */
#ifndef NET_STREAM_SOCKET_H
#define NET_STREAM_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct connection_limits;
struct loop;
struct stream_socket;
struct tls_context;

struct stream_socket_events {
    /* `data` is borrowed during the call. stream_socket_close() inside is fine. */
    void (*on_data)(const uint8_t *data, size_t len, void *ctx);
    /* What was queued fell below the low-water mark after stream_socket_queued() had passed the
     * high one. May be NULL. */
    void (*on_drain)(void *ctx);
    /* Exactly once, unless the owner closed first: the peer ended (0), or the connection failed.
     * The socket is gone when it returns. */
    void (*on_close)(int err, void *ctx);
};

/* What to keep queued at most: who produces more than that waits for on_drain(). */
#define STREAM_SOCKET_HIGH_WATER ((size_t)256 * 1024)
#define STREAM_SOCKET_LOW_WATER  ((size_t)64 * 1024)

struct stream_socket_config {
    struct tls_context *tls;          /* borrowed while it is created; NULL: in clear */
    struct connection_limits *limits; /* borrowed, told of its end; NULL: none */
    const char *peer;                 /* its address without port; copied */
};

/* Takes the connected `fd`, also when it fails. Nothing is read before the first
 * stream_socket_set_events(). A TLS handshake happens by itself: on_data() brings the first bytes
 * inside it. */
int stream_socket_create(struct stream_socket **out, struct loop *loop, int fd,
                         const struct stream_socket_config *config);

/* From now on `events` hear of it, on behalf of a new owner: how a port that has found out which
 * protocol it hears hands the connection over. Bytes already read are for the caller to pass on. */
void stream_socket_set_events(struct stream_socket *s, const struct stream_socket_events *events,
                              void *ctx);

/* Queues pieces in order, without copying those that have an owner (refs); pieces without owner are
 * copied. Sends at once what the kernel takes. -EPIPE after the connection broke (on_close
 * follows). */
int stream_socket_write(struct stream_socket *s, const struct slice *pieces, size_t count);
/* Bytes not yet taken by the kernel. */
size_t stream_socket_queued(const struct stream_socket *s);
/* Bytes the kernel has taken so far: whoever watches for a stalled peer compares two readings. */
uint64_t stream_socket_sent(const struct stream_socket *s);
/* Stops and resumes reading: back-pressure on the peer. */
void stream_socket_pause(struct stream_socket *s);
void stream_socket_resume(struct stream_socket *s);

/* Whether bytes are read as they come, which is how it begins, or only by stream_socket_read() and
 * when the peer has ended: who looks after many busy sockets in a beat of their own is not woken
 * for each. */
void stream_socket_set_manual(struct stream_socket *s, bool is_manual);
/* Reads once, what the kernel has up to a limit; callbacks come inside it. Says whether there may
 * be more. Fine for a socket that its owner has closed since the loop's last round. */
bool stream_socket_read(struct stream_socket *s);

/* Sends what is queued, says goodbye, waits for the peer's, all of it at most for `linger_ms`, and
 * closes. No callback after it returns; the socket is gone for the owner. 0 drops what is queued.
 * Fine inside any callback but on_close(). */
void stream_socket_close(struct stream_socket *s, int linger_ms);

struct loop *stream_socket_loop(const struct stream_socket *s);
bool stream_socket_is_tls(const struct stream_socket *s);
/* "h2", "http/1.1", or "" if the peer offered none. */
const char *stream_socket_alpn(const struct stream_socket *s);
/* The peer's address without port, such as "192.0.2.7" or "2001:db8::1"; lives as long as `s`. */
const char *stream_socket_peer(const struct stream_socket *s);

#endif
