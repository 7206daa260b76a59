/* SPDX-License-Identifier: Apache-2.0 */
/* The plan by which all renditions are cut (RFC 8216bis, 4.4.3.1 on target durations, 4.4.4.9 on
 * parts). It looks at the source alone and knows no container.
 *
 *   source   I . . . . . . . . . I . . . . .
 *   cuts     S     P     P     P S     P
 */
#include "package/cut_plan.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "media/codec.h"
#include "media/packet.h"

#define SEGMENT_MIN (MEDIA_TIMESCALE * 9 / 10)
/* The most that may be added to the target duration before rounding takes it up; one below what
 * three decimals of a second can tell. */
#define ROUNDING     (MEDIA_TIMESCALE * 499 / 1000)
#define PART_IDEAL_S 0.33
#define IDR_WARN     (10 * MEDIA_TIMESCALE)
#define AUDIO_STEP   1920 /* a frame of 1024 samples at 48 kHz, until one has been seen */

struct track {
    struct codec_config *config; /* of its newest packet */
    bool has_last;
    int64_t last; /* decode time of its newest packet */
    int64_t step; /* duration of a frame */
    bool is_in_segment;
};

struct cut_plan {
    char tag[LOG_TAG_SIZE];
    cut_plan_cut_fn *on_cut;
    void *ctx;
    bool has_video, fills_target;
    int64_t part_duration;
    int64_t target;
    int64_t segment_max;
    struct track tracks[2]; /* by media_kind */

    bool is_open; /* a segment is in production */
    bool has_begun;
    bool begins_with_idr;
    int64_t segment;
    int part;
    int64_t start; /* of the segment */

    int64_t anchor_media; /* the wall clock is told from here */
    int64_t anchor_us;
    int64_t last_idr;
    bool is_idr_overdue;
};

int64_t cut_plan_part_duration(double fps)
{
    double frames = fps > 0 ? fmax(1, round(PART_IDEAL_S * fps)) : 0;

    if (!frames)
        return (int64_t)(PART_IDEAL_S * MEDIA_TIMESCALE);
    return llround(frames * MEDIA_TIMESCALE / fps);
}

struct cut_plan *cut_plan_create(const struct cut_plan_config *config, cut_plan_cut_fn *on_cut,
                                 void *ctx)
{
    struct cut_plan *plan = mem_zalloc(sizeof(*plan));

    snprintf(plan->tag, sizeof(plan->tag), "%s", config->tag);
    plan->on_cut = on_cut;
    plan->ctx = ctx;
    plan->has_video = config->has_video;
    plan->fills_target = config->fills_target;
    plan->part_duration = config->part_duration;
    plan->target = (int64_t)config->target_duration_s * MEDIA_TIMESCALE;
    plan->segment_max = plan->target + ROUNDING;
    plan->tracks[MEDIA_AUDIO].step = AUDIO_STEP;
    if (config->fps > 0)
        plan->tracks[MEDIA_VIDEO].step = llround(MEDIA_TIMESCALE / config->fps);
    return plan;
}

void cut_plan_destroy(struct cut_plan *plan)
{
    if (!plan)
        return;
    codec_config_unref(plan->tracks[MEDIA_VIDEO].config);
    codec_config_unref(plan->tracks[MEDIA_AUDIO].config);
    mem_free(plan);
}

/* The frame duration of the track that sets the pace. */
static int64_t pace(const struct cut_plan *plan)
{
    return plan->tracks[plan->has_video ? MEDIA_VIDEO : MEDIA_AUDIO].step;
}

/* What already went out of a track stays before the cut, even if it is late. */
static int64_t track_from(const struct track *track, int64_t time)
{
    return track->has_last && track->last >= time ? track->last + 1 : time;
}

