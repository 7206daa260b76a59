/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/view_limit.h"

#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "deliver/deliver_internal.h"
#include "deliver/viewer_counter.h"

#define COUNT_AGE_MS 1000

struct view_count {
    int64_t views;
    int64_t counted_ms; /* monotonic */
};

struct view_limit {
    struct hls_server *server;
    int64_t max;
    struct map *counts; /* account -> struct view_count */
};

struct view_limit *view_limit_create(struct hls_server *server, int64_t max)
{
    struct view_limit *limit = mem_zalloc(sizeof(*limit));

    limit->server = server;
    limit->max = max;
    limit->counts = map_create();
    return limit;
}

void view_limit_destroy(struct view_limit *limit)
{
    struct view_count *count;
    size_t cursor = 0;

    if (!limit)
        return;
    while ((count = map_next(limit->counts, &cursor, NULL)))
        mem_free(count);
    map_destroy(limit->counts);
    mem_free(limit);
}

static int64_t count_views(const struct view_limit *limit, const char *account, int64_t now_ms)
{
    int64_t views = 0;

    LIST_EACH (node, &limit->server->streams) {
        const struct hls_stream *stream = LIST_ITEM(node, struct hls_stream, node);
        if (stream->is_on_air && strcmp(stream->info->account, account) == 0)
            views += viewer_counter_count(stream->info->viewers, now_ms);
    }
    return views;
}

bool view_limit_is_reached(struct view_limit *limit, const char *account)
{
    struct view_count *count;
    int64_t now_ms = clock_mono_ms();

    if (!limit->max)
        return false;
    count = map_get(limit->counts, account);
    if (!count) {
        count = mem_zalloc(sizeof(*count));
        count->counted_ms = now_ms - COUNT_AGE_MS;
        map_put(limit->counts, account, count);
    }
    if (now_ms - count->counted_ms >= COUNT_AGE_MS) {
        count->views = count_views(limit, account, now_ms);
        count->counted_ms = now_ms;
    }
    return count->views >= limit->max;
}
