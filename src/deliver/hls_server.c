/* SPDX-License-Identifier: Apache-2.0 */
/* From a URL to a stream, a rendition and a demand on it. */
#include "deliver/hls_server.h"

#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "deliver/deliver_internal.h"
#include "deliver/hls_demand.h"
#include "deliver/hls_reply.h"
#include "deliver/hls_stream.h"
#include "deliver/hls_url.h"
#include "deliver/reload_rule.h"
#include "deliver/view_limit.h"
#include "deliver/viewer_counter.h"
#include "net/gzip.h"
#include "net/http_server.h"
#include "net/loop.h"

#define TICK_MS            500
#define MULTIVARIANT_AGE_S 1

/* A request and what has been found out about it. */
struct viewing {
    struct http_exchange *exchange;
    const struct http_request *request;
    struct hls_url url;
    struct hls_query query;
};

static struct hls_stream *find_channel(struct hls_server *server, const struct hls_url *url)
{
    struct hls_stream *stream = map_get(server->by_channel, url->channel_id);

    if (!stream || !stream->is_on_air || strcmp(stream->info->region, url->region) != 0 ||
        strcmp(stream->info->account, url->account) != 0)
        return NULL;
    return stream;
}

static void answer_multivariant(struct hls_server *server, const struct viewing *v)
{
    struct hls_stream *stream = find_channel(server, &v->url);
    bool is_gzip = http_accepts_gzip(v->request);
    struct hls_playlist_reply reply;

    if (!stream) {
        hls_refuse(v->exchange, HLS_OFFLINE);
        return;
    }
    if (view_limit_is_reached(server->view_limit, stream->info->account)) {
        hls_refuse(v->exchange, HLS_TOO_MANY);
        return;
    }
    reply = (struct hls_playlist_reply){
        .text = hls_stream_multivariant(stream, v->query.allow_audio_only, is_gzip),
        .is_gzip = is_gzip,
        .max_age_s = MULTIVARIANT_AGE_S,
    };
    hls_reply_playlist(v->exchange, &reply);
}

static void note_viewer(const struct hls_server *server, const struct hls_stream *stream,
                        const struct http_request *request)
{
    const char *user_agent = http_header(request, "user-agent");

    viewer_counter_note(stream->info->viewers, server->index, request->peer,
                        user_agent ? user_agent : "", clock_mono_ms());
}

static void demand_playlist(const struct viewing *v, struct hls_rendition *rendition)
{
    const struct hls_query *query = &v->query;
    bool is_low = rendition->stream->info->latency == LATENCY_LOW; /* else nothing was offered */
    struct hls_demand demand = {
        .rendition = rendition,
        .exchange = v->exchange,
        .resource = HLS_PLAYLIST,
        .number = RELOAD_ANY_MSN,
        .part = RELOAD_WHOLE,
        .is_delta = is_low && query->is_delta,
        .accepts_gzip = http_accepts_gzip(v->request),
    };

    if (is_low && query->has_msn) {
        demand.is_blocking = true;
        demand.number = query->msn;
        demand.part = query->has_part ? query->part : RELOAD_WHOLE;
    }
    hls_demand_make(&demand);
}

static void demand_media(const struct viewing *v, struct hls_rendition *rendition)
{
    struct hls_demand demand = {
        .rendition = rendition,
        .exchange = v->exchange,
        .resource = v->url.resource,
        .number = v->url.number,
    };

    hls_demand_make(&demand);
}

static bool has_right_suffix(const struct hls_url *url, const struct hls_stream *stream)
{
    bool is_fmp4 = stream->info->container == CONTAINER_FMP4;

    return url->resource == HLS_PLAYLIST ||
           (url->resource == HLS_INIT ? is_fmp4 : url->is_fmp4 == is_fmp4);
}

