/* SPDX-License-Identifier: Apache-2.0 */
/* Everything behind go_live is built when it knows the tracks, and built anew when the ladder
 * becomes another one (a track turns up that was not waited for, the picture changes its size): a
 * new set of renditions then, in the same feed. */
#include "live/live_pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/brake.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/ingest.h"
#include "live/live_channel.h"
#include "live/live_registry.h"
#include "live/outlet_set.h"
#include "live/track_set.h"
#include "media/packet.h"
#include "media/timeline.h"
#include "net/loop.h"
#include "package/cut_plan.h"
#include "package/go_live.h"
#include "package/interleave.h"
#include "package/timed_metadata.h"
#include "transcode/capacity.h"
#include "transcode/ladder.h"
#include "transcode/supervisor.h"

#define ID3_OVERHEAD 128
/* What the worker still has in hand when the encoder has gone. */
#define WORKER_DRAIN_MS 1000

struct live_pipeline {
    struct live_pipeline_config config;
    struct live_pipeline_events events;
    void *ctx;
    struct live_channel channel;
    char stream_id[LIVE_STREAM_ID_SIZE];
    char tag[LOG_TAG_SIZE];

    struct track_set tracks;
    int64_t planned; /* decode time of the newest picture that the plan knows */

    struct timeline timeline;
    struct go_live *go_live;
    struct interleave *interleave;
    struct cut_plan *plan;
    struct ladder ladder;
    double fps;                 /* of the source */
    struct codec_config *video; /* of the source, that the worker knows of; a reference */
    struct transcode_supervisor *transcoder; /* NULL: every track is passed through */
    struct capacity_grant *place; /* of the transcode that is being built anew; NULL: none */
    struct outlet_set *outlets;   /* by rendition of the ladder */
    struct loop_timer *drain;     /* after the encoder has gone */

    int64_t declared_bps;
    int64_t media_time;
    int target_duration_s; /* fixed when it first flows */
    int64_t part_duration; /* likewise */
    int64_t part_target;   /* likewise: a part may last a frame longer than planned */
    bool has_audio;
    bool is_on_air;
    bool is_finishing;
    bool has_late_track;   /* to be rebuilt once the push that found it is over */
    bool has_other_ladder; /* likewise */
    bool is_cut;           /* the next picture begins a segment */
    struct brake rebuilds;
    int err; /* of a stage inside a push */
};

static void on_segment(void *ctx)
{
    struct live_pipeline *p = ctx;

    if (p->is_on_air || p->is_finishing)
        return;
    p->is_on_air = true;
    p->events.on_air(p->ctx);
}

static void keep_error(struct live_pipeline *p, int err)
{
    if (err && !p->err)
        p->err = err;
}

/* --- the worker --- */

static void on_encoded(int rendition, struct packet *packet, void *ctx)
{
    struct live_pipeline *p = ctx;

    keep_error(p, outlet_set_push_encoded(p->outlets, rendition, packet));
}

static void on_lost(int rendition, enum media_kind kind, int64_t dts, void *ctx)
{
    struct live_pipeline *p = ctx;

    log_warn(p->tag, "transcoding has a hole: rendition=%s track=%s",
             p->ladder.renditions[rendition].id, kind == MEDIA_VIDEO ? "video" : "audio");
    outlet_set_lose(p->outlets, rendition, kind);
}

static void on_interrupted(void *ctx)
{
    struct live_pipeline *p = ctx;

    outlet_set_interrupt_encoded(p->outlets);
}

static void on_resumed(void *ctx)
{
    struct live_pipeline *p = ctx;

    outlet_set_resume_encoded(p->outlets);
}

static bool has_source_rendition(const struct live_pipeline *p)
{
    for (int i = 0; i < p->ladder.count; i++)
        if (p->ladder.renditions[i].video == TRACK_SOURCE)
            return true;
    return false;
}

