/* SPDX-License-Identifier: Apache-2.0 */
/* A child process's end of its link to the server: blocking, on descriptor 0.
 * Thread: one reads; any may send. */
#ifndef CHILD_WORKER_PORT_H
#define CHILD_WORKER_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "child/worker_link.h"

struct worker_port;

struct worker_port_events {
    /* Whether everything behind the reading thread still makes progress: a ping is answered only
     * then. NULL: always. */
    bool (*is_alive)(void *ctx);
};

/* Returns owned. */
struct worker_port *worker_port_create(const struct worker_port_events *events, void *ctx);
/* Waits for the next frame, borrowed until the next call; answers pings by itself. -EPIPE when the
 * server is gone, -EPROTO when it makes no sense: then there is nothing left to do. */
int worker_port_read(struct worker_port *port, struct worker_frame *frame);
/* Says that it is ready and gives each frame to `take`, until the link fails or `take` does:
 * returns why. */
int worker_port_serve(struct worker_port *port,
                      int (*take)(const struct worker_frame *frame, void *ctx));
/* Sends a frame whose payload is `head` followed by `body`. Waits while the server does not read.
 * -EMSGSIZE: nothing was sent; -EPIPE: the server is gone. */
int worker_port_send(struct worker_port *port, int type, const void *head, size_t head_len,
                     const void *body, size_t body_len);
/* From now on frames are held and go out together at worker_port_release(), so that the server
 * wakes up once for all of them. Only where one thread sends. */
void worker_port_hold(struct worker_port *port);
/* -EPIPE: the server is gone. */
int worker_port_release(struct worker_port *port);
/* For the server's log. */
void worker_port_error(struct worker_port *port, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* NULL is fine. */
void worker_port_destroy(struct worker_port *port);

#endif
