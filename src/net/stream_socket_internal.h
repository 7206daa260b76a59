/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of a stream_socket share: stream_socket.c has its life and the bytes in clear,
 * stream_tls.c those under TLS. */
#ifndef NET_STREAM_SOCKET_INTERNAL_H
#define NET_STREAM_SOCKET_INTERNAL_H

#include <sys/uio.h>
#include <uv.h>

#include "net/slice_queue.h"
#include "net/stream_socket.h"

struct stream_tls;

struct stream_socket {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    int err; /* for on_close() */
    struct stream_socket_events events;
    void *ctx;
    struct slice_queue queue; /* under TLS: not encrypted yet */
    struct stream_tls *tls;   /* NULL: in clear */
    uint64_t sent;
    struct connection_limits *limits;
    struct loop_timer *linger; /* the owner has closed */
    bool is_paused;
    bool is_manual;  /* reading is the owner's, by stream_socket_read() */
    bool is_blocked; /* the kernel takes no more at the moment */
    bool is_above;   /* passed the high-water mark, on_drain() is owed */
    bool is_broken;  /* closing; only on_close() is left to happen */
    bool is_leaving; /* our goodbye was said, under TLS */
    bool is_freed;   /* as soon as what was posted has come */
    bool is_posted;  /* a message to the loop names it */
    char peer[];
};

/* The owner, if there still is one, hears of it in the loop's next round. */
void stream_break_off(struct stream_socket *s, int err);
void stream_set_blocked(struct stream_socket *s, bool is_blocked);
/* Gives the kernel what it takes: the number of bytes, maybe 0, or a negative errno. `flags`
 * are those of sendmsg(). */
ssize_t stream_send(struct stream_socket *s, struct iovec *iov, size_t count, int flags);

/* -ENOMEM if OpenSSL has none. */
int stream_tls_create(struct stream_tls **out, struct tls_context *context);
/* NULL is fine. */
void stream_tls_destroy(struct stream_tls *tls);
/* Decrypts bytes from the network and delivers them, until the owner pauses. */
void stream_tls_on_input(struct stream_socket *s, const uint8_t *data, size_t len);
/* Delivers what was kept while the owner paused. */
void stream_tls_on_resume(struct stream_socket *s);
bool stream_tls_has_input(const struct stream_tls *tls);
/* Encrypts and sends from the queue until it is empty or the kernel is full. */
void stream_tls_flush(struct stream_socket *s);
void stream_tls_goodbye(struct stream_socket *s);
/* Records that the kernel did not take. */
size_t stream_tls_queued(const struct stream_tls *tls);
const char *stream_tls_alpn(const struct stream_tls *tls);

#endif