static void on_transcode_failed(const char *reason, void *ctx)
{
    struct live_pipeline *p = ctx;

    log_error(p->tag, "transcoding has failed for good: reason=%s", reason);
    transcode_supervisor_destroy(p->transcoder);
    p->transcoder = NULL;
    outlet_set_withdraw_encoded(p->outlets);
    p->events.on_transcode_failed(reason, p->ctx);
    if (!has_source_rendition(p))
        keep_error(p, -EIO);
}

static void on_drained(void *ctx)
{
    struct live_pipeline *p = ctx;

    if (p->is_finishing)
        live_pipeline_destroy(p);
}

static const struct transcode_supervisor_events transcode_events = {
    .on_packet = on_encoded,
    .on_lost = on_lost,
    .on_interrupted = on_interrupted,
    .on_resumed = on_resumed,
    .on_failed = on_transcode_failed,
    .on_drained = on_drained,
};

/* --- from interleave through the plan to outlets and worker --- */

static void on_cut(const struct cut *cut, void *ctx)
{
    struct live_pipeline *p = ctx;

    p->is_cut |= cut->part == 0 && !cut->is_end;
    outlet_set_cut(p->outlets, cut);
}

static int build_ladder(const struct live_pipeline *p, const struct codec_config *video,
                        struct ladder *out);

/* The picture goes on with other parameters, in the same renditions; their sizes may differ: a
 * phone was turned. */
static void tell_worker_of_change(struct live_pipeline *p, const struct packet *packet)
{
    struct ladder ladder;

    if (packet->kind != MEDIA_VIDEO || packet->config == p->video)
        return;
    if (build_ladder(p, packet->config, &ladder) ||
        !ladder_has_same_renditions(&p->ladder, &ladder)) {
        p->has_other_ladder = true; /* it came while the first GOP was held */
        return;
    }
    codec_config_unref(p->video);
    p->video = codec_config_ref(packet->config);
    p->ladder = ladder;
    transcode_supervisor_change(p->transcoder, &p->ladder);
}

/* What the further tracks have up to this decode time. */
static void release_tracks(struct live_pipeline *p, int64_t until)
{
    struct packet *packet;

    while ((packet = track_set_release(&p->tracks, until))) {
        keep_error(p, outlet_set_push_source(p->outlets, packet));
        packet_unref(packet);
    }
}

static void on_ordered_packet(struct packet *packet, void *ctx)
{
    struct live_pipeline *p = ctx;

    if (p->transcoder && !p->has_other_ladder)
        tell_worker_of_change(p, packet);
    if (p->has_other_ladder)
        return;
    cut_plan_push(p->plan, packet);
    keep_error(p, outlet_set_push_source(p->outlets, packet));
    if (packet->kind == MEDIA_VIDEO)
        p->planned = packet->dts;
    release_tracks(p, p->planned);
    if (p->transcoder)
        transcode_supervisor_push(p->transcoder, packet, p->is_cut);
    p->is_cut &= packet->kind != MEDIA_VIDEO;
}

/* --- when the tracks are known --- */

static int build_ladder(const struct live_pipeline *p, const struct codec_config *video,
                        struct ladder *out)
{
    struct ladder_input input = {
        .channel_type = p->channel.type,
        .preset = p->channel.preset,
        .width = video->video.width,
        .height = video->video.height,
        .fps = p->fps,
        .has_audio = p->has_audio,
    };

    if (p->tracks.agreed.count)
        return ladder_build_multitrack(out, &p->tracks.agreed, p->has_audio);
    return ladder_build(out, &input);
}

static int open_transcoder(struct live_pipeline *p, const struct go_live_decision *decision)
{
    struct transcode_supervisor_config config = {
        .ladder = &p->ladder,
        .capacity = p->config.capacity,
        .preset = p->config.x264_preset,
        .grant = ladder_needs_worker(&p->ladder) ? p->place : NULL,
    };

    if (!config.grant)
        capacity_release(p->place);
    p->place = NULL;
    if (!ladder_needs_worker(&p->ladder))
        return 0;
    p->video = codec_config_ref(decision->video);
    return transcode_supervisor_create(&p->transcoder, p->config.loop, &config, &transcode_events,
                                       p);
}

