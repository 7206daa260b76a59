/* SPDX-License-Identifier: Apache-2.0 */
/* Reads requests ahead while earlier ones are being answered, up to a bound:
 *
 *     socket --> parser --> exchange 3   exchange 2   exchange 1 --> socket
 *                            held         held         writes at once
 *
 * Only the first exchange writes to the socket; what others answer is held until it is their turn.
 */
#include "net/http1.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/http1_head.h"
#include "net/http1_parser.h"
#include "net/http_internal.h"
#include "net/slice_queue.h"
#include "net/stream_socket.h"

#define PIPELINE_MAX 16
#define REST_MAX     ((size_t)64 * 1024) /* as much as one read brings */
#define LINGER_MS    2000
#define DISCARD_MS                                                                                 \
    10000 /* for the rest of a body that nobody wants, so that its sender hears why */
#define BODY_PIECES 62

struct http1_conn {
    struct http_conn base;
    struct http1_parser parser;
    struct list exchanges; /* in the order of the requests */
    int exchange_count;
    size_t reserved;    /* for the body that arrives */
    struct buf rest;    /* input not looked at yet, because of the bound */
    bool is_in_body;    /* of the request that arrives */
    bool is_input_over; /* no more requests: the rest of the input is ignored */
    bool discards_body; /* which its sender may go on with for long */
    bool owes_continue; /* 100 Continue, when it is this request's turn */
    bool is_in_loop;    /* read_requests() runs, further up the stack */
    bool is_closed;     /* to be freed when it is left */
};

struct http1_exchange {
    struct http_exchange base;
    struct slice_queue held;
    bool keeps_alive; /* after it */
    bool is_http10;
    bool is_chunked;
    bool drops_body; /* the request was HEAD, say */
    bool is_answered;
};

static struct http1_conn *conn_of(struct http_conn *base)
{
    return CONTAINER_OF(base, struct http1_conn, base);
}

static struct http1_exchange *exchange_of(struct http_exchange *base)
{
    return CONTAINER_OF(base, struct http1_exchange, base);
}

static struct http1_exchange *first_exchange(struct http1_conn *conn)
{
    if (list_is_empty(&conn->exchanges))
        return NULL;
    return exchange_of(LIST_ITEM(conn->exchanges.next, struct http_exchange, node));
}

static void drop_exchange(struct http1_conn *conn, struct http1_exchange *exchange)
{
    slice_queue_clear(&exchange->held);
    http_exchange_clear(&exchange->base);
    conn->exchange_count--;
    mem_free(exchange);
}

/* --- end of a connection --- */

static void free_conn(struct http1_conn *conn)
{
    http_server_release(conn->base.server, conn->reserved);
    http1_parser_clear(&conn->parser);
    buf_clear(&conn->rest);
    mem_free(conn);
}

/* The socket is gone or given up already. */
static void leave(struct http1_conn *conn)
{
    struct http1_exchange *exchange;

    if (conn->is_closed)
        return;
    conn->is_closed = true;
    while ((exchange = first_exchange(conn))) {
        http_exchange_gone(&exchange->base);
        drop_exchange(conn, exchange);
    }
    http_conn_clear(&conn->base);
    if (!conn->is_in_loop)
        free_conn(conn);
}

static void close_conn(struct http1_conn *conn, int linger_ms)
{
    stream_socket_close(conn->base.socket, linger_ms);
    leave(conn);
}

static void destroy(struct http_conn *base)
{
    close_conn(conn_of(base), 0);
}

/* Nothing is being answered and nothing more may come. */
static bool is_done(const struct http1_conn *conn)
{
    return !conn->exchange_count &&
           (conn->is_input_over ||
            (http_server_is_draining(conn->base.server) && !conn->parser.has_begun));
}

static void drain(struct http_conn *base)
{
    struct http1_conn *conn = conn_of(base);

    if (is_done(conn))
        close_conn(conn, LINGER_MS);
}

/* --- patience --- */

