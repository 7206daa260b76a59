/* SPDX-License-Identifier: Apache-2.0 */
#include "site.h"

#include <string.h>

#include "api/api.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/metric.h"
#include "deliver/hls_server.h"
#include "web/web_pages.h"

#define METRICS_MAX ((size_t)16 << 20)

struct site {
    struct site_config config;
};

static void respond_text(struct http_exchange *exchange, int status, const char *content_type,
                         struct bytes *body)
{
    const struct http_header headers[] = {
        { "content-type", content_type },
        { "cache-control", "no-store" },
    };
    struct slice slice = slice_of(body);
    struct http_response response = {
        .status = status,
        .headers = headers,
        .header_count = ARRAY_LEN(headers),
        .body = &slice,
        .body_count = 1,
    };

    http_respond(exchange, &response);
    bytes_unref(body);
}

static void respond_health(struct site *site, struct http_exchange *exchange)
{
    bool is_healthy = atomic_load(site->config.is_healthy);
    const char *text = is_healthy ? "ok\n" : "the store does not answer\n";

    respond_text(exchange, is_healthy ? 200 : 503, "text/plain; charset=utf-8",
                 bytes_copy(text, strlen(text)));
}

static void respond_metrics(struct http_exchange *exchange)
{
    struct buf text;

    buf_init(&text, METRICS_MAX);
    metrics_write(&text);
    respond_text(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", bytes_from_buf(&text));
}

static bool is_loopback(const char *peer)
{
    return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
           strncmp(peer, "::ffff:127.", 11) == 0;
}

static bool is_read(const struct http_request *request, const char *path)
{
    return strcmp(request->path, path) == 0 &&
           (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
}

/* Health and, for those who may see them, metrics. False: the path is neither. */
static bool respond_to_operator(struct site *site, struct http_exchange *exchange,
                                const struct http_request *request, bool may_see_metrics)
{
    if (is_read(request, "/healthz"))
        respond_health(site, exchange);
    else if (may_see_metrics && is_read(request, "/metrics"))
        respond_metrics(exchange);
    else
        return false;
    return true;
}

static void on_request(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx)
{
    struct site *site = ctx;

    if (hls_server_handle(site->config.hls, exchange, request) ||
        web_pages_handle(site->config.pages, exchange, request) ||
        respond_to_operator(site, exchange, request, is_loopback(request->peer)))
        return;
    api_http_handler.on_request(exchange, request, site->config.api);
}

static size_t body_max(const struct http_request *request, void *ctx)
{
    struct site *site = ctx;

    return api_http_handler.body_max(request, site->config.api);
}

static bool on_refused(struct http_exchange *exchange, const struct http_request *request,
                       int status, void *ctx)
{
    struct site *site = ctx;

    return api_http_handler.on_refused(exchange, request, status, site->config.api);
}

const struct http_handler site_handler = {
    .body_max = body_max,
    .on_request = on_request,
    .on_refused = on_refused,
};

static void on_metrics_request(struct http_exchange *exchange, const struct http_request *request,
                               void *ctx)
{
    if (!respond_to_operator(ctx, exchange, request, true))
        respond_text(exchange, 404, "text/plain; charset=utf-8", bytes_copy("not here\n", 9));
}

static size_t no_body(const struct http_request *request, void *ctx)
{
    return 0;
}

const struct http_handler site_metrics_handler = {
    .body_max = no_body,
    .on_request = on_metrics_request,
};

struct site *site_create(const struct site_config *config)
{
    struct site *site = mem_zalloc(sizeof(*site));

    site->config = *config;
    return site;
}

void site_destroy(struct site *site)
{
    mem_free(site);
}