static void open_outlets(struct live_pipeline *p, const struct go_live_decision *decision)
{
    struct codec_config *video[MULTITRACK_MAX];
    struct outlet_set_media media = {
        .ladder = &p->ladder,
        .video = video,
        .audio = decision->audio,
        .declared_bps = p->declared_bps,
        .target_duration_s = p->target_duration_s,
        .part_target = p->part_target,
    };

    memcpy(video, p->tracks.configs, sizeof(video));
    video[0] = decision->video;
    outlet_set_open(p->outlets, &media);
}

static void open_plan(struct live_pipeline *p, const struct go_live_decision *decision)
{
    struct cut_plan_config plan = {
        .has_video = true,
        .fps = decision->fps,
        .target_duration_s = p->target_duration_s,
        .fills_target = p->config.segment_s > 0,
        .part_duration = p->part_duration,
        .tag = p->tag,
    };
    struct interleave_config order = {
        .has_video = true,
        .has_audio = decision->audio != NULL,
        .wait_max = INTERLEAVE_WAIT_SOURCE,
    };

    p->plan = cut_plan_create(&plan, on_cut, p);
    p->interleave = interleave_create(&order, on_ordered_packet, p);
}

static double slowest_fps(const struct ladder *ladder)
{
    double slowest = ladder->fps;

    for (int i = 0; i < ladder->count; i++)
        if (ladder->renditions[i].fps > 0 && ladder->renditions[i].fps < slowest)
            slowest = ladder->renditions[i].fps;
    return slowest;
}

static void fix_durations(struct live_pipeline *p, int target_duration_s)
{
    double fps = slowest_fps(&p->ladder);

    if (p->target_duration_s)
        return;
    p->target_duration_s = target_duration_s;
    if (p->config.segment_s && target_duration_s > p->config.segment_s)
        log_warn(p->tag, "keyframes come more rarely than keyframeInterval says: target=%ds",
                 target_duration_s);
    p->part_duration = cut_plan_part_duration(fps);
    p->part_target = p->part_duration + (int64_t)(MEDIA_TIMESCALE / fps);
}

static void on_ready(const struct go_live_decision *decision, void *ctx)
{
    struct live_pipeline *p = ctx;

    p->fps = decision->fps;
    p->has_audio = decision->audio != NULL;
    p->err = build_ladder(p, decision->video, &p->ladder);
    if (!p->err)
        p->err = open_transcoder(p, decision);
    if (p->err)
        return;
    fix_durations(p, decision->target_duration_s);
    open_outlets(p, decision);
    open_plan(p, decision);
    log_info(p->tag,
             "broadcast begins: width=%d height=%d fps=%.2f video=%s audio=%s renditions=%d "
             "target=%ds part=%dms",
             p->ladder.width, p->ladder.height, decision->fps, decision->video->rfc6381,
             decision->audio ? decision->audio->rfc6381 : "none", p->ladder.count,
             p->target_duration_s, (int)(p->part_duration * 1000 / MEDIA_TIMESCALE));
}

static void on_held_packet(struct packet *packet, void *ctx)
{
    struct live_pipeline *p = ctx;

    if (!p->interleave)
        return;
    if (!packet->track) {
        interleave_push(p->interleave, packet);
        return;
    }
    keep_error(p, track_set_hold(&p->tracks, packet));
    release_tracks(p, p->planned);
}

static void on_late_track(struct codec_config *config, void *ctx)
{
    struct live_pipeline *p = ctx;

    p->has_late_track = true;
    log_info(p->tag, "a track appears late: codec=%s", config->rfc6381);
}

