/* SPDX-License-Identifier: Apache-2.0 */
/* Order of a playlist: header, EXT-X-SKIP, the segments (each behind its tags and, near the live
 * edge, its parts), the parts of the segment in production, then what is to come: preload hint,
 * rendition reports, prefetch lines. Sections named are those of draft-pantos-hls-rfc8216bis. */
#include "media/playlist.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "media/packet.h"

#define SKIP_BOUNDARY_TARGETS 6 /* 4.4.3.8: at least six target durations */
#define HOLD_BACK_TARGETS     3 /* the same for parts */
#define PARTS_KEPT_TARGETS    3 /* 6.2.2: parts older than that are no longer listed */
#define FIRST_INIT            -1

/* Decimal seconds, to 10 microseconds: fine enough that frames of 1001/60 ms add up. */
struct seconds {
    char text[32];
};

static struct seconds seconds_of_units(int64_t units)
{
    struct seconds s;

    snprintf(s.text, sizeof(s.text), "%" PRId64 ".%05" PRId64, units / 100000, units % 100000);
    return s;
}

static struct seconds seconds_of(int64_t ticks)
{
    return seconds_of_units((ticks * 10 + 4) / 9);
}

/* So many times the part target, which is rounded up: no part may exceed it (4.4.4.9). */
static struct seconds part_targets(const struct media_playlist *p, int count)
{
    return seconds_of_units((p->part_target * 10 + 8) / 9 * count);
}

bool playlist_can_skip(int target_duration_s)
{
    return SKIP_BOUNDARY_TARGETS * target_duration_s < PLAYLIST_WINDOW_S;
}

const char *playlist_suffix(enum container_format container)
{
    return container == CONTAINER_FMP4 ? ".m4s" : ".ts";
}

/* 6.2.5.1: segments further from the end of the last one than the skip boundary. */
static size_t count_skipped(const struct media_playlist *p)
{
    int64_t boundary = (int64_t)SKIP_BOUNDARY_TARGETS * p->target_duration_s * MEDIA_TIMESCALE;
    int64_t behind = 0;

    if (!p->is_low_latency || p->is_ended || !playlist_can_skip(p->target_duration_s))
        return 0;
    for (size_t i = p->segment_count; i > 0; i--) {
        if (behind > boundary)
            return i;
        behind += p->segments[i - 1]->duration;
    }
    return 0;
}

/* The first segment whose parts are still listed. */
static size_t first_with_parts(const struct media_playlist *p)
{
    int64_t reach = (int64_t)PARTS_KEPT_TARGETS * p->target_duration_s * MEDIA_TIMESCALE;
    int64_t behind = p->growing ? p->growing->duration : 0;

    if (!p->is_low_latency)
        return p->segment_count;
    for (size_t i = p->segment_count; i > 0; i--) {
        if (behind >= reach)
            return i;
        behind += p->segments[i - 1]->duration;
    }
    return 0;
}

/* 8: the lowest version that the tags used require. */
static int lowest_version(const struct media_playlist *p, size_t skipped)
{
    if (skipped)
        return 9;
    return p->container == CONTAINER_FMP4 ? 6 : 3;
}

static void render_server_control(struct buf *out, const struct media_playlist *p)
{
    buf_append_str(out, "#EXT-X-SERVER-CONTROL:");
    if (p->is_low_latency) {
        buf_printf(out, "CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=%s,",
                   part_targets(p, HOLD_BACK_TARGETS).text);
        if (playlist_can_skip(p->target_duration_s))
            buf_printf(out, "CAN-SKIP-UNTIL=%d.0,", SKIP_BOUNDARY_TARGETS * p->target_duration_s);
    }
    buf_printf(out, "HOLD-BACK=%d.0\n", HOLD_BACK_TARGETS * p->target_duration_s);
    if (p->is_low_latency)
        buf_printf(out, "#EXT-X-PART-INF:PART-TARGET=%s\n", part_targets(p, 1).text);
}

static void render_live_video_tags(struct buf *out, const struct media_playlist *p)
{
    int64_t total = p->elapsed;

    for (size_t i = 0; i < p->segment_count; i++)
        total += p->segments[i]->duration;
    buf_printf(out, "#EXT-X-NET-LIVE-VIDEO-LIVE-SEQUENCE:%" PRId64 "\n", p->segments[0]->number);
    buf_printf(out, "#EXT-X-NET-LIVE-VIDEO-ELAPSED-SECS:%s\n", seconds_of(p->elapsed).text);
    buf_printf(out, "#EXT-X-NET-LIVE-VIDEO-TOTAL-SECS:%s\n", seconds_of(total).text);
}

