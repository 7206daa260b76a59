/* SPDX-License-Identifier: Apache-2.0 */
/* Between the HTTP server's loops and the workers: copies a request, has it served, and answers on
 * the loop it came from, unless its client has left meanwhile. */
#include <string.h>

#include "api/api_internal.h"
#include "api/input.h"
#include "api/operation.h"
#include "base/arena.h"
#include "base/mem.h"
#include "base/worker.h"
#include "net/http_server.h"
#include "net/loop.h"

/* Past the largest body that is judged, so that its sender hears why in the API's own words. */
#define READ_MAX (4 * INPUT_BODY_MAX)

struct job {
    struct arena *arena; /* holds this too */
    struct api *api;
    struct loop *loop;
    struct http_exchange *exchange; /* on the loop only; NULL: the client has left */
    struct http_request request;    /* a copy */
    struct api_reply reply;
};

static size_t body_max(const struct http_request *request, void *ctx)
{
    return READ_MAX;
}

/* --- OPTIONS: before a browser's call --- */

static void answer_options(struct http_exchange *exchange, const struct http_request *request)
{
    const char *wanted = http_header(request, "access-control-request-headers");
    const struct http_header headers[] = {
        { "access-control-allow-origin", "*" },
        { "access-control-allow-methods", "GET, POST, DELETE" },
        { "access-control-allow-headers", wanted ? wanted : "*" },
        { "access-control-max-age", "86400" },
    };
    const struct http_response response = { .status = 204,
                                            .headers = headers,
                                            .header_count = ARRAY_LEN(headers) };

    http_respond(exchange, &response);
}

/* --- there and back --- */

static const struct http_header *copy_headers(struct arena *arena,
                                              const struct http_request *request)
{
    struct http_header *copy = arena_alloc(arena, (request->header_count + 1) * sizeof(*copy));

    for (size_t i = 0; i < request->header_count; i++) {
        copy[i].name = arena_strdup(arena, request->headers[i].name);
        copy[i].value = arena_strdup(arena, request->headers[i].value);
    }
    return copy;
}

static void copy_request(struct http_request *out, struct arena *arena,
                         const struct http_request *request)
{
    *out = *request;
    out->method = arena_strdup(arena, request->method);
    out->target = arena_strdup(arena, request->target);
    out->path = arena_strdup(arena, request->path);
    out->query = arena_strdup(arena, request->query);
    out->host = arena_strdup(arena, request->host);
    out->peer = arena_strdup(arena, request->peer);
    out->headers = copy_headers(arena, request);
    out->body = arena_dup(arena, request->body, request->body_len);
}

static void on_gone(void *ctx)
{
    struct job *job = ctx;

    job->exchange = NULL;
}

static void respond(struct http_exchange *exchange, const struct api_reply *reply)
{
    const struct slice body = { .data = (const uint8_t *)reply->body, .len = reply->body_len };
    const struct http_response response = { .status = reply->status,
                                            .headers = reply->headers,
                                            .header_count = reply->header_count,
                                            .body = &body,
                                            .body_count = body.len ? 1 : 0 };

    http_respond(exchange, &response);
}

static void answer(void *arg)
{
    struct job *job = arg;

    if (job->exchange) {
        http_exchange_on_gone(job->exchange, NULL, NULL);
        respond(job->exchange, &job->reply);
    }
    arena_destroy(job->arena);
}

static void serve(void *arg)
{
    struct job *job = arg;

    api_serve(job->api, job->arena, &job->request, &job->reply);
    loop_post(job->loop, answer, job);
}

static void on_request(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx)
{
    struct api *api = ctx;
    struct arena *arena;
    struct job *job;

    if (!strcmp(request->method, "OPTIONS") && operation_has_path(request->path)) {
        answer_options(exchange, request);
        return;
    }
    arena = arena_create();
    job = arena_zalloc(arena, sizeof(*job));
    job->arena = arena;
    job->api = api;
    job->loop = http_exchange_loop(exchange);
    job->exchange = exchange;
    copy_request(&job->request, arena, request);
    http_exchange_on_gone(exchange, on_gone, job);
    worker_submit(api->config.workers, serve, job);
}

static bool on_refused(struct http_exchange *exchange, const struct http_request *request,
                       int status, void *ctx)
{
    struct arena *arena;
    struct api_reply reply;

    if (!operation_has_path(request->path))
        return false;
    arena = arena_create();
    api_refuse(ctx, arena, request, status, &reply);
    respond(exchange, &reply);
    arena_destroy(arena);
    return true;
}

const struct http_handler api_http_handler = {
    .body_max = body_max,
    .on_request = on_request,
    .on_refused = on_refused,
};