static const struct go_live_events go_live_events = {
    .on_ready = on_ready,
    .on_packet = on_held_packet,
    .on_late_track = on_late_track,
};

/* --- opening and closing what stands behind the timeline --- */

static void open_stages(struct live_pipeline *p)
{
    struct go_live_config config = { .segment_s = p->config.segment_s };

    p->go_live = go_live_create(&config, &go_live_events, p);
}

/* The source has ended for now; what the worker makes of it is still on its way. */
static void flush_source(struct live_pipeline *p)
{
    if (!p->interleave)
        return;
    interleave_flush(p->interleave);
    release_tracks(p, INT64_MAX);
    cut_plan_pause(p->plan);
    outlet_set_flush(p->outlets, false);
}

static void close_stages(struct live_pipeline *p)
{
    flush_source(p);
    outlet_set_flush(p->outlets, true);
    loop_timer_stop(p->drain);
    go_live_destroy(p->go_live);
    if (p->transcoder)
        p->place = transcode_supervisor_retire(p->transcoder);
    interleave_destroy(p->interleave);
    cut_plan_destroy(p->plan);
    outlet_set_close(p->outlets);
    codec_config_unref(p->video);
    track_set_drop(&p->tracks);
    p->planned = 0;
    p->go_live = NULL;
    p->transcoder = NULL;
    p->interleave = NULL;
    p->plan = NULL;
    p->video = NULL;
}

/* The worker has had its time. */
static void on_drain_timeout(void *ctx)
{
    struct live_pipeline *p = ctx;

    if (p->is_finishing)
        live_pipeline_destroy(p);
    else
        outlet_set_flush(p->outlets, true);
}

static struct outlet_set *create_outlets(struct live_pipeline *p)
{
    static const struct outlet_set_events events = { .on_segment = on_segment };
    struct outlet_set_config config = {
        .loop = p->config.loop,
        .hub = p->config.hub,
        .channel = &p->channel,
        .stream_id = p->stream_id,
        .tag = p->tag,
    };

    return outlet_set_create(&config, &events, p);
}

struct live_pipeline *live_pipeline_create(const struct live_pipeline_config *config,
                                           const struct live_pipeline_events *events, void *ctx)
{
    struct live_pipeline *p = mem_zalloc(sizeof(*p));

    p->config = *config;
    p->events = *events;
    p->ctx = ctx;
    p->channel = *config->channel;
    snprintf(p->stream_id, sizeof(p->stream_id), "%s", config->stream_id);
    snprintf(p->tag, sizeof(p->tag), "%s", config->tag);
    timeline_init(&p->timeline, p->tag);
    p->outlets = create_outlets(p);
    p->drain = loop_timer_create(config->loop, on_drain_timeout, p);
    open_stages(p);
    return p;
}

void live_pipeline_destroy(struct live_pipeline *p)
{
    if (!p)
        return;
    p->is_finishing = true; /* too late to announce anything */
    close_stages(p);
    capacity_release(p->place);
    track_set_clear(&p->tracks);
    loop_timer_destroy(p->drain);
    outlet_set_destroy(p->outlets);
    mem_free(p);
}

void live_pipeline_finish(struct live_pipeline *p)
{
    if (!p || !p->transcoder) {
        live_pipeline_destroy(p);
        return;
    }
    p->is_finishing = true;
    flush_source(p);
    loop_timer_start(p->drain, WORKER_DRAIN_MS, 0);
    transcode_supervisor_drain(p->transcoder);
}

void live_pipeline_promise(struct live_pipeline *p, bool video, bool audio, int64_t bps)
{
    p->declared_bps = bps;
    go_live_promise(p->go_live, video, audio);
}

