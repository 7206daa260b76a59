/* SPDX-License-Identifier: Apache-2.0 */
/* What is on air now. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/channel_reply.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/page.h"
#include "api/shape.h"
#include "base/clock.h"
#include "live/live_registry.h"

#define RATE 5

/* What GetStream and ListStreams both show. */
static void write_stream(struct call *call, const char *member, const struct live_info *info,
                         bool is_summary)
{
    struct json_writer *w = &call->out;
    char time[CLOCK_TEXT_SIZE];

    write_object(w, member);
    write_string(w, "channelArn", info->channel_arn);
    write_string(w, "streamId", info->stream_id);
    if (!is_summary)
        write_string(w, "playbackUrl", channel_playback_url(call, info->channel_arn));
    write_string(w, "startTime", clock_format_s(time, info->start_wall_ms));
    write_string(w, "state", "LIVE");
    write_string(w, "health", live_health_name(info->health));
    write_int(w, "viewerCount", info->viewer_count);
    write_object_end(w);
}

static int not_broadcasting(struct call *call, const char *arn)
{
    return call_fail(call, API_NOT_BROADCASTING, "Channel %s is not broadcasting", arn);
}

/* --- GetStream, StopStream --- */

struct stream_name {
    const char *channel_arn;
};

/* clang-format off */
static const struct field name_fields[] = {
    { "channelArn", FIELD_STRING, offsetof(struct stream_name, channel_arn), .is_required = true,
      SHAPE_ARN(channel) },
    { 0 },
};
/* clang-format on */

static int get_stream(struct call *call, const void *input)
{
    const struct stream_name *in = input;
    struct resource channel;
    struct live_info info;
    int err = call_find(call, in->channel_arn, CHANNEL_TYPE, &channel);

    if (err)
        return err;
    if (!live_get(call->api->config.live, in->channel_arn, &info))
        return not_broadcasting(call, in->channel_arn);
    write_stream(call, "stream", &info, false);
    return 0;
}

/* clang-format off */
const struct operation op_get_stream = {
    .name = "GetStream", .method = "POST", .path = "/GetStream",
    .services = SERVICE_IVS, .rate = RATE, .run = get_stream,
    .fields = name_fields, .input_size = sizeof(struct stream_name),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int stop_stream(struct call *call, const void *input)
{
    const struct stream_name *in = input;
    struct resource channel;
    int err = call_find(call, in->channel_arn, CHANNEL_TYPE, &channel);

    if (err)
        return err;
    err = live_stop(call->api->config.live, in->channel_arn);
    return err == -ENOENT ? not_broadcasting(call, in->channel_arn) : err;
}

/* clang-format off */
const struct operation op_stop_stream = {
    .name = "StopStream", .method = "POST", .path = "/StopStream",
    .services = SERVICE_IVS, .rate = RATE, .run = stop_stream,
    .fields = name_fields, .input_size = sizeof(struct stream_name),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListStreams --- */

static const char *const health_names[] = {
    [LIVE_HEALTHY] = "HEALTHY",
    [LIVE_STARVING] = "STARVING",
    [LIVE_HEALTH_UNKNOWN] = "UNKNOWN",
    NULL,
};

struct stream_filters {
    const int *health;
};

struct list_streams {
    const struct stream_filters *filter;
    struct page_input page;
};
#define AT(member) offsetof(struct list_streams, member)

/* clang-format off */
static const struct field filter_fields[] = {
    { "health", FIELD_ENUM, offsetof(struct stream_filters, health), .one_of = health_names },
    { 0 },
};

static const struct field list_fields[] = {
    { "filterBy",   FIELD_STRUCT, AT(filter), .fields = filter_fields,
      .size = sizeof(struct stream_filters) },
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = 100 },
    { 0 },
};
/* clang-format on */
#undef AT

/* Streams come and go between pages, so that a page goes on behind a moment, not a place: of those
 * that started in the same millisecond the id decides. */
static const char *cursor_of(struct call *call, const struct live_info *info)
{
    return arena_printf(call->arena, "%016llx %s", (unsigned long long)info->start_wall_ms,
                        info->stream_id);
}

static bool is_wanted(const struct list_streams *in, const struct live_info *info)
{
    return !in->filter || !in->filter->health || (int)info->health == *in->filter->health;
}

static int compare_streams(const void *left, const void *right)
{
    const struct live_info *a = left, *b = right;

    if (a->start_wall_ms != b->start_wall_ms)
        return a->start_wall_ms < b->start_wall_ms ? -1 : 1;
    return strcmp(a->stream_id, b->stream_id);
}

static void write_streams(struct call *call, const struct list_streams *in, const struct page *page)
{
    struct live_info *streams;
    size_t count = live_list(call->api->config.live, call->arena, call->account, &streams);
    const char *next = NULL, *last = NULL;
    int written = 0;

    qsort(streams, count, sizeof(*streams), compare_streams);
    write_array(&call->out, "streams");
    for (size_t i = 0; i < count && !next; i++) {
        const char *cursor = cursor_of(call, &streams[i]);

        if (!is_wanted(in, &streams[i]) || (page->after && strcmp(cursor, page->after) <= 0))
            continue;
        if (written == page->limit) {
            next = last;
        } else {
            write_stream(call, NULL, &streams[i], true);
            last = cursor;
            written++;
        }
    }
    write_array_end(&call->out);
    if (next)
        page_write_next(call, page, next);
}

static int list_streams(struct call *call, const void *input)
{
    const struct list_streams *in = input;
    const char *filters = in->filter && in->filter->health ? health_names[*in->filter->health] : "";
    struct page page;
    int err = page_begin(call, &page, &in->page, 100, filters);

    if (!err)
        write_streams(call, in, &page);
    return err;
}

/* clang-format off */
const struct operation op_list_streams = {
    .name = "ListStreams", .method = "POST", .path = "/ListStreams",
    .services = SERVICE_IVS, .rate = RATE, .run = list_streams,
    .fields = list_fields, .input_size = sizeof(struct list_streams),
    .targets = { ON_TYPE(CHANNEL_TYPE) },
};
/* clang-format on */
