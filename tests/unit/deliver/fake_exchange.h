/* SPDX-License-Identifier: Apache-2.0 */
/* An exchange that keeps its answer instead of sending it: net/http_server.h implemented for tests
 * of handlers. Include it in one file of a test only. */
#ifndef TESTS_FAKE_EXCHANGE_H
#define TESTS_FAKE_EXCHANGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/http_server.h"

#define FAKE_BODY_MAX (4 << 20)

struct http_exchange {
    struct http_request request;
    struct http_header request_headers[4];
    char path[256];
    int status; /* 0: not answered */
    bool is_complete;
    bool accepts_ranges;
    size_t piece_count;        /* that had an owner: not copied */
    const struct bytes *owner; /* of the last one */
    struct buf headers;        /* "name: value\n" */
    struct buf body;
    void (*on_gone)(void *ctx);
    void *ctx;
    void (*on_answer)(void); /* inside http_respond(): what else the loop may do then */
};

static inline struct http_exchange *fake_exchange(const char *target, const char *peer,
                                                  const char *user_agent)
{
    struct http_exchange *e = mem_zalloc(sizeof(*e));
    const char *query = strchr(target, '?');

    snprintf(e->path, sizeof(e->path), "%.*s",
             (int)(query ? (size_t)(query - target) : strlen(target)), target);
    e->request_headers[0] = (struct http_header){ "user-agent", user_agent };
    e->request = (struct http_request){
        .method = "GET",
        .target = target,
        .path = e->path,
        .query = query ? query + 1 : "",
        .host = "localhost",
        .headers = e->request_headers,
        .header_count = 1,
        .peer = peer,
    };
    buf_init(&e->headers, FAKE_BODY_MAX);
    buf_init(&e->body, FAKE_BODY_MAX);
    return e;
}

static inline void fake_exchange_add_header(struct http_exchange *e, const char *name,
                                            const char *value)
{
    e->request_headers[e->request.header_count++] = (struct http_header){ name, value };
}

static inline void fake_exchange_destroy(struct http_exchange *e)
{
    buf_clear(&e->headers);
    buf_clear(&e->body);
    mem_free(e);
}

/* The peer leaves. */
static inline void fake_exchange_leave(struct http_exchange *e)
{
    if (e->on_gone)
        e->on_gone(e->ctx);
    e->on_gone = NULL;
}

const char *http_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static inline void fake_exchange_take(struct http_exchange *e, const struct slice *pieces,
                                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_append(&e->body, pieces[i].data, pieces[i].len);
        e->piece_count += pieces[i].owner != NULL;
        e->owner = pieces[i].owner;
    }
}

void http_respond_start(struct http_exchange *e, const struct http_response *response)
{
    if (e->status)
        abort(); /* answered twice */
    e->status = response->status;
    e->accepts_ranges = response->accepts_ranges;
    for (size_t i = 0; i < response->header_count; i++)
        buf_printf(&e->headers, "%s: %s\n", response->headers[i].name, response->headers[i].value);
}

void http_respond_piece(struct http_exchange *e, const struct slice *pieces, size_t count)
{
    if (e->is_complete)
        abort();
    fake_exchange_take(e, pieces, count);
}

void http_respond_end(struct http_exchange *e)
{
    if (e->is_complete || e->on_gone)
        abort();
    e->is_complete = true;
}

void http_respond(struct http_exchange *e, const struct http_response *response)
{
    http_respond_start(e, response);
    fake_exchange_take(e, response->body, response->body_count);
    http_respond_end(e);
    if (e->on_answer)
        e->on_answer();
}

void http_exchange_on_gone(struct http_exchange *e, void (*on_gone)(void *ctx), void *ctx)
{
    e->on_gone = on_gone;
    e->ctx = ctx;
}

const struct http_request *http_exchange_request(const struct http_exchange *e)
{
    return &e->request;
}

#endif
