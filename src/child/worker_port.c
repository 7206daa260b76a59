/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking reads and writes of frames; whole frames of many threads, one after another. */
#include "child/worker_port.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"

#define LINK_FD    0
#define READ_CHUNK 65536
#define HELD_MAX   (256 << 10)

struct worker_port {
    struct worker_port_events events;
    void *ctx;
    struct worker_frame_reader reader;
    uint8_t chunk[READ_CHUNK];
    pthread_mutex_t lock; /* lock guards: writing to LINK_FD, and what follows */
    bool holds;
    struct buf held;
};

struct worker_port *worker_port_create(const struct worker_port_events *events, void *ctx)
{
    struct worker_port *port = mem_zalloc(sizeof(*port));

    port->events = *events;
    port->ctx = ctx;
    worker_frame_reader_init(&port->reader);
    buf_init(&port->held, HELD_MAX);
    pthread_mutex_init(&port->lock, NULL);
    return port;
}

void worker_port_destroy(struct worker_port *port)
{
    if (!port)
        return;
    pthread_mutex_destroy(&port->lock);
    worker_frame_reader_clear(&port->reader);
    buf_clear(&port->held);
    mem_free(port);
}

static int read_more(struct worker_port *port)
{
    ssize_t len;

    do
        len = read(LINK_FD, port->chunk, sizeof(port->chunk));
    while (len < 0 && errno == EINTR);
    if (len <= 0)
        return -EPIPE;
    return worker_frame_reader_feed(&port->reader, port->chunk, (size_t)len);
}

static void answer_ping(struct worker_port *port, const struct worker_frame *ping)
{
    if (!port->events.is_alive || port->events.is_alive(port->ctx))
        worker_port_send(port, FRAME_PONG, ping->data, ping->len, NULL, 0);
}

int worker_port_read(struct worker_port *port, struct worker_frame *frame)
{
    int err;

    while ((err = worker_frame_reader_next(&port->reader, frame)) >= 0) {
        if (err == 0)
            err = read_more(port);
        else if (frame->type == FRAME_PING)
            answer_ping(port, frame);
        else
            return 0;
        if (err < 0)
            break;
    }
    return err;
}

/* What is left after `sent` bytes, in place. Returns the number of pieces left. */
static int drop_sent(struct iovec *pieces, int count, size_t sent)
{
    int left = 0;

    for (int i = 0; i < count; i++) {
        size_t done = sent < pieces[i].iov_len ? sent : pieces[i].iov_len;
        sent -= done;
        if (done == pieces[i].iov_len)
            continue;
        pieces[left++] =
            (struct iovec){ (char *)pieces[i].iov_base + done, pieces[i].iov_len - done };
    }
    return left;
}

static int write_all(struct iovec *pieces, int count)
{
    while (count > 0) {
        ssize_t sent = writev(LINK_FD, pieces, count);
        if (sent < 0 && errno != EINTR)
            return -EPIPE;
        if (sent > 0)
            count = drop_sent(pieces, count, (size_t)sent);
    }
    return 0;
}

static int write_held(struct worker_port *port)
{
    struct iovec held = { port->held.data, port->held.len };
    int err = write_all(&held, held.iov_len ? 1 : 0);

    buf_reset(&port->held);
    return err;
}

/* What is too large to be held goes out at once, behind what was. */
static int hold_or_write(struct worker_port *port, struct iovec *pieces, int count)
{
    size_t len = 0;
    int err = 0;

    for (int i = 0; i < count; i++)
        len += pieces[i].iov_len;
    if (!port->holds || len > HELD_MAX - port->held.len)
        err = write_held(port);
    if (!port->holds || len > HELD_MAX)
        return err ? err : write_all(pieces, count);
    for (int i = 0; i < count; i++)
        buf_append(&port->held, pieces[i].iov_base, pieces[i].iov_len);
    return err;
}

int worker_port_send(struct worker_port *port, int type, const void *head, size_t head_len,
                     const void *body, size_t body_len)
{
    uint8_t header[WORKER_HEADER_SIZE];
    struct iovec pieces[] = {
        { header, sizeof(header) },
        { (void *)(uintptr_t)head, head_len },
        { (void *)(uintptr_t)body, body_len },
    };
    int err;

    if (body_len > WORKER_PAYLOAD_MAX || head_len > WORKER_PAYLOAD_MAX - body_len)
        return -EMSGSIZE;
    worker_frame_header(header, type, head_len + body_len);
    pthread_mutex_lock(&port->lock);
    err = hold_or_write(port, pieces, drop_sent(pieces, ARRAY_LEN(pieces), 0));
    pthread_mutex_unlock(&port->lock);
    return err;
}

void worker_port_hold(struct worker_port *port)
{
    pthread_mutex_lock(&port->lock);
    port->holds = true;
    pthread_mutex_unlock(&port->lock);
}

int worker_port_release(struct worker_port *port)
{
    int err;

    pthread_mutex_lock(&port->lock);
    port->holds = false;
    err = write_held(port);
    pthread_mutex_unlock(&port->lock);
    return err;
}

int worker_port_serve(struct worker_port *port,
                      int (*take)(const struct worker_frame *frame, void *ctx))
{
    struct worker_frame frame;
    int err;

    worker_port_send(port, FRAME_READY, NULL, 0, NULL, 0);
    do {
        err = worker_port_read(port, &frame);
        if (!err)
            err = take(&frame, port->ctx);
    } while (!err);
    return err;
}

void worker_port_error(struct worker_port *port, const char *format, ...)
{
    char text[256];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len > 0)
        worker_port_send(port, FRAME_ERROR, text,
                         (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, NULL, 0);
}
