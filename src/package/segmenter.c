/* SPDX-License-Identifier: Apache-2.0 */
/* One rendition on its way into parts and segments.
 *
 *   packets behind the next cut --> [ahead] --,
 *                                             v when the cut is passed
 *   packets before the next cut --> [part in production] --muxer--> part --> segment in production
 *
 * A cut is passed when a packet has come that no earlier one can follow, or when the plan has run
 * too far ahead of the rendition. */
#include "package/segmenter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "media/aac_config.h"
#include "media/codec.h"
#include "media/packet.h"
#include "media/segment.h"
#include "package/cut_plan.h"
#include "package/mux.h"
#include "package/packet_queue.h"
#include "package/tag_list.h"
#include "package/timed_metadata.h"

#define PACKETS_MAX 16384              /* in one part */
#define TAG_MAX     4096               /* bytes */
#define TIME_MAX    (INT64_C(1) << 44) /* what muxers multiply by a rate without overflow */
#define LATE_MAX    (300 * 90)         /* later than this a packet is of no use to a player */

struct cut_queue {
    struct cut *items;
    int count, capacity;
};

struct segmenter {
    char tag[LOG_TAG_SIZE];
    const struct mux_format *format;
    struct muxer *muxer;
    struct segmenter_events events;
    void *ctx;
    int64_t lag_max;
    bool writes_segment_tags;
    struct mux_tracks tracks; /* with references: the configurations in force */
    struct segmenter_counts counts;

    struct cut_queue cuts; /* told, not yet passed */
    struct tag_list tags;

    bool is_open;           /* a segment is in production */
    struct cut begun;       /* the cut that the part in production begins with */
    struct cut segment_cut; /* and the one of its segment */
    struct packet_queue now, ahead;
    size_t now_size;
    bool needs_idr; /* pictures are missing: what follows cannot be decoded before one */

    struct part **parts; /* of the segment in production */
    int part_count, part_capacity;
    int64_t part_number;
    struct bytes *init;
    int init_number;
    int64_t first_start; /* where the broadcast began */
    bool has_begun;
    bool is_interrupted; /* nothing is waited for */
};

struct segmenter *segmenter_create(const struct segmenter_config *config,
                                   const struct segmenter_events *events, void *ctx)
{
    struct segmenter *s = mem_zalloc(sizeof(*s));

    snprintf(s->tag, sizeof(s->tag), "%s", config->tag);
    s->format = config->format;
    s->events = *events;
    s->ctx = ctx;
    s->lag_max = config->lag_max;
    s->writes_segment_tags = config->writes_segment_tags;
    if (config->video)
        s->tracks.video = codec_config_ref(config->video);
    if (config->audio)
        s->tracks.audio = codec_config_ref(config->audio);
    s->muxer = s->format->create(&s->tracks);
    s->init_number = -1;
    return s;
}

static void drop_parts(struct segmenter *s)
{
    for (int i = 0; i < s->part_count; i++)
        part_unref(s->parts[i]);
    s->part_count = 0;
}

void segmenter_destroy(struct segmenter *s)
{
    if (!s)
        return;
    drop_parts(s);
    mem_free(s->parts);
    mem_free(s->cuts.items);
    packet_queue_clear(&s->now);
    packet_queue_clear(&s->ahead);
    tag_list_clear(&s->tags);
    s->format->destroy(s->muxer);
    codec_config_unref(s->tracks.video);
    codec_config_unref(s->tracks.audio);
    bytes_unref(s->init);
    mem_free(s);
}

struct segmenter_counts segmenter_counts(const struct segmenter *s)
{
    return s->counts;
}

/* ---- the part in production ---- */

static void put_now(struct segmenter *s, struct packet *packet)
{
    packet_queue_push(&s->now, packet);
    s->now_size += packet->data->len;
}

