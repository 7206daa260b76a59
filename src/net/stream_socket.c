/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection polled by libuv; reading and writing are our own system calls.
 *
 *     kernel --recv--> shared read buffer --------------------> on_data()
 *     kernel <--sendmsg-- what did not fit: queue of slices <-- stream_socket_write()
 *
 * A connection ends in uv_close(), whose callback reports on_close() and frees: therefore nothing
 * that runs before the loop's next round can meet a freed socket. */
#include "net/stream_socket.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/connection_limits.h"
#include "net/loop.h"
#include "net/stream_socket_internal.h"

#define SEND_PIECES  64
#define SENDFILE_MIN ((size_t)32 * 1024) /* a frame of HTTP/2 is smaller */

static void on_poll(uv_poll_t *poll, int status, int events);

/* --- life --- */

int stream_socket_create(struct stream_socket **out, struct loop *loop, int fd,
                         const struct stream_socket_config *config)
{
    size_t peer_size = strlen(config->peer) + 1;
    struct stream_socket *s = mem_zalloc(sizeof(*s) + peer_size);
    int err = config->tls ? stream_tls_create(&s->tls, config->tls) : 0;

    loop_assert_here(loop);
    if (!err)
        err = uv_poll_init(loop_uv(loop), &s->poll, fd);
    if (err) {
        close(fd);
        stream_tls_destroy(s->tls);
        mem_free(s);
        return err;
    }
    /* Answers are written whole: waiting for more only delays them. Not every socket is TCP. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    s->poll.data = s;
    s->loop = loop;
    s->fd = fd;
    s->limits = config->limits;
    s->is_paused = true;
    slice_queue_init(&s->queue);
    memcpy(s->peer, config->peer, peer_size);
    *out = s;
    return 0;
}

static void free_socket(struct stream_socket *s)
{
    stream_tls_destroy(s->tls);
    slice_queue_clear(&s->queue);
    mem_free(s);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream_socket *s = handle->data;

    if (s->events.on_close)
        s->events.on_close(s->err, s->ctx);
    s->is_freed = true;
    if (!s->is_posted)
        free_socket(s);
}

void stream_break_off(struct stream_socket *s, int err)
{
    if (s->is_broken)
        return;
    s->is_broken = true;
    s->err = err;
    loop_timer_destroy(s->linger);
    s->linger = NULL;
    uv_close((uv_handle_t *)&s->poll, on_closed);
    close(s->fd);
    if (s->limits)
        connection_limits_leave(s->limits, s->peer);
}

/* First what was kept, then what is new. */
static bool may_read(const struct stream_socket *s)
{
    return !s->is_paused && !s->is_posted && !s->is_broken;
}

/* Tells libuv what to wait for. */
static void update_poll(struct stream_socket *s)
{
    int input = s->is_manual ? UV_DISCONNECT : UV_READABLE;
    int events = (may_read(s) ? input : 0) | (s->is_blocked ? UV_WRITABLE : 0);
    int err = 0;

    if (s->is_broken)
        return;
    if (events)
        err = uv_poll_start(&s->poll, events, on_poll);
    else
        uv_poll_stop(&s->poll);
    if (err)
        stream_break_off(s, err);
}

void stream_set_blocked(struct stream_socket *s, bool is_blocked)
{
    if (s->is_blocked == is_blocked)
        return;
    s->is_blocked = is_blocked;
    update_poll(s);
}

/* --- reading --- */

/* Whether there may be more. */
static bool on_readable(struct stream_socket *s)
{
    uint8_t *data = loop_scratch(s->loop, SCRATCH_READ);
    ssize_t len = recv(s->fd, data, SCRATCH_READ_SIZE, 0);

    if (len == 0)
        stream_break_off(s, 0);
    else if (len < 0 && errno != EAGAIN && errno != EINTR)
        stream_break_off(s, -errno);
    else if (len > 0 && s->events.on_data && s->tls)
        stream_tls_on_input(s, data, (size_t)len);
    else if (len > 0 && s->events.on_data)
        s->events.on_data(data, (size_t)len, s->ctx);
    return len == SCRATCH_READ_SIZE;
}

/* --- writing --- */

static ssize_t note_sent(struct stream_socket *s, ssize_t sent)
{
    if (sent < 0)
        return errno == EAGAIN ? 0 : -errno;
    s->sent += (uint64_t)sent;
    return sent;
}

ssize_t stream_send(struct stream_socket *s, struct iovec *iov, size_t count, int flags)
{
    struct msghdr message = { .msg_iov = iov, .msg_iovlen = count };
    ssize_t sent;

    do
        sent = sendmsg(s->fd, &message, MSG_NOSIGNAL | flags);
    while (sent < 0 && errno == EINTR);
    return note_sent(s, sent);
}

/* For fewer bytes another system call costs more than copying them. */
static bool is_sent_from_file(const struct slice *piece)
{
    return piece->owner && piece->owner->fd >= 0 && piece->len >= SENDFILE_MIN;
}

static ssize_t send_file(struct stream_socket *s, const struct slice *piece)
{
    off_t at = piece->data - piece->owner->data;
    ssize_t sent;

    do
        sent = sendfile(s->fd, piece->owner->fd, &at, piece->len);
    while (sent < 0 && errno == EINTR);
    return note_sent(s, sent);
}

/* As many pieces as one system call can take; `len` is what they hold together. */
struct batch {
    size_t count, len;
};

static ssize_t send_some(struct stream_socket *s, const struct slice *pieces, size_t count,
                         struct batch *batch)
{
    struct iovec iov[SEND_PIECES];
    size_t n = 0, len = 0;

    if (is_sent_from_file(pieces)) {
        *batch = (struct batch){ 1, pieces->len };
        return send_file(s, pieces);
    }
    for (; n < count && n < SEND_PIECES && !is_sent_from_file(&pieces[n]); n++) {
        iov[n] = (struct iovec){ (void *)pieces[n].data, pieces[n].len };
        len += pieces[n].len;
    }
    *batch = (struct batch){ n, len };
    return stream_send(s, iov, n, n < count ? MSG_MORE : 0);
}

/* Sends from the queue until it is empty or the kernel is full. */
static void flush_clear(struct stream_socket *s)
{
    struct slice_queue *queue = &s->queue;
    struct batch batch = { 0 };
    ssize_t sent = 0;

    while (queue->count && (size_t)sent == batch.len) {
        sent = send_some(s, slice_queue_first(queue), queue->count, &batch);
        if (sent < 0) {
            stream_break_off(s, (int)sent);
            return;
        }
        slice_queue_consume(queue, (size_t)sent);
    }
    stream_set_blocked(s, queue->count > 0);
}

static void flush(struct stream_socket *s)
{
    if (s->tls)
        stream_tls_flush(s);
    else
        flush_clear(s);
}

/* With nothing queued before them, pieces go to the kernel without being referenced; returns how
 * many bytes did. */
static size_t send_at_once(struct stream_socket *s, const struct slice *pieces, size_t count)
{
    struct batch batch = { 0 };
    size_t total = 0;
    ssize_t sent = 0;

    if (s->tls || s->queue.count)
        return 0;
    while (count && (size_t)sent == batch.len) {
        sent = send_some(s, pieces, count, &batch);
        if (sent < 0) {
            stream_break_off(s, (int)sent);
            return 0;
        }
        pieces += batch.count;
        count -= batch.count;
        total += (size_t)sent;
    }
    return total;
}

int stream_socket_write(struct stream_socket *s, const struct slice *pieces, size_t count)
{
    size_t sent = 0;

    if (!s->is_broken && !s->is_blocked)
        sent = send_at_once(s, pieces, count);
    if (s->is_broken)
        return -EPIPE;
    slice_queue_push_from(&s->queue, pieces, count, sent);
    if (s->queue.count && !s->is_blocked)
        flush(s);
    if (stream_socket_queued(s) > STREAM_SOCKET_HIGH_WATER)
        s->is_above = true;
    return s->is_broken ? -EPIPE : 0;
}

static void say_goodbye(struct stream_socket *s)
{
    if (s->tls && !s->is_leaving)
        stream_tls_goodbye(s);
    s->is_leaving = true;
    if (!s->is_broken && !stream_socket_queued(s))
        shutdown(s->fd, SHUT_WR);
}

static void on_writable(struct stream_socket *s)
{
    flush(s);
    if (s->is_broken || stream_socket_queued(s) >= STREAM_SOCKET_LOW_WATER)
        return;
    if (s->linger && !stream_socket_queued(s))
        say_goodbye(s);
    if (s->is_above) {
        s->is_above = false;
        if (s->events.on_drain)
            s->events.on_drain(s->ctx);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct stream_socket *s = poll->data;
    socklen_t size = sizeof(int);
    int err = ECONNRESET;

    if (status) { /* libuv has stopped polling and says no more than EBADF */
        getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &size);
        stream_break_off(s, -err);
        return;
    }
    if (events & UV_WRITABLE)
        on_writable(s);
    if ((events & (UV_READABLE | UV_DISCONNECT)) && !s->is_paused && !s->is_broken)
        on_readable(s);
}

/* --- the owner's other verbs --- */

void stream_socket_set_events(struct stream_socket *s, const struct stream_socket_events *events,
                              void *ctx)
{
    bool is_first = !s->events.on_close;

    s->events = *events;
    s->ctx = ctx;
    if (is_first)
        stream_socket_resume(s);
}

size_t stream_socket_queued(const struct stream_socket *s)
{
    return s->queue.bytes + (s->tls ? stream_tls_queued(s->tls) : 0);
}

uint64_t stream_socket_sent(const struct stream_socket *s)
{
    return s->sent;
}

void stream_socket_pause(struct stream_socket *s)
{
    s->is_paused = true;
    update_poll(s);
}

static void on_posted(void *arg)
{
    struct stream_socket *s = arg;

    s->is_posted = false;
    if (s->is_freed) {
        free_socket(s);
        return;
    }
    update_poll(s);
    stream_tls_on_resume(s);
}

void stream_socket_resume(struct stream_socket *s)
{
    s->is_paused = false;
    if (s->tls && stream_tls_has_input(s->tls) && !s->is_posted) {
        s->is_posted = true; /* not inside the owner's call */
        loop_post(s->loop, on_posted, s);
    }
    update_poll(s);
}

void stream_socket_set_manual(struct stream_socket *s, bool is_manual)
{
    s->is_manual = is_manual;
    update_poll(s);
}

bool stream_socket_read(struct stream_socket *s)
{
    return may_read(s) && on_readable(s);
}

static void on_linger_over(void *ctx)
{
    stream_break_off(ctx, -ETIMEDOUT);
}

void stream_socket_close(struct stream_socket *s, int linger_ms)
{
    loop_assert_here(s->loop);
    s->events = (struct stream_socket_events){ 0 };
    if (s->is_broken)
        return;
    if (!linger_ms) {
        stream_break_off(s, 0);
        return;
    }
    /* Closing with unread input would make the kernel send RST, which can overtake what was
     * written: therefore read until the peer has ended too. RFC 9112 9.6 */
    s->linger = loop_timer_create(s->loop, on_linger_over, s);
    loop_timer_start(s->linger, linger_ms, 0);
    if (!stream_socket_queued(s))
        say_goodbye(s);
    s->is_manual = false;
    stream_socket_resume(s);
}

struct loop *stream_socket_loop(const struct stream_socket *s)
{
    return s->loop;
}

bool stream_socket_is_tls(const struct stream_socket *s)
{
    return s->tls != NULL;
}

const char *stream_socket_alpn(const struct stream_socket *s)
{
    return s->tls ? stream_tls_alpn(s->tls) : "";
}

const char *stream_socket_peer(const struct stream_socket *s)
{
    return s->peer;
}