/* A cut declared at `time`; the first packet behind it is decoded at `from`. */
static struct cut cut_at(const struct cut_plan *plan, int64_t time, int64_t from)
{
    return (struct cut){
        .segment = plan->segment,
        .part = plan->part,
        .start = time,
        .previous_end = time,
        .video_from = track_from(&plan->tracks[MEDIA_VIDEO], from),
        .audio_from = track_from(&plan->tracks[MEDIA_AUDIO], from),
        .wall_ms = (plan->anchor_us + (time - plan->anchor_media) * 100 / 9) / 1000,
    };
}

static int64_t part_start(const struct cut_plan *plan, int part)
{
    return plan->start + part * plan->part_duration;
}

/* The next part of the segment begins with this packet. */
static void begin_part(struct cut_plan *plan, const struct packet *packet)
{
    struct cut cut;

    plan->part++;
    cut = cut_at(plan, part_start(plan, plan->part), packet->dts);
    cut.arrival_ms = packet->arrival_us / 1000;
    plan->on_cut(&cut, plan->ctx);
}

/* Parts that nothing came for before the segment ended: they will be gaps. */
static void begin_empty_parts(struct cut_plan *plan, const struct packet *packet, int64_t end)
{
    while (part_start(plan, plan->part + 1) < end - pace(plan) - AUDIO_STEP)
        begin_part(plan, packet);
}

static int64_t limited_end(const struct cut_plan *plan, int64_t end)
{
    int64_t max = plan->start + plan->segment_max;

    return end < max ? end : max;
}

/* Behind all that was told before, however late the packet is. */
static int64_t start_for(const struct cut_plan *plan, const struct packet *packet)
{
    int64_t earliest = plan->start;

    if (!plan->has_begun)
        return packet->dts;
    if (plan->is_open)
        earliest = part_start(plan, plan->part) + 1;
    return packet->dts > earliest ? packet->dts : earliest;
}

static void begin_segment(struct cut_plan *plan, const struct packet *packet, bool is_discontinuity)
{
    int64_t time = start_for(plan, packet);
    int64_t end = limited_end(plan, time);
    struct cut cut;

    if (plan->is_open) {
        begin_empty_parts(plan, packet, end);
        plan->segment++;
    }
    if (!plan->has_begun || is_discontinuity) {
        plan->anchor_media = time;
        plan->anchor_us = packet->arrival_us;
    }
    plan->part = 0;
    cut = cut_at(plan, time, packet->dts);
    cut.is_discontinuity = is_discontinuity;
    cut.arrival_ms = packet->arrival_us / 1000;
    if (plan->is_open)
        cut.previous_end = end;
    plan->start = time;
    plan->is_open = plan->has_begun = true;
    plan->begins_with_idr = packet->is_idr;
    plan->tracks[MEDIA_VIDEO].is_in_segment = plan->tracks[MEDIA_AUDIO].is_in_segment = false;
    plan->on_cut(&cut, plan->ctx);
}

/* Another GOP like the last one would fit in behind this IDR, half a frame of jitter forgiven. */
static bool has_room(const struct cut_plan *plan, const struct packet *packet)
{
    int64_t gop = packet->dts - plan->last_idr;

    return plan->fills_target && plan->begins_with_idr &&
           packet->dts - plan->start + gop <= plan->target + plan->tracks[MEDIA_VIDEO].step / 2;
}

/* Whether the segment must or may end before this packet, its target duration considered. */
static bool is_segment_over(const struct cut_plan *plan, const struct packet *packet)
{
    int64_t length = packet->dts - plan->start;

    if (!plan->has_video)
        return length >= plan->target - AUDIO_STEP / 2;
    if (packet->kind == MEDIA_AUDIO)
        return length >= plan->segment_max;
    if (length + plan->tracks[MEDIA_VIDEO].step > plan->segment_max)
        return true;
    if (!packet->is_idr || length <= 0 || has_room(plan, packet))
        return false;
    return length >= SEGMENT_MIN || !plan->begins_with_idr;
}