static void answer_live(struct hls_server *server, const struct viewing *v)
{
    struct hls_stream *stream = map_get(server->by_id, v->url.stream_id);
    struct hls_rendition *rendition = NULL;

    if (stream && has_right_suffix(&v->url, stream))
        rendition = hls_stream_find(stream, v->url.set, v->url.rendition);
    if (!rendition) {
        hls_refuse(v->exchange, HLS_NOT_FOUND);
    } else if (v->url.resource == HLS_PLAYLIST) {
        note_viewer(server, stream, v->request);
        demand_playlist(v, rendition);
    } else {
        demand_media(v, rendition);
    }
}

static void answer_get(struct hls_server *server, struct http_exchange *exchange,
                       const struct http_request *request)
{
    struct viewing v = { .exchange = exchange, .request = request };

    if (hls_url_parse(&v.url, request->path))
        hls_refuse(exchange, HLS_NOT_FOUND);
    else if (hls_query_parse(&v.query, request->query))
        hls_refuse(exchange, HLS_BAD_REQUEST);
    else if (v.url.resource == HLS_MULTIVARIANT)
        answer_multivariant(server, &v);
    else
        answer_live(server, &v);
}

bool hls_server_handle(struct hls_server *server, struct http_exchange *exchange,
                       const struct http_request *request)
{
    loop_assert_here(server->loop);
    if (!hls_url_is_ours(request->path))
        return false;
    if (strcmp(request->method, "OPTIONS") == 0)
        hls_reply_options(exchange);
    else if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        hls_refuse(exchange, HLS_BAD_METHOD);
    else
        answer_get(server, exchange, request);
    return true;
}

static void forget_channel(struct hls_server *server, struct hls_stream *stream)
{
    if (map_get(server->by_channel, stream->info->channel_id) == stream)
        map_remove(server->by_channel, stream->info->channel_id);
}

static void remove_stream(struct hls_server *server, struct hls_stream *stream)
{
    forget_channel(server, stream);
    map_remove(server->by_id, stream->info->stream_id);
    hls_stream_destroy(stream);
}

static void on_tick(void *ctx)
{
    hls_server_tick(ctx);
}

static struct hls_stream *add_stream(struct hls_server *server, struct stream_info *info)
{
    struct hls_stream *stream = hls_stream_create(server, info);

    map_put(server->by_id, info->stream_id, stream);
    map_put(server->by_channel, info->channel_id, stream);
    if (!server->tick) {
        server->tick = loop_timer_create(server->loop, on_tick, server);
        loop_timer_start(server->tick, TICK_MS, TICK_MS);
    }
    return stream;
}

void hls_server_apply(struct hls_server *server, const struct feed_event *event)
{
    struct hls_stream *stream = map_get(server->by_id, event->info->stream_id);

    if (server->is_stopped)
        return;
    if (!stream)
        stream = add_stream(server, event->info);
    hls_stream_apply(stream, event);
    if (event->is_end)
        forget_channel(server, stream);
}

static void stop_ticking(struct hls_server *server)
{
    loop_timer_destroy(server->tick);
    server->tick = NULL;
}

void hls_server_tick(struct hls_server *server)
{
    int64_t now_ms = clock_mono_ms();

    LIST_EACH (node, &server->streams) {
        struct hls_stream *stream = LIST_ITEM(node, struct hls_stream, node);
        if (!hls_stream_expire(stream, now_ms))
            remove_stream(server, stream);
    }
    if (list_is_empty(&server->streams))
        stop_ticking(server);
}

struct hls_server *hls_server_create(struct hls_hub *hub, struct loop *loop, int index)
{
    struct hls_server *server = mem_zalloc(sizeof(*server));

    server->hub = hub;
    server->loop = loop;
    server->index = index;
    server->by_channel = map_create();
    server->by_id = map_create();
    list_init(&server->streams);
    server->view_limit = view_limit_create(server, hub->config.max_views);
    return server;
}

void hls_server_stop(struct hls_server *server)
{
    server->is_stopped = true;
    LIST_EACH (node, &server->streams)
        remove_stream(server, LIST_ITEM(node, struct hls_stream, node));
    stop_ticking(server);
}

void hls_server_destroy(struct hls_server *server)
{
    map_destroy(server->by_channel);
    map_destroy(server->by_id);
    view_limit_destroy(server->view_limit);
    mem_free(server);
}
