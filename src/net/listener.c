/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting is our own, not libuv's: at the descriptor limit libuv accepts and drops whoever waits,
 * where we leave them in the kernel's queue until descriptors are free again. */
#include "net/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/connection_limits.h"
#include "net/listen_socket.h"
#include "net/loop.h"
#include "net/stream_socket.h"

#define ACCEPT_AT_ONCE 64 /* then others on the loop get their turn */
#define RETRY_MS       100
#define WARN_EVERY_MS  10000

/* The part of a listener that lives on one loop. */
struct acceptor {
    struct listener *listener;
    struct loop *loop;
    uv_poll_t poll;
    struct loop_timer *retry;
    int fd;            /* -1 once closed */
    int64_t warned_ms; /* when the log last said that accepting pauses */
};

struct listener {
    struct tls_context *tls;
    struct connection_limits *limits;
    struct listener_events events;
    void *ctx;
    struct listen_address bound;
    int count;
    struct acceptor acceptors[];
};

static void on_ready(uv_poll_t *poll, int status, int events);

/* For descriptors, or for others to leave. */
static void wait_for_room(struct acceptor *a, const char *why)
{
    int64_t now_ms = loop_now_ms(a->loop);

    if (!a->warned_ms || now_ms - a->warned_ms >= WARN_EVERY_MS) {
        log_warn("listener", "accepting pauses: port=%d reason=%s", a->listener->bound.port, why);
        a->warned_ms = now_ms;
    }
    uv_poll_stop(&a->poll);
    loop_timer_start(a->retry, RETRY_MS, 0);
}

static void resume(void *ctx)
{
    struct acceptor *a = ctx;

    uv_poll_start(&a->poll, UV_READABLE, on_ready);
}

static void welcome(struct acceptor *a, int fd, const struct sockaddr *address)
{
    struct listener *l = a->listener;
    char peer[INET6_ADDRSTRLEN];
    struct stream_socket_config config = { .tls = l->tls, .limits = l->limits, .peer = peer };
    struct stream_socket *socket;

    listen_socket_peer(address, peer);
    if (l->limits && !connection_limits_enter(l->limits, peer)) {
        close(fd);
        return;
    }
    if (!stream_socket_create(&socket, a->loop, fd, &config))
        l->events.on_accept(socket, l->ctx);
    else if (l->limits)
        connection_limits_leave(l->limits, peer);
}

/* false: nobody is waiting, or nobody can be taken in. */
static bool accept_one(struct acceptor *a)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    int fd;

    if (a->listener->limits && connection_limits_is_full(a->listener->limits)) {
        wait_for_room(a, "connection limit");
        return false;
    }
    fd = accept4(a->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        welcome(a, fd, (struct sockaddr *)&address);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        wait_for_room(a, err_str(-errno));
    return errno == ECONNABORTED || errno == EINTR;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct acceptor *a = poll->data;

    for (int i = 0; i < ACCEPT_AT_ONCE && a->fd >= 0 && accept_one(a); i++)
        continue;
}

static void start_accepting(void *arg)
{
    struct acceptor *a = arg;

    if (a->fd < 0)
        return;
    uv_poll_init(loop_uv(a->loop), &a->poll, a->fd);
    a->poll.data = a;
    a->retry = loop_timer_create(a->loop, resume, a);
    resume(a);
}

static void stop_accepting(void *arg)
{
    struct acceptor *a = arg;

    if (a->fd < 0)
        return;
    loop_timer_destroy(a->retry);
    uv_close((uv_handle_t *)&a->poll, NULL);
    close(a->fd);
    a->fd = -1;
}

int listener_create(struct listener **out, const struct listener_config *config,
                    struct loop *const *loops, int loop_count, const struct listener_events *events,
                    void *ctx)
{
    struct listener *l = mem_zalloc(sizeof(*l) + (size_t)loop_count * sizeof(l->acceptors[0]));
    int *fds = mem_alloc((size_t)loop_count * sizeof(*fds));
    int err = listen_socket_open(fds, (size_t)loop_count, config->host, config->port, &l->bound);

    if (err)
        goto out;
    l->tls = config->tls;
    l->limits = config->limits;
    l->events = *events;
    l->ctx = ctx;
    l->count = loop_count;
    for (int i = 0; i < loop_count; i++) {
        l->acceptors[i] = (struct acceptor){ .listener = l, .loop = loops[i], .fd = fds[i] };
        loop_post(loops[i], start_accepting, &l->acceptors[i]);
    }
    *out = l;
    l = NULL;
out:
    mem_free(l);
    mem_free(fds);
    return err;
}

int listener_port(const struct listener *l)
{
    return l->bound.port;
}

const char *listener_host(const struct listener *l)
{
    return l->bound.host;
}

void listener_stop(struct listener *l)
{
    for (int i = 0; i < l->count; i++)
        loop_post(l->acceptors[i].loop, stop_accepting, &l->acceptors[i]);
}

void listener_destroy(struct listener *l)
{
    mem_free(l);
}
