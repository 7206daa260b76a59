/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of one loop, what they share, and their common end. */
#include "net/http_server.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_detect.h"
#include "net/http_internal.h"
#include "net/loop.h"
#include "net/stream_socket.h"

#define DATE_SIZE 32
#define HEAD_MAX  ((size_t)64 * 1024)
#define SWEEP_MS  100

/* Of one loop. Beyond them peers hear 503 until others are done. */
#define EXCHANGES_MAX 200000
#define BODIES_MAX    ((size_t)256 * 1024 * 1024)

/* Written by the loop's thread alone, read by any. */
struct counters {
    atomic_ullong connections, requests[2], answers[6], body_bytes, timeouts;
    atomic_llong open_connections, open_exchanges;
};

struct http_server {
    struct loop *loop;
    struct http_server_config config;
    struct list conns;
    bool is_draining;
    int passing; /* connections between two owners */
    void (*on_drained)(void *ctx);
    void *drained_ctx;
    struct buf head;
    char date[DATE_SIZE];
    int64_t date_s;           /* the second that `date` tells */
    struct loop_timer *sweep; /* runs while there are connections */
    struct timeout_queue waits[HTTP_WAIT_COUNT];
    size_t reserved; /* for bodies */
    struct counters counters;
};

/* Cheaper than an atomic addition, which only several writers would need. */
#define COUNT(counter, change)                                                                     \
    atomic_store_explicit(&(counter),                                                              \
                          atomic_load_explicit(&(counter), memory_order_relaxed) + (change),       \
                          memory_order_relaxed)

static void on_timeout(struct timeout *timeout)
{
    struct http_conn *conn = CONTAINER_OF(timeout, struct http_conn, timeout);

    if (conn->wait != HTTP_WAIT_IDLE)
        COUNT(conn->server->counters.timeouts, 1);
    conn->ops->on_timeout(conn, conn->wait);
}

static void sweep(void *ctx)
{
    struct http_server *server = ctx;

    for (int i = 0; i < HTTP_WAIT_COUNT; i++)
        timeout_queue_sweep(&server->waits[i], loop_now_ms(server->loop));
    if (list_is_empty(&server->conns)) /* an idle server sleeps */
        loop_timer_stop(server->sweep);
}

static void init_waits(struct http_server *server, const struct http_patience *patience)
{
    const struct {
        int configured, standard;
    } ms[HTTP_WAIT_COUNT] = {
        [HTTP_WAIT_FIRST] = { patience->first_ms, 10000 },
        [HTTP_WAIT_HEAD] = { patience->head_ms, 10000 },
        [HTTP_WAIT_BODY] = { patience->body_ms, 10000 },
        [HTTP_WAIT_IDLE] = { patience->idle_ms, 60000 },
        [HTTP_WAIT_SENT] = { patience->sent_ms, 30000 },
    };

    for (int i = 0; i < HTTP_WAIT_COUNT; i++)
        timeout_queue_init(&server->waits[i], ms[i].configured ? ms[i].configured : ms[i].standard,
                           on_timeout);
}

struct http_server *http_server_create(struct loop *loop, const struct http_server_config *config)
{
    struct http_server *server = mem_zalloc(sizeof(*server));

    server->loop = loop;
    server->config = *config;
    list_init(&server->conns);
    buf_init(&server->head, HEAD_MAX);
    init_waits(server, &config->patience);
    server->sweep = loop_timer_create(loop, sweep, server);
    return server;
}

void http_server_accept(struct http_server *server, struct stream_socket *socket)
{
    if (server->is_draining) {
        COUNT(server->counters.connections, 1);
        stream_socket_close(socket, 0);
        return;
    }
    COUNT(server->counters.open_connections, 1); /* until http_conn_clear() */
    COUNT(server->counters.connections, 1);
    http_detect_open(server, socket);
}

static void tell_if_drained(struct http_server *server)
{
    void (*on_drained)(void *ctx) = server->on_drained;

    if (!on_drained || server->passing || !list_is_empty(&server->conns))
        return;
    server->on_drained = NULL;
    on_drained(server->drained_ctx);
}

void http_server_drain(struct http_server *server, void (*on_drained)(void *ctx), void *ctx)
{
    server->is_draining = true;
    LIST_EACH (node, &server->conns) {
        struct http_conn *conn = LIST_ITEM(node, struct http_conn, node);
        conn->ops->drain(conn);
    }
    server->on_drained = on_drained;
    server->drained_ctx = ctx;
    tell_if_drained(server);
}

void http_server_destroy(struct http_server *server)
{
    if (!server)
        return;
    server->is_draining = true;
    server->on_drained = NULL;
    while (!list_is_empty(&server->conns)) {
        struct http_conn *conn = LIST_ITEM(server->conns.next, struct http_conn, node);
        conn->ops->destroy(conn);
    }
    loop_timer_destroy(server->sweep);
    buf_clear(&server->head);
    mem_free(server);
}