static enum http_wait current_wait(const struct http1_conn *conn)
{
    if (stream_socket_queued(conn->base.socket))
        return HTTP_WAIT_SENT;
    if (conn->exchange_count)
        return HTTP_WAIT_NONE;
    if (conn->parser.has_begun)
        return conn->is_in_body ? HTTP_WAIT_BODY : HTTP_WAIT_HEAD;
    return HTTP_WAIT_IDLE;
}

static uint64_t progress(const struct http1_conn *conn, enum http_wait wait)
{
    if (wait == HTTP_WAIT_BODY)
        return conn->parser.message.body.len;
    return wait == HTTP_WAIT_SENT ? stream_socket_sent(conn->base.socket) : conn->base.requests;
}

static void update_wait(struct http1_conn *conn)
{
    enum http_wait wait = current_wait(conn);

    http_conn_wait(&conn->base, wait, progress(conn, wait));
}

static void refuse(struct http1_conn *conn, int status);

static void on_timeout(struct http_conn *base, enum http_wait wait)
{
    struct http1_conn *conn = conn_of(base);
    uint64_t needed = wait == HTTP_WAIT_BODY ? HTTP_BODY_WINDOW_MIN : 1;
    uint64_t now = progress(conn, wait);

    if (wait == HTTP_WAIT_SENT && !stream_socket_queued(base->socket))
        update_wait(conn);
    else if ((wait == HTTP_WAIT_SENT || wait == HTTP_WAIT_BODY) && now - base->progress >= needed)
        http_conn_wait_again(base, now);
    else if (wait == HTTP_WAIT_HEAD || wait == HTTP_WAIT_BODY)
        refuse(conn, 408);
    else
        close_conn(conn, wait == HTTP_WAIT_IDLE ? LINGER_MS : 0);
}

static const struct http_conn_ops conn_ops = {
    .version = 1, .drain = drain, .destroy = destroy, .on_timeout = on_timeout
};

/* --- answers --- */

static bool is_first(const struct http1_conn *conn, const struct http1_exchange *exchange)
{
    return conn->exchanges.next == &exchange->base.node;
}

/* An error is not looked at: the socket reports it through on_close(). */
static void send_pieces(struct http1_exchange *exchange, const struct slice *pieces, size_t count)
{
    struct http1_conn *conn = conn_of(exchange->base.conn);

    if (is_first(conn, exchange))
        stream_socket_write(conn->base.socket, pieces, count);
    else
        slice_queue_push_from(&exchange->held, pieces, count, 0);
}

/* Head and body go to the kernel in one call. */
static void send_reply(struct http1_exchange *exchange, const struct buf *head,
                       const struct http_reply *reply)
{
    struct slice pieces[1 + BODY_PIECES] = { { .data = head->data, .len = head->len } };
    size_t together = reply->body_count < BODY_PIECES ? reply->body_count : BODY_PIECES;

    for (size_t i = 0; i < together; i++)
        pieces[1 + i] = reply->body[i];
    send_pieces(exchange, pieces, 1 + together);
    if (together < reply->body_count)
        send_pieces(exchange, reply->body + together, reply->body_count - together);
}

static void send_held(struct http1_conn *conn, struct http1_exchange *exchange)
{
    struct slice_queue *held = &exchange->held;

    if (held->count)
        stream_socket_write(conn->base.socket, held->items + held->first, held->count);
    slice_queue_clear(held);
}

static void send_continue(struct http1_conn *conn)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct slice piece = { .data = (const uint8_t *)text, .len = sizeof(text) - 1 };

    conn->owes_continue = false;
    stream_socket_write(conn->base.socket, &piece, 1);
}

static void read_on(struct http1_conn *conn);

/* The first exchange may have been answered: the next gets its turn. */
static void advance(struct http1_conn *conn)
{
    struct http1_exchange *exchange;

    while ((exchange = first_exchange(conn)) && exchange->is_answered) {
        bool keeps_alive = exchange->keeps_alive;

        drop_exchange(conn, exchange);
        if (!keeps_alive || is_done(conn)) {
            close_conn(conn, conn->discards_body ? DISCARD_MS : LINGER_MS);
            return;
        }
        if ((exchange = first_exchange(conn)))
            send_held(conn, exchange);
    }
    if (conn->owes_continue && !conn->exchange_count)
        send_continue(conn);
    update_wait(conn);
    read_on(conn);
}

