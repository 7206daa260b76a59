/* SPDX-License-Identifier: Apache-2.0 */
/* Everything behind go_live is built when it knows the tracks, and built anew when a track turns up
 * that it had not waited for: a new set of renditions then, in the same feed. */
#include "live/live_pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "deliver/stream_feed.h"
#include "ingest/ingest.h"
#include "live/live_channel.h"
#include "media/packet.h"
#include "media/segment.h"
#include "media/timeline.h"
#include "package/cut_plan.h"
#include "package/go_live.h"
#include "package/interleave.h"
#include "package/mux.h"
#include "package/segmenter.h"
#include "package/timed_metadata.h"
#include "transcode/ladder.h"

#define CODECS_SIZE  64
#define ID3_OVERHEAD 128

/* One rendition of the set that is on air. */
struct outlet {
    struct live_pipeline *pipeline;
    int index; /* in the feed */
    struct segmenter *segmenter;
    char codecs[CODECS_SIZE];
};

struct live_pipeline {
    struct live_pipeline_config config;
    struct live_pipeline_events events;
    void *ctx;

    struct timeline timeline;
    struct go_live *go_live;
    struct interleave *interleave;
    struct cut_plan *plan;
    struct ladder ladder;
    struct outlet outlets[LADDER_MAX];
    int outlet_count;
    struct stream_feed *feed;

    int64_t declared_bps;
    int64_t media_time;
    int target_duration_s; /* fixed when it first flows */
    int64_t part_duration; /* likewise */
    int64_t part_target;   /* likewise: a part may last a frame longer than planned */
    bool is_on_air;
    bool has_late_track; /* to be rebuilt once the push that found it is over */
    int err;             /* of a segmenter inside a push */
};

/* --- from the segmenters to the feed --- */

static void on_part(struct segment *growing, void *ctx)
{
    struct outlet *outlet = ctx;

    stream_feed_part(outlet->pipeline->feed, outlet->index, growing);
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct outlet *outlet = ctx;
    struct live_pipeline *p = outlet->pipeline;

    stream_feed_segment(p->feed, outlet->index, segment);
    if (!p->is_on_air) {
        p->is_on_air = true;
        p->events.on_air(p->ctx);
    }
}

static const struct segmenter_events segmenter_events = {
    .on_part = on_part,
    .on_segment = on_segment,
};

/* --- from interleave through the plan to the segmenters --- */

static void on_cut(const struct cut *cut, void *ctx)
{
    struct live_pipeline *p = ctx;

    for (int i = 0; i < p->outlet_count; i++)
        segmenter_cut(p->outlets[i].segmenter, cut);
}

static void on_ordered_packet(struct packet *packet, void *ctx)
{
    struct live_pipeline *p = ctx;

    cut_plan_push(p->plan, packet);
    for (int i = 0; i < p->outlet_count; i++) {
        int err = segmenter_push(p->outlets[i].segmenter, packet);
        if (err && !p->err)
            p->err = err;
    }
}

/* --- when the tracks are known --- */

static const struct codec_config *track_of(const struct go_live_decision *decision,
                                           enum media_kind kind)
{
    return kind == MEDIA_VIDEO ? decision->video : decision->audio;
}

static void write_codecs(char out[CODECS_SIZE], const struct rendition *rendition,
                         const struct go_live_decision *decision)
{
    const struct codec_config *video = track_of(decision, MEDIA_VIDEO);
    const struct codec_config *audio = track_of(decision, MEDIA_AUDIO);
    bool has_video = video && rendition->video != TRACK_NONE;
    bool has_audio = audio && rendition->audio != TRACK_NONE;

    snprintf(out, CODECS_SIZE, "%s%s%s", has_video ? video->rfc6381 : "",
             has_video && has_audio ? "," : "", has_audio ? audio->rfc6381 : "");
}

static int build_ladder(struct live_pipeline *p, const struct go_live_decision *decision)
{
    struct ladder_input input = {
        .channel_type = "BASIC",
        .preset = "",
        .width = decision->video->video.width,
        .height = decision->video->video.height,
        .fps = decision->fps,
        .has_audio = decision->audio != NULL,
    };

    return ladder_build(&p->ladder, &input);
}