/* Without pictures a part can always be started with. */
static bool starts_with_idr(const struct segmenter *s)
{
    struct packet *const *packets = packet_queue_items(&s->now);

    if (!s->tracks.video)
        return true;
    for (int i = 0; i < packet_queue_count(&s->now); i++)
        if (packets[i]->kind == MEDIA_VIDEO)
            return packets[i]->is_idr;
    return false;
}

static void adopt_config(struct codec_config **slot, struct codec_config *config)
{
    if (*slot == config)
        return;
    codec_config_unref(*slot);
    *slot = codec_config_ref(config);
}

/* The configurations of the part's first packets are in force from here on. */
static void adopt_configs(struct segmenter *s)
{
    struct packet *const *packets = packet_queue_items(&s->now);
    bool is_seen[2] = { false, false };

    for (int i = 0; i < packet_queue_count(&s->now); i++) {
        enum media_kind kind = packets[i]->kind;

        if (is_seen[kind])
            continue;
        is_seen[kind] = true;
        adopt_config(kind == MEDIA_VIDEO ? &s->tracks.video : &s->tracks.audio, packets[i]->config);
    }
}

static bool is_same_init(const struct bytes *a, const struct bytes *b)
{
    return a && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* At the start of a segment: the init section that it needs, another one only if it differs. */
static void renew_init(struct segmenter *s)
{
    struct bytes *init;

    adopt_configs(s);
    if (!s->format->init_section)
        return;
    init = s->format->init_section(&s->tracks);
    if (is_same_init(s->init, init)) {
        bytes_unref(init);
        return;
    }
    bytes_unref(s->init);
    s->init = init;
    s->init_number++;
}

/* Decode time of the first picture behind the part, if it has come: it ends the last one before. */
static int64_t next_video_dts(const struct segmenter *s, const struct packet *trigger)
{
    struct packet *const *packets = packet_queue_items(&s->ahead);

    for (int i = 0; i < packet_queue_count(&s->ahead); i++)
        if (packets[i]->kind == MEDIA_VIDEO)
            return packets[i]->dts;
    return trigger && trigger->kind == MEDIA_VIDEO ? trigger->dts : -1;
}

/* When the first frame is shown: behind its decode time where pictures are reordered. */
static int64_t first_pts(const struct segmenter *s)
{
    struct packet *const *packets = packet_queue_items(&s->now);

    for (int i = 0; i < packet_queue_count(&s->now); i++)
        if (packets[i]->kind == MEDIA_VIDEO)
            return packets[i]->pts;
    return packets[0]->pts;
}

/* The tag that tells players of the segment's place in time. */
static void add_segment_tag(struct segmenter *s, int64_t end)
{
    const struct cut *cut = &s->segment_cut;
    int64_t pts = first_pts(s);
    const struct segment_tag tag = {
        .number = cut->segment,
        .wall_ms = cut->wall_ms,
        .written_ms = clock_wall_ms(),
        .received_ms = cut->arrival_ms,
        .stream_offset_s = (cut->start - s->first_start) / MEDIA_TIMESCALE,
    };
    struct buf buf;

    buf_init(&buf, TAG_MAX);
    id3_write_segment_tag(&buf, &tag);
    tag_list_put_first(&s->tags, pts < end ? pts : cut->start, bytes_from_buf(&buf));
}

static int write_part(struct segmenter *s, const struct packet *trigger, int64_t end,
                      struct bytes **out)
{
    struct mux_part part = {
        .start = s->begun.start,
        .packets = packet_queue_items(&s->now),
        .packet_count = packet_queue_count(&s->now),
        .next_video_dts = next_video_dts(s, trigger),
    };
    int err;

    if (s->begun.part == 0)
        renew_init(s);
    if (!part.packet_count)
        return 0;
    if (s->begun.part == 0 && s->writes_segment_tags)
        add_segment_tag(s, end);
    part.tags = s->tags.items;
    part.tag_count = tag_list_due(&s->tags, part.start, end);
    err = s->format->write_part(s->muxer, &part, out);
    if (!err)
        tag_list_drop(&s->tags, part.tag_count);
    return err;
}

static void append_part(struct segmenter *s, struct part *part)
{
    if (s->part_count == s->part_capacity) {
        s->part_capacity = s->part_capacity ? 2 * s->part_capacity : 16;
        s->parts = mem_realloc(s->parts, (size_t)s->part_capacity * sizeof(s->parts[0]));
    }
    s->parts[s->part_count++] = part;
}

/* The segment as far as it goes. Returns owned. */
static struct segment *segment_view(const struct segmenter *s)
{
    size_t size = (size_t)s->part_count * sizeof(s->parts[0]);
    struct segment *segment = mem_zalloc(sizeof(*segment) + size);

    atomic_init(&segment->refs, 1);
    segment->number = s->segment_cut.segment;
    segment->start = s->segment_cut.start;
    segment->wall_ms = s->segment_cut.wall_ms;
    segment->is_discontinuity = s->segment_cut.is_discontinuity;
    segment->is_independent = s->parts[0]->is_independent;
    segment->is_gap = true;
    segment->init = s->init ? bytes_ref(s->init) : NULL;
    segment->init_number = s->init_number;
    segment->part_count = s->part_count;
    for (int i = 0; i < s->part_count; i++) {
        segment->parts[i] = part_ref(s->parts[i]);
        segment->duration += s->parts[i]->duration;
        segment->is_gap &= s->parts[i]->is_gap;
    }
    return segment;
}

static void close_part(struct segmenter *s, const struct packet *trigger, int64_t end)
{
    struct part *part = mem_zalloc(sizeof(*part));
    struct segment *view;
    int err = write_part(s, trigger, end, &part->data);

    if (err)
        log_error(s->tag, "part lost: segment=%lld err=%d", (long long)s->begun.segment, err);
    atomic_init(&part->refs, 1);
    part->number = s->part_number++;
    part->start = s->begun.start;
    part->duration = end - s->begun.start;
    part->is_gap = !part->data;
    part->is_independent = part->data && starts_with_idr(s);
    part->published_us = clock_mono_us();
    s->counts.gap_parts += part->is_gap;
    append_part(s, part);
    packet_queue_reset(&s->now);
    s->now_size = 0;

    view = segment_view(s);
    s->events.on_part(view, s->ctx);
    segment_unref(view);
}

static void close_segment(struct segmenter *s)
{
    struct segment *whole = segment_view(s);

    drop_parts(s);
    s->events.on_segment(whole, s->ctx);
    segment_unref(whole);
}

/* ---- cuts ---- */

static bool is_behind(const struct cut *cut, const struct packet *packet)
{
    return packet->dts >= (packet->kind == MEDIA_VIDEO ? cut->video_from : cut->audio_from);
}

/* Where packets of neither track belong before the cut any more. */
static int64_t reach(const struct cut *cut)
{
    return cut->video_from > cut->audio_from ? cut->video_from : cut->audio_from;
}

static void pop_cut(struct segmenter *s)
{
    s->cuts.count--;
    memmove(s->cuts.items, s->cuts.items + 1, (size_t)s->cuts.count * sizeof(s->cuts.items[0]));
}

/* What came ahead of the cut just passed: into the part, or still ahead of the next cut. */
static void sort_ahead(struct segmenter *s)
{
    struct packet_queue waiting = s->ahead;

    s->ahead = (struct packet_queue){ 0 };
    while (packet_queue_count(&waiting)) {
        struct packet *packet = packet_queue_pop(&waiting);

        if (s->cuts.count && is_behind(&s->cuts.items[0], packet))
            packet_queue_push(&s->ahead, packet);
        else if (s->is_open)
            put_now(s, packet);
        packet_unref(packet);
    }
    packet_queue_clear(&waiting);
}

/* Ends what is in production at the next cut and begins what comes behind it. */
static void pass_cut(struct segmenter *s, const struct packet *trigger)
{
    struct cut cut = s->cuts.items[0];

    pop_cut(s);
    if (s->is_open)
        close_part(s, trigger, cut.previous_end);
    if (s->is_open && (cut.part == 0 || cut.is_end))
        close_segment(s);
    s->is_open = !cut.is_end;
    s->begun = cut;
    if (cut.part == 0)
        s->segment_cut = cut;
    if (!s->has_begun)
        s->first_start = cut.start;
    s->has_begun = true;
    sort_ahead(s);
}

/* The plan has run away: what is missing here becomes a gap. */
static bool is_left_behind(const struct segmenter *s)
{
    const struct cut *cuts = s->cuts.items;

    return s->lag_max && s->cuts.count &&
           cuts[s->cuts.count - 1].start - cuts[0].start > s->lag_max;
}

void segmenter_cut(struct segmenter *s, const struct cut *cut)
{
    struct cut_queue *q = &s->cuts;

    if (q->count == q->capacity) {
        q->capacity = q->capacity ? 2 * q->capacity : 8;
        q->items = mem_realloc(q->items, (size_t)q->capacity * sizeof(q->items[0]));
    }
    q->items[q->count++] = *cut;
    while (is_left_behind(s) || (s->is_interrupted && s->cuts.count))
        pass_cut(s, NULL);
}

static void pass_cuts(struct segmenter *s, int64_t dts, const struct packet *trigger)
{
    while (s->cuts.count && dts >= reach(&s->cuts.items[0]))
        pass_cut(s, trigger);
}

void segmenter_pass(struct segmenter *s, int64_t dts)
{
    pass_cuts(s, dts, NULL);
}

void segmenter_flush(struct segmenter *s)
{
    while (s->cuts.count)
        pass_cut(s, NULL);
}

void segmenter_interrupt(struct segmenter *s)
{
    s->is_interrupted = true;
    segmenter_flush(s);
}

void segmenter_resume(struct segmenter *s)
{
    s->is_interrupted = false;
}

/* ---- packets ---- */

/* Transcoded packets come from a worker that may say anything. */
static bool is_plausible(const struct packet *packet)
{
    return packet->dts >= 0 && packet->dts <= TIME_MAX && packet->pts >= 0 &&
           packet->pts <= TIME_MAX && packet->data->len;
}

static bool is_wanted(const struct segmenter *s, const struct packet *packet)
{
    if (!is_plausible(packet))
        return false;
    if (packet->kind == MEDIA_AUDIO)
        return s->tracks.audio && packet->data->len <= ADTS_FRAME_MAX;
    return s->tracks.video;
}

/* Too late to be played where it belongs. The source is what all wait for: it is never late. */
static bool is_late(struct segmenter *s, const struct packet *packet)
{
    bool is_late = s->lag_max && packet->dts < s->begun.start - LATE_MAX;

    if (packet->kind == MEDIA_VIDEO) {
        if (is_late)
            s->needs_idr = true;
        else if (packet->is_idr)
            s->needs_idr = false;
        is_late |= s->needs_idr;
    }
    s->counts.late_packets += is_late;
    return is_late;
}

static int check_room(const struct segmenter *s, const struct packet *packet)
{
    bool is_full = packet_queue_count(&s->now) >= PACKETS_MAX ||
                   packet_queue_count(&s->ahead) >= PACKETS_MAX ||
                   packet->data->len > MUX_PART_MAX / 2 - s->now_size;

    return is_full ? -EMSGSIZE : 0;
}

int segmenter_push(struct segmenter *s, struct packet *packet)
{
    if (!is_wanted(s, packet))
        return 0;
    pass_cuts(s, packet->dts, packet);
    if (check_room(s, packet))
        return -EMSGSIZE;
    if (s->cuts.count && is_behind(&s->cuts.items[0], packet))
        packet_queue_push(&s->ahead, packet);
    else if (s->is_open && !is_late(s, packet))
        put_now(s, packet);
    return 0;
}

void segmenter_add_tag(struct segmenter *s, int64_t pts, const uint8_t *id3, size_t len)
{
    tag_list_put(&s->tags, pts, bytes_copy(id3, len));
}
