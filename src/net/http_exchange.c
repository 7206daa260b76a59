/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers' side of an exchange, the same for both versions of HTTP. */
#include <string.h>

#include "base/mem.h"
#include "net/http_internal.h"
#include "net/loop.h"

const char *http_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (!strcmp(request->headers[i].name, name))
            return request->headers[i].value;
    return NULL;
}

void http_exchange_init(struct http_exchange *exchange, struct http_conn *conn,
                        const struct http_exchange_ops *ops)
{
    *exchange = (struct http_exchange){ .conn = conn, .ops = ops };
    list_init(&exchange->node);
    http_server_note_exchange(conn->server, 1);
    http_message_init(&exchange->message);
}

void http_exchange_gone(struct http_exchange *exchange)
{
    void (*on_gone)(void *ctx) = exchange->on_gone;

    exchange->on_gone = NULL;
    if (on_gone)
        on_gone(exchange->gone_ctx);
}

void http_exchange_clear(struct http_exchange *exchange)
{
    list_remove(&exchange->node);
    http_server_note_exchange(exchange->conn->server, -1);
    http_server_release(exchange->conn->server, exchange->reserved);
    http_message_clear(&exchange->message);
}

static void start(struct http_exchange *exchange, const struct http_response *response,
                  bool is_whole)
{
    struct http_reply reply;

    loop_assert_here(http_exchange_loop(exchange));
    http_reply_init(&reply, &exchange->message.request, response, is_whole);
    http_server_note_answer(exchange->conn->server, reply.status,
                            reply.body_count ? reply.length : 0);
    exchange->ops->start(exchange, &reply);
    http_reply_clear(&reply);
}

void http_respond(struct http_exchange *exchange, const struct http_response *response)
{
    exchange->on_gone = NULL;
    start(exchange, response, true);
}

void http_respond_start(struct http_exchange *exchange, const struct http_response *response)
{
    start(exchange, response, false);
}

void http_respond_piece(struct http_exchange *exchange, const struct slice *pieces, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += pieces[i].len;
    http_server_note_body(exchange->conn->server, bytes);
    exchange->ops->piece(exchange, pieces, count);
}

void http_respond_end(struct http_exchange *exchange)
{
    exchange->on_gone = NULL;
    exchange->ops->end(exchange);
}

void http_exchange_refuse(struct http_exchange *exchange, int status)
{
    const char *reason = http_reason(status);
    const struct http_header headers[] = { { "Content-Type", "text/plain" } };
    const struct slice body[] = { { .data = (const uint8_t *)reason, .len = strlen(reason) },
                                  { .data = (const uint8_t *)"\n", .len = 1 } };
    struct http_response response = { .status = status,
                                      .headers = headers,
                                      .header_count = ARRAY_LEN(headers),
                                      .body = body,
                                      .body_count = ARRAY_LEN(body) };

    if (!http_server_refused(exchange->conn->server, exchange, status))
        http_respond(exchange, &response);
}

void http_exchange_on_gone(struct http_exchange *exchange, void (*on_gone)(void *ctx), void *ctx)
{
    exchange->on_gone = on_gone;
    exchange->gone_ctx = ctx;
}

const struct http_request *http_exchange_request(const struct http_exchange *exchange)
{
    return &exchange->message.request;
}

struct loop *http_exchange_loop(const struct http_exchange *exchange)
{
    return http_server_loop(exchange->conn->server);
}
