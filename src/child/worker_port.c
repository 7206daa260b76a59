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

struct worker_port {
    struct worker_port_events events;
    void *ctx;
    struct worker_frame_reader reader;
    uint8_t chunk[READ_CHUNK];
    pthread_mutex_t lock; /* lock guards: writing to LINK_FD */
};

struct worker_port *worker_port_create(const struct worker_port_events *events, void *ctx)
{
    struct worker_port *port = mem_zalloc(sizeof(*port));

    port->events = *events;
    port->ctx = ctx;
    worker_frame_reader_init(&port->reader);
    pthread_mutex_init(&port->lock, NULL);
    return port;
}

void worker_port_destroy(struct worker_port *port)
{
    if (!port)
        return;
    pthread_mutex_destroy(&port->lock);
    worker_frame_reader_clear(&port->reader);
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
    err = write_all(pieces, drop_sent(pieces, ARRAY_LEN(pieces), 0));
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