static void open_outlet(struct live_pipeline *p, const struct rendition *rendition,
                        const struct go_live_decision *decision)
{
    struct outlet *outlet = &p->outlets[p->outlet_count];
    struct segmenter_config config = {
        .format = p->config.channel->is_fmp4 ? &mux_fmp4 : &mux_mpegts,
        .video = rendition->video != TRACK_NONE ? decision->video : NULL,
        .audio = rendition->audio != TRACK_NONE ? decision->audio : NULL,
        .writes_segment_tags = true,
        .tag = p->config.tag,
    };

    outlet->pipeline = p;
    outlet->index = p->outlet_count++;
    outlet->segmenter = segmenter_create(&config, &segmenter_events, outlet);
    write_codecs(outlet->codecs, rendition, decision);
}

static void describe_renditions(struct live_pipeline *p, struct feed_rendition *out)
{
    for (int i = 0; i < p->outlet_count; i++) {
        const struct rendition *rendition = &p->ladder.renditions[i];
        out[i] = (struct feed_rendition){
            .id = rendition->id,
            .name = rendition->name,
            .codecs = p->outlets[i].codecs,
            .width = rendition->width,
            .height = rendition->height,
            .fps = rendition->fps,
            .declared_bps = p->declared_bps,
            .is_audio_only = rendition->video == TRACK_NONE,
            .is_on_request = rendition->is_on_demand,
        };
    }
}

static void open_feed(struct live_pipeline *p)
{
    struct feed_rendition renditions[LADDER_MAX];
    struct stream_feed_config config = {
        .channel_id = p->config.channel->id,
        .region = p->config.channel->region,
        .account = p->config.channel->account,
        .stream_id = p->config.stream_id,
        .latency = p->config.channel->is_low_latency ? LATENCY_LOW : LATENCY_NORMAL,
        .container = p->config.channel->is_fmp4 ? CONTAINER_FMP4 : CONTAINER_TS,
        .target_duration_s = p->target_duration_s,
        .part_target = p->part_target,
        .started_wall_ms = clock_wall_ms(),
        .renditions = renditions,
        .rendition_count = p->outlet_count,
    };

    describe_renditions(p, renditions);
    if (p->feed)
        stream_feed_set_renditions(p->feed, renditions, p->outlet_count);
    else
        p->feed = stream_feed_create(p->config.hub, p->config.loop, &config);
}

static void open_plan(struct live_pipeline *p, const struct go_live_decision *decision)
{
    struct cut_plan_config plan = {
        .has_video = true,
        .fps = decision->fps,
        .target_duration_s = p->target_duration_s,
        .part_duration = p->part_duration,
        .tag = p->config.tag,
    };
    struct interleave_config order = {
        .has_video = true,
        .has_audio = decision->audio != NULL,
        .wait_max = INTERLEAVE_WAIT_SOURCE,
    };

    p->plan = cut_plan_create(&plan, on_cut, p);
    p->interleave = interleave_create(&order, on_ordered_packet, p);
}

static void on_ready(const struct go_live_decision *decision, void *ctx)
{
    struct live_pipeline *p = ctx;

    p->err = build_ladder(p, decision);
    if (p->err)
        return;
    if (!p->target_duration_s) {
        p->target_duration_s = decision->target_duration_s;
        p->part_duration = cut_plan_part_duration(decision->fps);
        p->part_target = p->part_duration + (int64_t)(MEDIA_TIMESCALE / decision->fps);
    }
    for (int i = 0; i < p->ladder.count; i++)
        open_outlet(p, &p->ladder.renditions[i], decision);
    open_plan(p, decision);
    open_feed(p);
    log_info(p->config.tag,
             "broadcast begins: width=%d height=%d fps=%.2f video=%s audio=%s target=%ds part=%dms",
             p->ladder.width, p->ladder.height, decision->fps, decision->video->rfc6381,
             decision->audio ? decision->audio->rfc6381 : "none", p->target_duration_s,
             (int)(p->part_duration * 1000 / MEDIA_TIMESCALE));
}