void http_conn_init(struct http_conn *conn, struct http_server *server,
                    struct stream_socket *socket, const struct http_conn_ops *ops)
{
    conn->server = server;
    conn->socket = socket;
    conn->ops = ops;
    conn->wait = HTTP_WAIT_NONE;
    timeout_init(&conn->timeout);
    if (list_is_empty(&server->conns))
        loop_timer_start(server->sweep, SWEEP_MS, SWEEP_MS);
    list_append(&server->conns, &conn->node);
}

static void leave_list(struct http_conn *conn)
{
    list_remove(&conn->node);
    timeout_stop(&conn->timeout);
}

void http_conn_clear(struct http_conn *conn)
{
    leave_list(conn);
    COUNT(conn->server->counters.open_connections, -1);
    tell_if_drained(conn->server);
}

void http_conn_pass_on(struct http_conn *conn)
{
    leave_list(conn);
    conn->server->passing++;
}

void http_conn_passed_on(struct http_server *server)
{
    server->passing--;
    tell_if_drained(server);
}

void http_conn_wait_again(struct http_conn *conn, uint64_t progress)
{
    struct http_server *server = conn->server;

    conn->progress = progress;
    if (conn->wait == HTTP_WAIT_NONE)
        timeout_stop(&conn->timeout);
    else
        timeout_start(&conn->timeout, &server->waits[conn->wait], loop_now_ms(server->loop));
}

void http_conn_wait(struct http_conn *conn, enum http_wait wait, uint64_t progress)
{
    if (conn->wait == wait && (wait != HTTP_WAIT_IDLE || conn->progress == progress))
        return;
    conn->wait = wait;
    http_conn_wait_again(conn, progress);
}

bool http_server_hand_over(struct http_server *server, struct stream_socket *socket,
                           const uint8_t *first, size_t len)
{
    COUNT(server->counters.open_connections, -1);
    if (!server->config.on_rtmp)
        return false;
    server->config.on_rtmp(socket, first, len, server->config.rtmp_ctx);
    return true;
}

size_t http_server_body_max(struct http_server *server, const struct http_request *request)
{
    return server->config.handler.body_max(request, server->config.handler_ctx);
}

bool http_server_reserve(struct http_server *server, size_t size)
{
    if (size > BODIES_MAX - server->reserved)
        return false;
    server->reserved += size;
    return true;
}

void http_server_release(struct http_server *server, size_t size)
{
    server->reserved -= size;
}

void http_server_dispatch(struct http_server *server, struct http_exchange *exchange)
{
    struct http_conn *conn = exchange->conn;

    conn->requests++;
    COUNT(server->counters.requests[conn->ops->version == 2], 1);
    if (atomic_load_explicit(&server->counters.open_exchanges, memory_order_relaxed) >
        EXCHANGES_MAX)
        http_exchange_refuse(exchange, 503);
    else
        server->config.handler.on_request(exchange, &exchange->message.request,
                                          server->config.handler_ctx);
}

bool http_server_refused(struct http_server *server, struct http_exchange *exchange, int status)
{
    const struct http_handler *handler = &server->config.handler;

    bool is_understood =
        status == 413 || status == 503 || (status == 408 && exchange->message.request.path);

    return handler->on_refused && is_understood &&
           handler->on_refused(exchange, &exchange->message.request, status,
                               server->config.handler_ctx);
}

void http_server_note_exchange(struct http_server *server, int change)
{
    COUNT(server->counters.open_exchanges, change);
}

void http_server_note_answer(struct http_server *server, int status, uint64_t body_bytes)
{
    COUNT(server->counters.answers[status / 100 < 6 ? status / 100 : 0], 1);
    COUNT(server->counters.body_bytes, body_bytes);
}

void http_server_note_body(struct http_server *server, uint64_t bytes)
{
    COUNT(server->counters.body_bytes, bytes);
}

void http_server_count(const struct http_server *server, struct http_counters *out)
{
    const struct counters *counters = &server->counters;

    out->connections = atomic_load_explicit(&counters->connections, memory_order_relaxed);
    for (int i = 0; i < 2; i++)
        out->requests[i] = atomic_load_explicit(&counters->requests[i], memory_order_relaxed);
    for (int i = 0; i < 6; i++)
        out->answers[i] = atomic_load_explicit(&counters->answers[i], memory_order_relaxed);
    out->body_bytes = atomic_load_explicit(&counters->body_bytes, memory_order_relaxed);
    out->timeouts = atomic_load_explicit(&counters->timeouts, memory_order_relaxed);
    out->open_connections = atomic_load_explicit(&counters->open_connections, memory_order_relaxed);
    out->open_exchanges = atomic_load_explicit(&counters->open_exchanges, memory_order_relaxed);
}

struct loop *http_server_loop(struct http_server *server)
{
    return server->loop;
}

bool http_server_is_draining(const struct http_server *server)
{
    return server->is_draining;
}

const char *http_server_date(struct http_server *server)
{
    int64_t now_s = clock_wall_ms() / 1000;
    time_t seconds = (time_t)now_s;
    struct tm tm;

    if (now_s != server->date_s) {
        gmtime_r(&seconds, &tm);
        strftime(server->date, sizeof(server->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
        server->date_s = now_s;
    }
    return server->date;
}

struct buf *http_server_head_buf(struct http_server *server)
{
    buf_reset(&server->head);
    return &server->head;
}
