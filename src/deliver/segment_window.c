/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8216 6.2.2: a segment that leaves the playlist stays available for its own duration plus that
 * of the longest playlist that held it. */
#include "deliver/segment_window.h"

#include <string.h>

#include "base/mem.h"
#include "media/packet.h"
#include "media/playlist.h"
#include "media/segment.h"

#define SMALLEST 16

void segment_window_init(struct segment_window *w, int target_duration_s)
{
    *w = (struct segment_window){ .target_duration_s = target_duration_s };
}

static void forget_oldest(struct segment_window *w, size_t count)
{
    if (!count)
        return;
    for (size_t i = 0; i < count; i++)
        segment_unref(w->whole[i]);
    w->count -= count;
    w->listed -= count;
    memmove(w->whole, w->whole + count, w->count * sizeof(w->whole[0]));
    memmove(w->expires_ms, w->expires_ms + count, w->count * sizeof(w->expires_ms[0]));
}

static void forget_all(struct segment_window *w)
{
    w->listed = w->count;
    forget_oldest(w, w->count);
}

static void forget_growing(struct segment_window *w)
{
    segment_unref(w->growing);
    w->growing = NULL;
}

void segment_window_clear(struct segment_window *w)
{
    forget_all(w);
    forget_growing(w);
    mem_free(w->whole);
    mem_free(w->expires_ms);
    segment_window_init(w, w->target_duration_s);
}

static void note_parts(struct segment_window *w, const struct segment *segment)
{
    const struct part *last;

    w->next_segment = segment->number;
    if (!segment->part_count)
        return;
    last = segment->parts[segment->part_count - 1];
    w->next_part = last->number + 1;
    w->newest_us = last->published_us;
}

void segment_window_grow(struct segment_window *w, struct segment *growing)
{
    segment_ref(growing);
    forget_growing(w);
    w->growing = growing;
    note_parts(w, growing);
}

static int64_t bps_of(int64_t bytes, int64_t duration)
{
    return bytes * 8 * MEDIA_TIMESCALE / duration;
}

/* RFC 8216 4.1: the largest bit rate of any contiguous set of segments whose total duration is
 * between half and one and a half target durations; those that end with the newest are new. */
static void measure(struct segment_window *w)
{
    int64_t target = (int64_t)w->target_duration_s * MEDIA_TIMESCALE;
    int64_t bytes = 0, duration = 0;

    for (size_t i = w->count; i > 0; i--) {
        const struct segment *segment = w->whole[i - 1];
        bytes += (int64_t)segment_size(segment);
        duration += segment->duration;
        if (i == w->count && !segment->is_gap) {
            w->all_bytes += bytes;
            w->all_duration += duration;
        }
        if (duration * 2 > target * 3)
            break;
        if (duration * 2 >= target && bps_of(bytes, duration) > w->peak_bps)
            w->peak_bps = bps_of(bytes, duration);
    }
    if (!w->peak_bps)
        w->peak_bps = segment_window_average_bps(w);
}

static void make_room(struct segment_window *w)
{
    if (w->count < w->capacity)
        return;
    w->capacity = w->capacity ? w->capacity * 2 : SMALLEST;
    w->whole = mem_realloc(w->whole, w->capacity * sizeof(w->whole[0]));
    w->expires_ms = mem_realloc(w->expires_ms, w->capacity * sizeof(w->expires_ms[0]));
}

static int64_t listed_duration(const struct segment_window *w)
{
    int64_t duration = 0;

    for (size_t i = w->listed; i < w->count; i++)
        duration += w->whole[i]->duration;
    return duration;
}

/* Takes the oldest listed segment off the playlist. */
static void unlist(struct segment_window *w, int64_t playlist_duration, int64_t now_ms)
{
    const struct segment *segment = w->whole[w->listed];

    w->expires_ms[w->listed] = now_ms + (playlist_duration + segment->duration) / 90;
    w->elapsed += segment->duration;
    w->discontinuity_sequence += segment->is_discontinuity;
    w->listed++;
}

static void slide(struct segment_window *w, int64_t now_ms)
{
    int64_t duration = listed_duration(w);

    while (w->count - w->listed > PLAYLIST_WINDOW_MIN) {
        int64_t left = duration - w->whole[w->listed]->duration;
        if (left < (int64_t)PLAYLIST_WINDOW_S * MEDIA_TIMESCALE)
            break;
        unlist(w, duration, now_ms);
        duration = left;
    }
}

void segment_window_append(struct segment_window *w, struct segment *segment, int64_t now_ms)
{
    if (w->count && segment->number != w->whole[w->count - 1]->number + 1)
        forget_all(w);
    if (!w->first_wall_ms)
        w->first_wall_ms = segment->wall_ms;
    make_room(w);
    w->whole[w->count++] = segment_ref(segment);
    forget_growing(w);
    note_parts(w, segment);
    w->next_segment = segment->number + 1;
    measure(w);
    slide(w, now_ms);
    segment_window_expire(w, now_ms);
}

void segment_window_expire(struct segment_window *w, int64_t now_ms)
{
    size_t expired = 0;

    while (expired < w->listed && w->expires_ms[expired] <= now_ms)
        expired++;
    forget_oldest(w, expired);
}

struct segment *segment_window_find(const struct segment_window *w, int64_t number)
{
    if (!w->count || number < w->whole[0]->number || number > w->whole[w->count - 1]->number)
        return NULL;
    return w->whole[number - w->whole[0]->number];
}

static struct part *find_in(const struct segment *segment, int64_t number)
{
    int64_t index;

    if (!segment || !segment->part_count)
        return NULL;
    index = number - segment->parts[0]->number;
    return index >= 0 && index < segment->part_count ? segment->parts[index] : NULL;
}

struct part *segment_window_find_part(const struct segment_window *w, int64_t number)
{
    struct part *part = find_in(w->growing, number);

    for (size_t i = w->count; i > 0 && !part; i--) /* the newest are asked for most */
        part = find_in(w->whole[i - 1], number);
    return part;
}

struct bytes *segment_window_find_init(const struct segment_window *w, int64_t number)
{
    if (w->growing && w->growing->init && w->growing->init_number == number)
        return w->growing->init;
    for (size_t i = w->count; i > 0; i--)
        if (w->whole[i - 1]->init && w->whole[i - 1]->init_number == number)
            return w->whole[i - 1]->init;
    return NULL;
}

int64_t segment_window_last_init(const struct segment_window *w)
{
    const struct segment *newest = w->growing;

    if (!newest && w->count)
        newest = w->whole[w->count - 1];
    return newest && newest->init ? newest->init_number : -1;
}

bool segment_window_last_part(const struct segment_window *w, int64_t *msn, int *index)
{
    const struct segment *newest = w->growing;

    if ((!newest || !newest->part_count) && w->count)
        newest = w->whole[w->count - 1];
    if (!newest || !newest->part_count)
        return false;
    *msn = newest->number;
    *index = newest->part_count - 1;
    return true;
}

int64_t segment_window_average_bps(const struct segment_window *w)
{
    return w->all_duration ? bps_of(w->all_bytes, w->all_duration) : 0;
}