static void on_held_packet(struct packet *packet, void *ctx)
{
    struct live_pipeline *p = ctx;

    if (p->interleave)
        interleave_push(p->interleave, packet);
}

static void on_late_track(struct codec_config *config, void *ctx)
{
    struct live_pipeline *p = ctx;

    p->has_late_track = true;
    log_info(p->config.tag, "a track appears late: codec=%s", config->rfc6381);
}

static const struct go_live_events go_live_events = {
    .on_ready = on_ready,
    .on_packet = on_held_packet,
    .on_late_track = on_late_track,
};

/* --- opening and closing what stands behind the timeline --- */

static void open_stages(struct live_pipeline *p)
{
    struct go_live_config config = { .allows_audio_only = false };

    p->go_live = go_live_create(&config, &go_live_events, p);
}

static void flush_stages(struct live_pipeline *p)
{
    if (!p->interleave)
        return;
    interleave_flush(p->interleave);
    cut_plan_pause(p->plan);
    for (int i = 0; i < p->outlet_count; i++)
        segmenter_flush(p->outlets[i].segmenter);
}

static void close_stages(struct live_pipeline *p)
{
    flush_stages(p);
    go_live_destroy(p->go_live);
    interleave_destroy(p->interleave);
    cut_plan_destroy(p->plan);
    for (int i = 0; i < p->outlet_count; i++)
        segmenter_destroy(p->outlets[i].segmenter);
    p->go_live = NULL;
    p->interleave = NULL;
    p->plan = NULL;
    p->outlet_count = 0;
}

struct live_pipeline *live_pipeline_create(const struct live_pipeline_config *config,
                                           const struct live_pipeline_events *events, void *ctx)
{
    struct live_pipeline *p = mem_zalloc(sizeof(*p));

    p->config = *config;
    p->events = *events;
    p->ctx = ctx;
    timeline_init(&p->timeline, config->tag);
    open_stages(p);
    return p;
}

void live_pipeline_destroy(struct live_pipeline *p)
{
    if (!p)
        return;
    p->is_on_air = true; /* too late to announce anything */
    close_stages(p);
    stream_feed_destroy(p->feed);
    mem_free(p);
}

void live_pipeline_promise(struct live_pipeline *p, bool video, bool audio, int64_t bps)
{
    p->declared_bps = bps;
    go_live_promise(p->go_live, video, audio);
}

int live_pipeline_push(struct live_pipeline *p, struct packet *packet)
{
    struct packet *mapped = timeline_map(&p->timeline, packet);
    int err;

    if (!mapped)
        return 0;
    if (mapped->dts > p->media_time)
        p->media_time = mapped->dts;
    err = go_live_push(p->go_live, mapped);
    packet_unref(mapped);
    if (p->has_late_track) {
        p->has_late_track = false;
        close_stages(p);
        open_stages(p);
        go_live_promise(p->go_live, true, true);
    }
    return err ? err : p->err;
}

void live_pipeline_add_text(struct live_pipeline *p, const char *text, size_t len)
{
    struct buf tag;

    buf_init(&tag, INGEST_TEXT_MAX + ID3_OVERHEAD);
    id3_write_metadata(&tag, ID3_OWNER_ENCODER, text, len);
    for (int i = 0; i < p->outlet_count && !tag.err; i++)
        segmenter_add_tag(p->outlets[i].segmenter, p->media_time, tag.data, tag.len);
    buf_clear(&tag);
}

void live_pipeline_pause(struct live_pipeline *p)
{
    flush_stages(p);
}

void live_pipeline_resume(struct live_pipeline *p)
{
    timeline_resume(&p->timeline);
}

bool live_pipeline_is_flowing(const struct live_pipeline *p)
{
    return go_live_is_ready(p->go_live);
}

int64_t live_pipeline_media_time(const struct live_pipeline *p)
{
    return p->media_time;
}

int64_t live_pipeline_since_idr(const struct live_pipeline *p)
{
    return p->plan ? cut_plan_since_idr(p->plan) : 0;
}