static void finish(struct http1_exchange *exchange)
{
    exchange->is_answered = true;
    advance(conn_of(exchange->base.conn));
}

static void start(struct http_exchange *base, const struct http_reply *reply)
{
    struct http1_exchange *exchange = exchange_of(base);
    struct http_server *server = base->conn->server;
    struct buf *text = http_server_head_buf(server);

    exchange->drops_body = !reply->has_body;
    exchange->is_chunked = !reply->is_whole && !exchange->is_http10 && reply->has_body;
    if (!reply->is_whole && exchange->is_http10) /* the body ends with the connection */
        exchange->keeps_alive = false;
    if (http_server_is_draining(server))
        exchange->keeps_alive = false;
    http1_head_write(text, &(struct http1_head){
                               .reply = reply,
                               .date = http_server_date(server),
                               .is_chunked = exchange->is_chunked,
                               .closes = !exchange->keeps_alive,
                               .keeps_10 = exchange->is_http10 && exchange->keeps_alive,
                           });
    send_reply(exchange, text, reply);
    if (reply->is_whole)
        finish(exchange);
}

static void piece(struct http_exchange *base, const struct slice *pieces, size_t count)
{
    struct http1_exchange *exchange = exchange_of(base);
    char size_line[24];
    size_t bytes = 0;
    struct slice frame = { .data = (const uint8_t *)size_line };

    for (size_t i = 0; i < count; i++)
        bytes += pieces[i].len;
    if (exchange->drops_body || !bytes) /* a chunk of no bytes would end the body */
        return;
    if (!exchange->is_chunked) {
        send_pieces(exchange, pieces, count);
        return;
    }
    frame.len = (size_t)snprintf(size_line, sizeof(size_line), "%zx\r\n", bytes);
    send_pieces(exchange, &frame, 1);
    send_pieces(exchange, pieces, count);
    send_pieces(exchange, &(struct slice){ .data = (const uint8_t *)"\r\n", .len = 2 }, 1);
}

static void end(struct http_exchange *base)
{
    struct http1_exchange *exchange = exchange_of(base);
    static const char last[] = "0\r\n\r\n";

    if (exchange->is_chunked)
        send_pieces(exchange, &(struct slice){ .data = (const uint8_t *)last, .len = 5 }, 1);
    finish(exchange);
}

static const struct http_exchange_ops exchange_ops = { .start = start, .piece = piece, .end = end };

/* --- requests --- */

static void describe_peer(const struct http1_conn *conn, struct http_request *request)
{
    request->peer = stream_socket_peer(conn->base.socket);
    request->is_tls = stream_socket_is_tls(conn->base.socket);
}

/* Moves the request out of the parser, whole or as far as it came. */
static struct http1_exchange *take_request(struct http1_conn *conn)
{
    struct http1_exchange *exchange = mem_zalloc(sizeof(*exchange));

    http_exchange_init(&exchange->base, &conn->base, &exchange_ops);
    exchange->base.message = conn->parser.message;
    http_message_init(&conn->parser.message);
    exchange->base.reserved = conn->reserved;
    conn->reserved = 0;
    exchange->keeps_alive = conn->parser.keeps_alive;
    exchange->is_http10 = conn->parser.is_http10;
    describe_peer(conn, &exchange->base.message.request);
    list_append(&conn->exchanges, &exchange->base.node);
    conn->exchange_count++;
    return exchange;
}

/* What follows in the input cannot be told from the refused request. */
static void refuse(struct http1_conn *conn, int status)
{
    struct http1_exchange *exchange = take_request(conn);

    conn->is_input_over = true;
    conn->discards_body = status == 413 || status == 503;
    exchange->keeps_alive = false;
    if (!exchange->base.message.request.method)
        exchange->base.message.request.method = "GET";
    http_exchange_refuse(&exchange->base, status);
}

