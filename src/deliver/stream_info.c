/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/stream_info.h"

#include "base/mem.h"
#include "deliver/viewer_counter.h"
#include "media/segment.h"

static bool drop_ref(atomic_int *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void add_ref(atomic_int *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

struct stream_info *stream_info_create(const struct stream_feed_config *config,
                                       struct viewer_counter *viewers)
{
    struct stream_info *info = mem_alloc(sizeof(*info));

    *info = (struct stream_info){
        .refs = 1,
        .channel_id = mem_strdup(config->channel_id),
        .region = mem_strdup(config->region),
        .account = mem_strdup(config->account),
        .stream_id = mem_strdup(config->stream_id),
        .latency = config->latency,
        .container = config->container,
        .target_duration_s = config->target_duration_s,
        .part_target = config->part_target,
        .started_wall_ms = config->started_wall_ms,
        .viewers = viewers,
    };
    return info;
}

struct stream_info *stream_info_ref(struct stream_info *info)
{
    add_ref(&info->refs);
    return info;
}

void stream_info_unref(struct stream_info *info)
{
    if (!info || !drop_ref(&info->refs))
        return;
    viewer_counter_unref(info->viewers);
    mem_free(info->channel_id);
    mem_free(info->region);
    mem_free(info->account);
    mem_free(info->stream_id);
    mem_free(info);
}

struct rendition_set *rendition_set_create(int number, const struct feed_rendition *renditions,
                                           int count)
{
    struct rendition_set *set =
        mem_zalloc(sizeof(*set) + (size_t)count * sizeof(set->renditions[0]));

    atomic_init(&set->refs, 1);
    set->number = number;
    set->count = count;
    for (int i = 0; i < count; i++) {
        set->renditions[i] = renditions[i];
        set->renditions[i].id = mem_strdup(renditions[i].id);
        set->renditions[i].name = mem_strdup(renditions[i].name);
        set->renditions[i].codecs = mem_strdup(renditions[i].codecs);
    }
    return set;
}

struct rendition_set *rendition_set_ref(struct rendition_set *set)
{
    add_ref(&set->refs);
    return set;
}

void rendition_set_unref(struct rendition_set *set)
{
    if (!set || !drop_ref(&set->refs))
        return;
    for (int i = 0; i < set->count; i++) {
        mem_free((char *)set->renditions[i].id);
        mem_free((char *)set->renditions[i].name);
        mem_free((char *)set->renditions[i].codecs);
    }
    mem_free(set);
}

struct feed_event *feed_event_create(struct stream_info *info)
{
    struct feed_event *event = mem_zalloc(sizeof(*event));

    atomic_init(&event->refs, 1);
    event->info = stream_info_ref(info);
    return event;
}

void feed_event_add(struct feed_event *event, int rendition, struct segment *segment, bool is_whole)
{
    if (event->count == event->capacity) {
        event->capacity = event->capacity ? event->capacity * 2 : 4;
        event->publications =
            mem_realloc(event->publications, event->capacity * sizeof(event->publications[0]));
    }
    event->publications[event->count++] = (struct publication){
        .rendition = rendition,
        .is_whole = is_whole,
        .segment = segment_ref(segment),
    };
}

struct feed_event *feed_event_ref(struct feed_event *event)
{
    add_ref(&event->refs);
    return event;
}

void feed_event_unref(struct feed_event *event)
{
    if (!drop_ref(&event->refs))
        return;
    for (size_t i = 0; i < event->count; i++)
        segment_unref(event->publications[i].segment);
    mem_free(event->publications);
    rendition_set_unref(event->set);
    stream_info_unref(event->info);
    mem_free(event);
}