/* Whether the packet belongs behind the start of the next part. Audio opens a part only where video
 * has paused: otherwise the frame that is due decides, so that no part is a sliver. */
static bool is_part_over(const struct cut_plan *plan, const struct packet *packet)
{
    int64_t due = part_start(plan, plan->part + 1);
    bool sets_pace = packet->kind == MEDIA_VIDEO || !plan->has_video;

    return packet->dts >= (sets_pace ? due - pace(plan) / 4 : due + pace(plan) + AUDIO_STEP);
}

/* The configuration changes for a track that is already in the segment. */
static bool is_config_new(const struct cut_plan *plan, const struct packet *packet)
{
    const struct track *track = &plan->tracks[packet->kind];

    return track->is_in_segment && !codec_config_is_equal(track->config, packet->config);
}

static void cut_before(struct cut_plan *plan, const struct packet *packet)
{
    const struct track *track = &plan->tracks[packet->kind];

    if (!plan->is_open)
        begin_segment(plan, packet, plan->has_begun);
    else if (packet->is_discontinuity)
        begin_segment(plan, packet, true);
    else if (is_config_new(plan, packet))
        begin_segment(plan, packet, !codec_config_is_compatible(track->config, packet->config));
    else if (is_segment_over(plan, packet))
        begin_segment(plan, packet, false);
    while (is_part_over(plan, packet))
        begin_part(plan, packet);
}

static int64_t audio_step(const struct packet *packet)
{
    const struct audio_config *audio = &packet->config->audio;

    return (int64_t)audio->frame_samples * MEDIA_TIMESCALE / audio->sample_rate;
}

static void watch_idr(struct cut_plan *plan, const struct packet *packet)
{
    if (packet->is_idr) {
        plan->last_idr = packet->dts;
        plan->is_idr_overdue = false;
    } else if (!plan->is_idr_overdue && packet->dts - plan->last_idr > IDR_WARN) {
        plan->is_idr_overdue = true;
        log_warn(plan->tag, "no IDR picture for 10 s: players cannot start or switch");
    }
}

static void remember(struct cut_plan *plan, const struct packet *packet)
{
    struct track *track = &plan->tracks[packet->kind];

    if (track->config != packet->config) {
        codec_config_unref(track->config);
        track->config = codec_config_ref(packet->config);
    }
    if (!track->has_last || packet->dts > track->last)
        track->last = packet->dts;
    track->has_last = true;
    if (packet->kind == MEDIA_AUDIO)
        track->step = audio_step(packet);
    else
        watch_idr(plan, packet);
    if (packet->kind == MEDIA_VIDEO && !track->is_in_segment)
        plan->begins_with_idr = packet->is_idr;
    track->is_in_segment = true;
}

void cut_plan_push(struct cut_plan *plan, const struct packet *packet)
{
    cut_before(plan, packet);
    remember(plan, packet);
}

/* Where the last frame of all ends. */
static int64_t media_end(const struct cut_plan *plan)
{
    int64_t end = plan->start;

    for (int kind = 0; kind < 2; kind++)
        if (plan->tracks[kind].has_last && plan->tracks[kind].last + plan->tracks[kind].step > end)
            end = plan->tracks[kind].last + plan->tracks[kind].step;
    return end;
}

void cut_plan_pause(struct cut_plan *plan)
{
    struct cut cut;
    int64_t end;

    if (!plan->is_open)
        return;
    plan->segment++;
    plan->part = 0;
    end = limited_end(plan, media_end(plan));
    cut = cut_at(plan, end, end);
    cut.is_end = true;
    plan->start = cut.start;
    plan->is_open = false;
    plan->on_cut(&cut, plan->ctx);
}

int64_t cut_plan_since_idr(const struct cut_plan *plan)
{
    const struct track *video = &plan->tracks[MEDIA_VIDEO];

    return video->has_last ? video->last - plan->last_idr : 0;
}
