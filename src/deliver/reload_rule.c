/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/reload_rule.h"

#include "deliver/segment_window.h"
#include "media/packet.h"
#include "media/segment.h"

#define MOST_SEGMENTS_AHEAD  2
#define ADVANCE_PART_LIMIT_S 3 /* in parts: three where a part target is a second or more */

/* Whether the part lies more than the Advance Part Limit behind the last one listed. */
static bool is_too_far(int parts_ahead, int64_t part_target)
{
    if (part_target >= MEDIA_TIMESCALE)
        return parts_ahead > ADVANCE_PART_LIMIT_S;
    return parts_ahead * part_target > ADVANCE_PART_LIMIT_S * MEDIA_TIMESCALE;
}

/* For the segment in production, or to come. */
static enum reload judge_part(const struct segment_window *w, int part, int64_t part_target)
{
    int present = w->growing ? w->growing->part_count : 0;

    if (part == RELOAD_WHOLE)
        return RELOAD_WAIT;
    if (part < present)
        return RELOAD_READY;
    return is_too_far(part - (present - 1), part_target) ? RELOAD_TOO_FAR : RELOAD_WAIT;
}

enum reload reload_rule(const struct segment_window *w, int64_t msn, int part, int64_t part_target)
{
    const struct segment *segment;
    int64_t last;

    if (w->count == w->listed)
        return RELOAD_WAIT; /* a playlist without a whole segment is no use to anybody */
    last = w->whole[w->count - 1]->number;
    if (msn == last && part != RELOAD_WHOLE) {
        segment = w->whole[w->count - 1];
        if (part < segment->part_count)
            return RELOAD_READY;
        msn++; /* "one for Part Index 0 of the following Parent Segment" */
        part = 0;
    }
    if (msn <= last)
        return RELOAD_READY;
    if (msn == last + 1)
        return judge_part(w, part, part_target);
    return msn > last + MOST_SEGMENTS_AHEAD ? RELOAD_TOO_FAR : RELOAD_WAIT;
}
