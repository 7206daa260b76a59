/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/hls_stream.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/hls_demand.h"

static void init_rendition(struct hls_rendition *r, struct hls_stream *stream, struct hls_set *set,
                           const struct feed_rendition *about)
{
    r->stream = stream;
    r->set = set;
    r->about = about;
    segment_window_init(&r->window, stream->info->target_duration_s);
    list_init(&r->waiting);
    list_init(&r->followers);
}

static void drop_playlists(struct hls_rendition *r)
{
    hls_text_clear(&r->whole);
    hls_text_clear(&r->delta);
}

static void drop_multivariants(struct hls_stream *stream)
{
    hls_text_clear(&stream->multivariants[0].text);
    hls_text_clear(&stream->multivariants[1].text);
}

static void add_set(struct hls_stream *stream, struct rendition_set *about)
{
    struct hls_set *set =
        mem_zalloc(sizeof(*set) + (size_t)about->count * sizeof(set->renditions[0]));

    set->about = rendition_set_ref(about);
    for (int i = 0; i < about->count; i++)
        init_rendition(&set->renditions[i], stream, set, &about->renditions[i]);
    list_append(&stream->sets, &set->node);
    drop_multivariants(stream);
}

static void destroy_set(struct hls_set *set)
{
    list_remove(&set->node);
    for (int i = 0; i < set->about->count; i++) {
        hls_demands_refuse(&set->renditions[i]);
        segment_window_clear(&set->renditions[i].window);
        drop_playlists(&set->renditions[i]);
    }
    rendition_set_unref(set->about);
    mem_free(set);
}

static struct hls_set *current_set(const struct hls_stream *stream)
{
    if (list_is_empty(&stream->sets))
        return NULL;
    return LIST_ITEM(stream->sets.prev, struct hls_set, node);
}

/* What grew so far counts as whole. */
static void end_rendition(struct hls_rendition *r, int64_t now_ms)
{
    struct segment *last = r->window.growing;

    if (last && last->part_count) {
        segment_ref(last);
        segment_window_append(&r->window, last, now_ms);
        segment_unref(last);
    }
    drop_playlists(r);
    hls_demands_meet(r);
}

static void end_set(struct hls_set *set)
{
    int64_t now_ms = clock_mono_ms();

    if (!set || set->is_ended)
        return;
    set->is_ended = true;
    set->gone_ms = now_ms + HLS_KEPT_MS;
    for (int i = 0; i < set->about->count; i++)
        end_rendition(&set->renditions[i], now_ms);
}

static void publish(struct hls_stream *stream, struct hls_rendition *r,
                    const struct publication *publication, int64_t now_ms)
{
    if (publication->is_whole)
        segment_window_append(&r->window, publication->segment, now_ms);
    else
        segment_window_grow(&r->window, publication->segment);
    drop_playlists(r);
    stream->is_on_air |= publication->is_whole;
}

static void publish_all(struct hls_stream *stream, const struct feed_event *event)
{
    struct hls_set *set = current_set(stream);
    int64_t now_ms = clock_mono_ms();

    for (size_t i = 0; i < event->count; i++)
        publish(stream, &set->renditions[event->publications[i].rendition], &event->publications[i],
                now_ms);
    for (size_t i = 0; i < event->count; i++) /* only now: playlists report the other renditions */
        hls_demands_meet(&set->renditions[event->publications[i].rendition]);
}

struct hls_stream *hls_stream_create(struct hls_server *server, struct stream_info *info)
{
    struct hls_stream *stream = mem_zalloc(sizeof(*stream));

    stream->server = server;
    stream->info = stream_info_ref(info);
    list_init(&stream->sets);
    list_append(&server->streams, &stream->node);
    return stream;
}

void hls_stream_destroy(struct hls_stream *stream)
{
    LIST_EACH (node, &stream->sets)
        destroy_set(LIST_ITEM(node, struct hls_set, node));
    drop_multivariants(stream);
    list_remove(&stream->node);
    stream_info_unref(stream->info);
    mem_free(stream);
}

static void withdraw(struct hls_set *set, uint32_t renditions)
{
    for (int i = 0; i < set->about->count && renditions; i++)
        if (renditions & UINT32_C(1) << i)
            set->renditions[i].is_withdrawn = true;
}

void hls_stream_apply(struct hls_stream *stream, const struct feed_event *event)
{
    if (event->set) {
        end_set(current_set(stream));
        add_set(stream, event->set);
    }
    withdraw(current_set(stream), event->withdrawn);
    publish_all(stream, event);
    if (event->is_end) {
        stream->is_on_air = false;
        end_set(current_set(stream));
    }
}

bool hls_stream_expire(struct hls_stream *stream, int64_t now_ms)
{
    LIST_EACH (node, &stream->sets) {
        struct hls_set *set = LIST_ITEM(node, struct hls_set, node);
        if (set->is_ended && now_ms >= set->gone_ms) {
            destroy_set(set);
            continue;
        }
        for (int i = 0; i < set->about->count; i++) {
            hls_demands_expire(&set->renditions[i], now_ms);
            segment_window_expire(&set->renditions[i].window, now_ms);
        }
    }
    return !list_is_empty(&stream->sets);
}

static struct hls_set *find_set(struct hls_stream *stream, int number)
{
    LIST_EACH (node, &stream->sets) {
        struct hls_set *set = LIST_ITEM(node, struct hls_set, node);
        if (set->about->number == number)
            return set;
    }
    return NULL;
}

struct hls_rendition *hls_stream_find(struct hls_stream *stream, int number,
                                      const char *rendition_id)
{
    struct hls_set *set = find_set(stream, number);

    for (int i = 0; set && i < set->about->count; i++)
        if (strcmp(set->renditions[i].about->id, rendition_id) == 0)
            return &set->renditions[i];
    return NULL;
}
