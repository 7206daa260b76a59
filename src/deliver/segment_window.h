/* SPDX-License-Identifier: Apache-2.0 */
/* The newest segments of one rendition: those that its playlist lists, those that have left it but
 * must still be served, and the one in production. References shared segments; never copies.
 * Thread: its owner's. */
#ifndef DELIVER_SEGMENT_WINDOW_H
#define DELIVER_SEGMENT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;
struct part;
struct segment;

struct segment_window {
    struct segment **whole; /* oldest first, numbers run on; from `listed` on they are in the
                               playlist */
    int64_t *expires_ms;    /* beside `whole`: when one that has left may be forgotten */
    size_t count, capacity, listed;
    struct segment *growing; /* NULL: none has begun */
    int64_t next_segment;    /* number of the segment in production or to come */
    int64_t next_part;       /* number of the part to come */
    int64_t discontinuity_sequence;
    int64_t elapsed;       /* 90 kHz of media before the first listed segment */
    int64_t first_wall_ms; /* PROGRAM-DATE-TIME of the first segment ever */
    int64_t newest_us;     /* when the newest part was published, monotonic */
    int64_t peak_bps;      /* RFC 8216 4.3.4.2; 0: no segment yet */
    int64_t all_bytes, all_duration;
    int target_duration_s;
};

void segment_window_init(struct segment_window *window, int target_duration_s);
void segment_window_clear(struct segment_window *window);

/* `growing` replaces the view of the segment in production. Refs it. */
void segment_window_grow(struct segment_window *window, struct segment *growing);
/* `segment` is whole. Refs it. Should its number not follow, what is listed goes. `now_ms`:
 * monotonic. */
void segment_window_append(struct segment_window *window, struct segment *segment, int64_t now_ms);
/* Forgets what left the playlist long enough ago. */
void segment_window_expire(struct segment_window *window, int64_t now_ms);

/* All borrowed; NULL if not (or no longer) here. A segment is found when whole. */
struct segment *segment_window_find(const struct segment_window *window, int64_t number);
struct part *segment_window_find_part(const struct segment_window *window, int64_t number);
struct bytes *segment_window_find_init(const struct segment_window *window, int64_t number);
/* The highest number of an init section; -1 if there is none. */
int64_t segment_window_last_init(const struct segment_window *window);
/* The last part of the playlist: the number of its segment, its index therein. False: no part. */
bool segment_window_last_part(const struct segment_window *window, int64_t *msn, int *index);
/* Bits per second over everything so far; 0: no segment yet. */
int64_t segment_window_average_bps(const struct segment_window *window);

#endif
