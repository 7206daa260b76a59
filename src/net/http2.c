/* SPDX-License-Identifier: Apache-2.0 */
/* Joins a session to its socket:
 *
 *     socket --bytes--> session --exchanges--> handlers
 *     socket <--slices-- session <--answers--'
 *
 * What handlers answer in one round of the loop, to however many streams, leaves together before
 * the loop waits. */
#include "net/http2.h"

#include "base/mem.h"
#include "net/http2_session.h"
#include "net/http_internal.h"
#include "net/loop.h"
#include "net/stream_socket.h"

#define LINGER_MS 2000

struct http2_conn {
    struct http_conn base;
    struct http2_session *session;
    struct loop_task flush;
};

static struct http2_conn *conn_of(struct http_conn *base)
{
    return CONTAINER_OF(base, struct http2_conn, base);
}

/* The socket is gone or given up already. */
static void leave(struct http2_conn *conn)
{
    loop_task_cancel(&conn->flush);
    http2_session_destroy(conn->session);
    loop_task_cancel(&conn->flush); /* a handler may have answered another of its exchanges */
    http_conn_clear(&conn->base);
    mem_free(conn);
}

static void close_conn(struct http2_conn *conn, int linger_ms)
{
    stream_socket_close(conn->base.socket, linger_ms);
    leave(conn);
}

/* --- patience --- */

static enum http_wait current_wait(const struct http2_conn *conn)
{
    const struct http2_activity *activity = http2_session_activity(conn->session);

    if (stream_socket_queued(conn->base.socket) || activity->sending)
        return HTTP_WAIT_SENT;
    if (activity->is_in_head)
        return HTTP_WAIT_HEAD;
    if (activity->receiving)
        return HTTP_WAIT_BODY;
    return activity->streams ? HTTP_WAIT_NONE : HTTP_WAIT_IDLE;
}

static uint64_t progress(const struct http2_conn *conn, enum http_wait wait)
{
    if (wait == HTTP_WAIT_BODY)
        return http2_session_activity(conn->session)->received;
    return wait == HTTP_WAIT_SENT ? stream_socket_sent(conn->base.socket) : conn->base.requests;
}

static void update_wait(struct http2_conn *conn)
{
    enum http_wait wait = current_wait(conn);

    http_conn_wait(&conn->base, wait, progress(conn, wait));
}

/* Sends what there is and closes if that was all. */
static void go_on(struct http2_conn *conn, int err)
{
    int flush_err = http2_session_flush(conn->session);

    if (err || flush_err || http2_session_is_done(conn->session))
        close_conn(conn, LINGER_MS);
    else
        update_wait(conn);
}

static void on_timeout(struct http_conn *base, enum http_wait wait)
{
    struct http2_conn *conn = conn_of(base);
    uint64_t needed = wait == HTTP_WAIT_BODY ? HTTP_BODY_WINDOW_MIN : 1;
    uint64_t now = progress(conn, wait);

    if (current_wait(conn) != wait) {
        update_wait(conn);
    } else if ((wait == HTTP_WAIT_SENT || wait == HTTP_WAIT_BODY) &&
               now - base->progress >= needed) {
        http_conn_wait_again(base, now);
    } else if (wait == HTTP_WAIT_IDLE) {
        http2_session_drain(conn->session);
        go_on(conn, 0);
    } else {
        close_conn(conn, 0);
    }
}

/* --- the server's verbs --- */

static void drain(struct http_conn *base)
{
    struct http2_conn *conn = conn_of(base);

    http2_session_drain(conn->session);
    go_on(conn, 0);
}

static void destroy(struct http_conn *base)
{
    close_conn(conn_of(base), 0);
}

static const struct http_conn_ops conn_ops = {
    .version = 2, .drain = drain, .destroy = destroy, .on_timeout = on_timeout
};

/* --- the session's --- */

static void send_pieces(const struct slice *pieces, size_t count, void *ctx)
{
    struct http2_conn *conn = ctx;

    stream_socket_write(conn->base.socket, pieces, count); /* an error comes through on_close() */
}

static bool is_full(void *ctx)
{
    struct http2_conn *conn = ctx;

    return stream_socket_queued(conn->base.socket) > STREAM_SOCKET_HIGH_WATER;
}

static void on_output(void *ctx)
{
    struct http2_conn *conn = ctx;

    loop_task_ask(&conn->flush, http_server_loop(conn->base.server));
}

static void flush(struct loop_task *task)
{
    go_on(CONTAINER_OF(task, struct http2_conn, flush), 0);
}

/* --- the socket's --- */

static void on_data(const uint8_t *data, size_t len, void *ctx)
{
    struct http2_conn *conn = ctx;

    go_on(conn, http2_session_receive(conn->session, data, len));
}

static void on_drain(void *ctx)
{
    go_on(ctx, 0);
}

static void on_close(int err, void *ctx)
{
    leave(ctx);
}

void http2_open(struct http_server *server, struct stream_socket *socket, const uint8_t *first,
                size_t len)
{
    static const struct stream_socket_events events = { .on_data = on_data,
                                                        .on_drain = on_drain,
                                                        .on_close = on_close };
    struct http2_conn *conn = mem_zalloc(sizeof(*conn));
    struct http2_session_config config = { .conn = &conn->base,
                                           .peer = stream_socket_peer(socket),
                                           .is_tls = stream_socket_is_tls(socket),
                                           .send = send_pieces,
                                           .is_full = is_full,
                                           .on_output = on_output,
                                           .ctx = conn };

    if (http2_session_create(&conn->session, &config)) {
        stream_socket_close(socket, 0);
        mem_free(conn);
        return;
    }
    loop_task_init(&conn->flush, flush);
    http_conn_init(&conn->base, server, socket, &conn_ops);
    stream_socket_set_events(socket, &events, conn);
    on_data(first, len, conn);
}