static void on_head(struct http1_conn *conn)
{
    struct http1_parser *parser = &conn->parser;
    size_t max, needed;

    describe_peer(conn, &parser->message.request);
    max = http_server_body_max(conn->base.server, &parser->message.request);
    needed = parser->content_length ? parser->content_length : max;
    if (parser->content_length > max) {
        refuse(conn, 413);
        return;
    }
    if (!http_server_reserve(conn->base.server, needed)) {
        refuse(conn, 503);
        return;
    }
    conn->reserved = needed;
    parser->message.body.max = max;
    conn->is_in_body = true;
    conn->owes_continue = parser->expects_continue;
    if (conn->owes_continue && !conn->exchange_count)
        send_continue(conn);
}

static void on_request(struct http1_conn *conn)
{
    struct http1_exchange *exchange = take_request(conn);

    conn->is_in_body = false;
    conn->owes_continue = false;
    if (!exchange->keeps_alive)
        conn->is_input_over = true;
    http_server_dispatch(conn->base.server, &exchange->base);
}

static bool is_reading(const struct http1_conn *conn)
{
    return !conn->is_closed && !conn->is_input_over && conn->exchange_count < PIPELINE_MAX &&
           stream_socket_queued(conn->base.socket) < STREAM_SOCKET_HIGH_WATER;
}

/* Reads requests from `data` until it is used up or the bound is reached; returns how much it
 * used. */
static size_t read_requests(struct http1_conn *conn, const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len && is_reading(conn)) {
        size_t used;

        switch (http1_parser_feed(&conn->parser, data + at, len - at, &used)) {
        case HTTP1_MORE:
            break;
        case HTTP1_HEAD:
            on_head(conn);
            break;
        case HTTP1_REQUEST:
            on_request(conn);
            break;
        case HTTP1_BAD:
            refuse(conn, conn->parser.status);
            break;
        }
        at += used;
    }
    return conn->is_closed || conn->is_input_over ? len : at;
}

/* The only place that runs read_requests(): an answer given inside it must not start another.
 * false: the connection is gone. */
static bool read_guarded(struct http1_conn *conn, const uint8_t *data, size_t len, size_t *used)
{
    bool is_alive;

    conn->is_in_loop = true;
    *used = read_requests(conn, data, len);
    conn->is_in_loop = false;
    is_alive = !conn->is_closed;
    if (is_alive)
        update_wait(conn);
    else
        free_conn(conn);
    return is_alive;
}

static void on_data(const uint8_t *data, size_t len, void *ctx)
{
    struct http1_conn *conn = ctx;
    size_t used;

    if (!read_guarded(conn, data, len, &used) || used == len)
        return;
    buf_append(&conn->rest, data + used, len - used);
    stream_socket_pause(conn->base.socket);
}

/* After an answer: what was left unread for the bound's sake can be read now. */
static void read_on(struct http1_conn *conn)
{
    struct buf rest = conn->rest;
    size_t used;

    if (conn->is_in_loop || !rest.len || !is_reading(conn))
        return;
    buf_init(&conn->rest, REST_MAX);
    if (read_guarded(conn, rest.data, rest.len, &used)) {
        if (used < rest.len)
            buf_append(&conn->rest, rest.data + used, rest.len - used);
        else
            stream_socket_resume(conn->base.socket);
    }
    buf_clear(&rest);
}

static void on_drain(void *ctx)
{
    update_wait(ctx);
    read_on(ctx);
}

static void on_close(int err, void *ctx)
{
    leave(ctx);
}

void http1_open(struct http_server *server, struct stream_socket *socket, const uint8_t *first,
                size_t len)
{
    static const struct stream_socket_events events = { .on_data = on_data,
                                                        .on_drain = on_drain,
                                                        .on_close = on_close };
    struct http1_conn *conn = mem_zalloc(sizeof(*conn));

    http1_parser_init(&conn->parser);
    list_init(&conn->exchanges);
    buf_init(&conn->rest, REST_MAX);
    http_conn_init(&conn->base, server, socket, &conn_ops);
    stream_socket_set_events(socket, &events, conn);
    if (len)
        on_data(first, len, conn);
}
