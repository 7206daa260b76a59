/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a connection behind its preface, in pieces of the size that the first byte says; the
 * handler answers at once, in pieces, later or never, as the path's second letter says. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/http2_session.h"
#include "net/http_internal.h"
#include "net/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#define PARKED_MAX 8
static struct http_exchange *parked[PARKED_MAX];
static int parked_count;
static struct bytes *body;

static size_t body_max(const struct http_request *request, void *ctx)
{
    return 2000;
}

static void on_gone(void *ctx)
{
    for (int i = 0; i < parked_count; i++)
        if (parked[i] == ctx)
            parked[i] = parked[--parked_count];
}

static void on_request(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx)
{
    struct slice piece = slice_of(body);
    struct http_response response = { .status = 200, .accepts_ranges = true };

    if (request->path[0] && request->path[1] == 'p' && parked_count < PARKED_MAX) {
        http_exchange_on_gone(exchange, on_gone, exchange);
        parked[parked_count++] = exchange;
    } else if (request->path[0] && request->path[1] == 's') {
        http_respond_start(exchange, &response);
        http_respond_piece(exchange, &piece, 1);
        http_respond_end(exchange);
    } else {
        response.body = &piece;
        response.body_count = 1;
        http_respond(exchange, &response);
    }
}

static void send_nowhere(const struct slice *pieces, size_t count, void *ctx)
{
    for (size_t i = 0; i < count; i++) /* all of it must be readable */
        *(volatile uint8_t *)ctx ^= pieces[i].len ? pieces[i].data[pieces[i].len - 1] : 0;
}

static bool never_full(void *ctx)
{
    return false;
}

static void ignore(void *ctx)
{
}

static struct http_server *start_server(void)
{
    const struct http_server_config config = { .handler = { body_max, on_request } };

    log_setup(LOG_ERROR, LOG_TEXT);
    body = bytes_create(40000);
    memset(body->data, 'x', body->len);
    return http_server_create(loop_create(0), &config);
}

static void receive(struct http2_session *session, const uint8_t *data, size_t len, size_t step)
{
    int err = 0;

    for (size_t at = 0; at < len && !err; at += step) {
        err = http2_session_receive(session, data + at, len - at < step ? len - at : step);
        if (!err)
            err = http2_session_flush(session);
        if (at % 7 == 3 && parked_count)
            http_respond(parked[--parked_count], &(struct http_response){ .status = 204 });
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct http_server *server;
    static const struct http_conn_ops ops;
    static uint8_t sum;
    struct http_conn conn;
    struct http2_session_config config = { .conn = &conn,
                                           .peer = "192.0.2.1",
                                           .send = send_nowhere,
                                           .is_full = never_full,
                                           .on_output = ignore,
                                           .ctx = &sum };
    struct http2_session *session;

    if (!server)
        server = start_server();
    if (len < 2 || http2_session_create(&session, &config))
        return 0;
    memset(&conn, 0, sizeof(conn));
    http_conn_init(&conn, server, NULL, &ops);
    http2_session_receive(session, (const uint8_t *)preface, sizeof(preface) - 1);
    receive(session, data + 1, len - 1, (size_t)data[0] + 1);
    http2_session_destroy(session);
    http_conn_clear(&conn);
    if (parked_count)
        abort();
    return 0;
}