static void rebuild(struct live_pipeline *p)
{
    if (brake_add(&p->rebuilds, loop_now_ms(p->config.loop)))
        keep_error(p, -EPROTO); /* a picture of another size all the time is no broadcast */
    close_stages(p);
    open_stages(p);
    p->has_other_ladder = p->is_cut = false;
    go_live_promise(p->go_live, true, p->has_audio);
}

void live_pipeline_set_tracks(struct live_pipeline *p, const struct multitrack_config *tracks)
{
    if (track_set_agree(&p->tracks, tracks))
        rebuild(p);
}

/* A picture of other size asks for other renditions, where there are any but the source's own. */
static bool needs_other_ladder(const struct live_pipeline *p, const struct packet *packet)
{
    struct ladder ladder;

    if (!p->transcoder || packet->kind != MEDIA_VIDEO || packet->config == p->video)
        return false;
    return build_ladder(p, packet->config, &ladder) ||
           !ladder_has_same_renditions(&p->ladder, &ladder);
}

/* Whatever comes through here may reach the worker and either muxer; HEVC is for neither the worker
 * nor transport streams. The renditions of several tracks need no worker. */
static bool can_carry(const struct live_pipeline *p, const struct packet *packet)
{
    return packet->kind != MEDIA_VIDEO || packet->config->video.codec == VIDEO_H264 ||
           (p->tracks.agreed.count && p->channel.is_fmp4);
}

int live_pipeline_push(struct live_pipeline *p, struct packet *packet)
{
    struct packet *mapped;
    int err;

    if (!can_carry(p, packet))
        return -ENOTSUP;
    mapped =
        track_set_is_unexpected(&p->tracks, packet) ? NULL : timeline_map(&p->timeline, packet);
    if (!mapped)
        return 0;
    if (packet->kind == MEDIA_VIDEO)
        track_set_note_config(&p->tracks, packet);
    if (mapped->dts > p->media_time)
        p->media_time = mapped->dts;
    if (needs_other_ladder(p, mapped))
        rebuild(p);
    err = go_live_push(p->go_live, mapped);
    packet_unref(mapped);
    p->has_audio |= p->has_late_track;
    if (p->has_late_track || p->has_other_ladder)
        rebuild(p);
    p->has_late_track = false;
    return err ? err : p->err;
}

void live_pipeline_add_text(struct live_pipeline *p, const char *text, size_t len)
{
    struct buf tag;

    buf_init(&tag, INGEST_TEXT_MAX + ID3_OVERHEAD);
    id3_write_metadata(&tag, ID3_OWNER_ENCODER, text, len);
    if (!tag.err)
        outlet_set_add_tag(p->outlets, p->media_time, tag.data, tag.len);
    buf_clear(&tag);
}

void live_pipeline_pause(struct live_pipeline *p)
{
    flush_source(p);
    loop_timer_start(p->drain, WORKER_DRAIN_MS, 0);
}

void live_pipeline_resume(struct live_pipeline *p)
{
    loop_timer_stop(p->drain);
    timeline_resume(&p->timeline);
}

void live_pipeline_splice(struct live_pipeline *p)
{
    timeline_splice(&p->timeline);
}

void live_pipeline_transcoding(const struct live_pipeline *p, struct live_transcoding *out)
{
    struct transcode_supervisor_stats stats;

    *out = (struct live_transcoding){ .is_running = p->transcoder };
    if (!p->transcoder)
        return;
    transcode_supervisor_stats(p->transcoder, &stats);
    out->worker_losses = stats.restarts;
    out->decode_errors = stats.decode_errors;
    out->gops_dropped = stats.gops_dropped;
    for (int i = 0; i < p->ladder.count; i++) {
        const struct rendition *rendition = &p->ladder.renditions[i];
        if (rendition->video != TRACK_ENCODED)
            continue;
        snprintf(out->rungs[out->rung_count].id, sizeof(out->rungs[0].id), "%s", rendition->id);
        out->rungs[out->rung_count++].gops_dropped = stats.rung_gops_dropped[i];
    }
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