static void render_date_ranges(struct buf *out, const struct media_playlist *p)
{
    char start[CLOCK_TEXT_SIZE];

    buf_printf(out,
               "#EXT-X-DATERANGE:ID=\"playlist-creation-%" PRId64 "\",CLASS=\"timestamp\","
               "START-DATE=\"%s\",END-ON-NEXT=YES,X-SERVER-TIME=\"%" PRId64 ".%02d\"\n",
               p->now_wall_ms / 1000, clock_format_ms(start, p->now_wall_ms), p->now_wall_ms / 1000,
               (int)(p->now_wall_ms % 1000 / 10));
    buf_printf(out,
               "#EXT-X-DATERANGE:ID=\"source-%" PRId64 "\",CLASS=\"live-video-net-stream-source\","
               "START-DATE=\"%s\",END-ON-NEXT=YES,X-NET-LIVE-VIDEO-STREAM-SOURCE=\"live\"\n",
               p->source_wall_ms / 1000, clock_format_ms(start, p->source_wall_ms));
}

static void render_header(struct buf *out, const struct media_playlist *p, size_t skipped)
{
    buf_printf(out, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n",
               lowest_version(p, skipped), p->target_duration_s);
    render_server_control(out, p);
    buf_printf(out, "#EXT-X-MEDIA-SEQUENCE:%" PRId64 "\n", p->segments[0]->number);
    if (p->discontinuity_sequence)
        buf_printf(out, "#EXT-X-DISCONTINUITY-SEQUENCE:%" PRId64 "\n", p->discontinuity_sequence);
    render_live_video_tags(out, p);
    render_date_ranges(out, p);
    if (skipped)
        buf_printf(out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%zu\n", skipped);
}

/* What applies to the segment and so to its first part (4.4.4.9: it comes before that). */
static void render_segment_start(struct buf *out, const struct segment *segment, int init_before)
{
    char wall[CLOCK_TEXT_SIZE];

    if (segment->is_discontinuity)
        buf_append_str(out, "#EXT-X-DISCONTINUITY\n");
    if (segment->init && segment->init_number != init_before)
        buf_printf(out, "#EXT-X-MAP:URI=\"i%d.mp4\"\n", segment->init_number);
    buf_printf(out, "#EXT-X-PROGRAM-DATE-TIME:%s\n", clock_format_ms(wall, segment->wall_ms));
}

static void render_parts(struct buf *out, const struct segment *segment, const char *suffix)
{
    for (int i = 0; i < segment->part_count; i++) {
        const struct part *part = segment->parts[i];
        buf_printf(out, "#EXT-X-PART:DURATION=%s,URI=\"p%" PRId64 "%s\"%s%s\n",
                   seconds_of(part->duration).text, part->number, suffix,
                   part->is_independent ? ",INDEPENDENT=YES" : "", part->is_gap ? ",GAP=YES" : "");
    }
}

static void render_segment_end(struct buf *out, const struct segment *segment, const char *suffix)
{
    if (segment->is_gap)
        buf_append_str(out, "#EXT-X-GAP\n");
    buf_printf(out, "#EXTINF:%s,live\ns%" PRId64 "%s\n", seconds_of(segment->duration).text,
               segment->number, suffix);
}

static void render_segments(struct buf *out, const struct media_playlist *p, size_t skipped)
{
    const char *suffix = playlist_suffix(p->container);
    size_t with_parts = first_with_parts(p);
    int init = skipped ? p->segments[skipped - 1]->init_number : FIRST_INIT;

    for (size_t i = skipped; i < p->segment_count; i++) {
        render_segment_start(out, p->segments[i], init);
        init = p->segments[i]->init_number;
        if (i >= with_parts)
            render_parts(out, p->segments[i], suffix);
        render_segment_end(out, p->segments[i], suffix);
    }
    if (p->is_low_latency && p->growing) {
        render_segment_start(out, p->growing, init);
        render_parts(out, p->growing, suffix);
    }
}

static void render_what_comes(struct buf *out, const struct media_playlist *p)
{
    const char *suffix = playlist_suffix(p->container);
    int64_t next = p->segments[p->segment_count - 1]->number + 1;

    buf_printf(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p%" PRId64 "%s\"\n", p->next_part, suffix);
    for (size_t i = 0; i < p->report_count; i++)
        buf_printf(out, "#EXT-X-RENDITION-REPORT:URI=\"%s\",LAST-MSN=%" PRId64 ",LAST-PART=%d\n",
                   p->reports[i].uri, p->reports[i].last_msn, p->reports[i].last_part);
    buf_printf(out, "#EXT-X-PREFETCH:s%" PRId64 "%s\n", next, suffix);
    buf_printf(out, "#EXT-X-PREFETCH:s%" PRId64 "%s\n", next + 1, suffix);
}

int playlist_render(struct buf *out, const struct media_playlist *p, bool is_delta)
{
    size_t skipped = is_delta ? count_skipped(p) : 0;

    render_header(out, p, skipped);
    render_segments(out, p, skipped);
    if (p->is_ended)
        buf_append_str(out, "#EXT-X-ENDLIST\n");
    else if (p->is_low_latency)
        render_what_comes(out, p);
    return out->err;
}
