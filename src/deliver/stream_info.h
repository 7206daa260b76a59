/* SPDX-License-Identifier: Apache-2.0 */
/* What the loops share about a stream: descriptions that never change, and the events by which the
 * owner's loop tells the others what happened.
 * Thread: any; an event is filled by the owner's loop before it is posted. */
#ifndef DELIVER_STREAM_INFO_H
#define DELIVER_STREAM_INFO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/stream_feed.h"

struct viewer_counter;

struct stream_info {
    atomic_int refs;
    char *channel_id, *region, *account, *stream_id;
    enum latency_mode latency;
    enum container_format container;
    int target_duration_s;
    int64_t part_target;
    int64_t started_wall_ms;
    struct viewer_counter *viewers; /* holds a reference */
};

/* Copies what `config` tells of the stream, but not its renditions; takes `viewers`. Returns
 * owned. */
struct stream_info *stream_info_create(const struct stream_feed_config *config,
                                       struct viewer_counter *viewers);
struct stream_info *stream_info_ref(struct stream_info *info);
/* NULL is fine. */
void stream_info_unref(struct stream_info *info);

/* The renditions between two changes of the tracks. */
struct rendition_set {
    atomic_int refs;
    int number; /* part of their URLs */
    int count;
    struct feed_rendition renditions[]; /* own their texts */
};

/* Copies. Returns owned. */
struct rendition_set *rendition_set_create(int number, const struct feed_rendition *renditions,
                                           int count);
struct rendition_set *rendition_set_ref(struct rendition_set *set);
/* NULL is fine. */
void rendition_set_unref(struct rendition_set *set);

struct publication {
    int rendition;
    bool is_whole;
    struct segment *segment; /* holds a reference */
};

/* What happened within one round of the owner's loop, in this order. */
struct feed_event {
    atomic_int refs;
    struct stream_info *info;
    struct rendition_set *set; /* the renditions from now on; NULL: as before */
    struct publication *publications;
    size_t count, capacity;
    uint32_t withdrawn; /* renditions not listed any more, by bit */
    bool is_end;
};

/* Refs `info`. Returns owned. */
struct feed_event *feed_event_create(struct stream_info *info);
/* Refs `segment`. */
void feed_event_add(struct feed_event *event, int rendition, struct segment *segment,
                    bool is_whole);
struct feed_event *feed_event_ref(struct feed_event *event);
void feed_event_unref(struct feed_event *event);

#endif
