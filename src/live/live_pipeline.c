/* SPDX-License-Identifier: Apache-2.0 */
/* Everything behind go_live is built when it knows the tracks, and built anew when the ladder
 * becomes another one (a track turns up that was not waited for, the picture changes its size): a
 * new set of renditions then, in the same feed. */
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
#include "live/live_registry.h"
#include "live/outlet.h"
#include "media/multitrack.h"
#include "media/packet.h"
#include "media/segment.h"
#include "media/timeline.h"
#include "net/loop.h"
#include "package/cut_plan.h"
#include "package/go_live.h"
#include "package/interleave.h"
#include "package/packet_queue.h"
#include "package/timed_metadata.h"
#include "transcode/ladder.h"
#include "transcode/supervisor.h"

#define ID3_OVERHEAD 128
/* What the worker still has in hand when the encoder has gone. */
#define WORKER_DRAIN_MS 1000
#define WAITING_MAX     4096 /* packets: the first track has stopped */

struct live_pipeline {
    struct live_pipeline_config config;
    struct live_pipeline_events events;
    void *ctx;
    struct live_channel channel;
    char stream_id[LIVE_STREAM_ID_SIZE];
    char tag[LOG_TAG_SIZE];

    struct multitrack_config tracks; /* none: one, and the ladder of the channel's type */
    struct codec_config *track_configs[MULTITRACK_MAX]; /* as far as they have come; references */
    struct packet_queue waiting; /* packets of the further tracks, for the plan to reach them */
    int64_t planned;             /* decode time of the newest picture that the plan knows */

    struct timeline timeline;
    struct go_live *go_live;
    struct interleave *interleave;
    struct cut_plan *plan;
    struct ladder ladder;
    double fps;                 /* of the source */
    struct codec_config *video; /* of the source, that the worker knows of; a reference */
    struct transcode_supervisor *transcoder; /* NULL: every track is passed through */
    struct outlet *outlets[LADDER_MAX];      /* by rendition of the ladder */
    int outlet_count;
    struct stream_feed *feed;
    struct loop_timer *drain; /* after the encoder has gone */

    int64_t declared_bps;
    int64_t media_time;
    int target_duration_s; /* fixed when it first flows */
    int64_t part_duration; /* likewise */
    int64_t part_target;   /* likewise: a part may last a frame longer than planned */
    bool has_audio;
    bool is_on_air;
    bool is_finishing;
    bool has_late_track; /* to be rebuilt once the push that found it is over */
    int err;             /* of a stage inside a push */
};

/* --- from the outlets to the feed --- */

static int index_of(const struct live_pipeline *p, const struct outlet *outlet)
{
    return (int)(outlet_rendition(outlet) - p->ladder.renditions);
}

static void on_part(struct outlet *outlet, struct segment *growing, void *ctx)
{
    struct live_pipeline *p = ctx;

    stream_feed_part(p->feed, index_of(p, outlet), growing);
}

static void on_segment(struct outlet *outlet, struct segment *segment, void *ctx)
{
    struct live_pipeline *p = ctx;

    stream_feed_segment(p->feed, index_of(p, outlet), segment);
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

    if (rendition < p->outlet_count)
        keep_error(p, outlet_push_encoded(p->outlets[rendition], packet));
}

static void on_lost(int rendition, enum media_kind kind, int64_t dts, void *ctx)
{
    struct live_pipeline *p = ctx;

    log_warn(p->tag, "transcoding has a hole: rendition=%s track=%s",
             p->ladder.renditions[rendition].id, kind == MEDIA_VIDEO ? "video" : "audio");
    if (rendition < p->outlet_count)
        outlet_lose(p->outlets[rendition], kind);
}

static void on_interrupted(void *ctx)
{
    struct live_pipeline *p = ctx;

    for (int i = 0; i < p->outlet_count; i++)
        if (outlet_is_encoded(p->outlets[i]))
            outlet_interrupt(p->outlets[i]);
}

static void on_resumed(void *ctx)
{
    struct live_pipeline *p = ctx;

    for (int i = 0; i < p->outlet_count; i++)
        if (outlet_is_encoded(p->outlets[i]))
            outlet_resume(p->outlets[i]);
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
    for (int i = 0; i < p->outlet_count; i++)
        if (outlet_is_encoded(p->outlets[i]))
            stream_feed_withdraw(p->feed, i);
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

    for (int i = 0; i < p->outlet_count; i++)
        outlet_cut(p->outlets[i], cut);
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
    codec_config_unref(p->video);
    p->video = codec_config_ref(packet->config);
    if (build_ladder(p, packet->config, &ladder) == 0)
        p->ladder = ladder;
    transcode_supervisor_change(p->transcoder, &p->ladder);
}

static void push_to_outlets(struct live_pipeline *p, struct packet *packet)
{
    for (int i = 0; i < p->outlet_count; i++)
        keep_error(p, outlet_push_source(p->outlets[i], packet));
}

/* What the further tracks have up to this decode time. */
static void release_tracks(struct live_pipeline *p, int64_t until)
{
    const struct packet *head;

    while ((head = packet_queue_head(&p->waiting)) && head->dts <= until) {
        struct packet *packet = packet_queue_pop(&p->waiting);

        push_to_outlets(p, packet);
        packet_unref(packet);
    }
}

static void on_ordered_packet(struct packet *packet, void *ctx)
{
    struct live_pipeline *p = ctx;

    cut_plan_push(p->plan, packet);
    push_to_outlets(p, packet);
    if (packet->kind == MEDIA_VIDEO)
        p->planned = packet->dts;
    release_tracks(p, p->planned);
    if (!p->transcoder)
        return;
    tell_worker_of_change(p, packet);
    transcode_supervisor_push(p->transcoder, packet);
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

    if (p->tracks.count)
        return ladder_build_multitrack(out, &p->tracks, p->has_audio);
    return ladder_build(out, &input);
}

static void open_outlets(struct live_pipeline *p, const struct go_live_decision *decision)
{
    static const struct outlet_events events = { .on_part = on_part, .on_segment = on_segment };
    struct outlet_config config = {
        .video = decision->video,
        .audio = decision->audio,
        .is_fmp4 = p->channel.is_fmp4,
        .tag = p->tag,
    };

    p->outlet_count = p->ladder.count;
    for (int i = 0; i < p->ladder.count; i++) {
        config.rendition = &p->ladder.renditions[i];
        if (config.rendition->source_track)
            config.video = p->track_configs[config.rendition->source_track];
        p->outlets[i] = outlet_create(&config, &events, p);
    }
}

static int open_transcoder(struct live_pipeline *p, const struct go_live_decision *decision)
{
    struct transcode_supervisor_config config = {
        .ladder = &p->ladder,
        .capacity = p->config.capacity,
        .preset = p->config.x264_preset,
    };

    if (!ladder_needs_worker(&p->ladder))
        return 0;
    p->video = codec_config_ref(decision->video);
    return transcode_supervisor_create(&p->transcoder, p->config.loop, &config, &transcode_events,
                                       p);
}

/* Told until the first segment has been measured. */
static int64_t declared_bps(const struct live_pipeline *p, const struct rendition *rendition)
{
    return rendition->video_bps ? rendition->video_bps + rendition->audio_bps : p->declared_bps;
}

static void describe_renditions(struct live_pipeline *p, struct feed_rendition *out)
{
    for (int i = 0; i < p->outlet_count; i++) {
        const struct rendition *rendition = &p->ladder.renditions[i];
        out[i] = (struct feed_rendition){
            .id = rendition->id,
            .name = rendition->name,
            .codecs = outlet_codecs(p->outlets[i]),
            .width = rendition->width,
            .height = rendition->height,
            .fps = rendition->fps,
            .declared_bps = declared_bps(p, rendition),
            .is_audio_only = rendition->video == TRACK_NONE,
            .is_on_request = rendition->is_on_demand,
        };
    }
}

static void open_feed(struct live_pipeline *p)
{
    struct feed_rendition renditions[LADDER_MAX];
    struct stream_feed_config config = {
        .channel_id = p->channel.id,
        .region = p->channel.region,
        .account = p->channel.account,
        .stream_id = p->stream_id,
        .latency = p->channel.is_low_latency ? LATENCY_LOW : LATENCY_NORMAL,
        .container = p->channel.is_fmp4 ? CONTAINER_FMP4 : CONTAINER_TS,
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
    open_feed(p);
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
    if (packet_queue_count(&p->waiting) >= WAITING_MAX)
        keep_error(p, -EMSGSIZE);
    else
        packet_queue_push(&p->waiting, packet);
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

static void flush_outlets(struct live_pipeline *p, bool encoded)
{
    for (int i = 0; i < p->outlet_count; i++)
        if (outlet_is_encoded(p->outlets[i]) == encoded)
            outlet_flush(p->outlets[i]);
}

/* The source has ended for now; what the worker makes of it is still on its way. */
static void flush_source(struct live_pipeline *p)
{
    if (!p->interleave)
        return;
    interleave_flush(p->interleave);
    release_tracks(p, INT64_MAX);
    cut_plan_pause(p->plan);
    flush_outlets(p, false);
}

static void close_stages(struct live_pipeline *p)
{
    flush_source(p);
    flush_outlets(p, true);
    loop_timer_stop(p->drain);
    go_live_destroy(p->go_live);
    transcode_supervisor_destroy(p->transcoder);
    interleave_destroy(p->interleave);
    cut_plan_destroy(p->plan);
    for (int i = 0; i < p->outlet_count; i++)
        outlet_destroy(p->outlets[i]);
    codec_config_unref(p->video);
    packet_queue_clear(&p->waiting);
    p->planned = 0;
    p->go_live = NULL;
    p->transcoder = NULL;
    p->interleave = NULL;
    p->plan = NULL;
    p->video = NULL;
    p->outlet_count = 0;
}

/* The worker has had its time. */
static void on_drain_timeout(void *ctx)
{
    struct live_pipeline *p = ctx;

    if (p->is_finishing)
        live_pipeline_destroy(p);
    else
        flush_outlets(p, true);
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
    p->drain = loop_timer_create(config->loop, on_drain_timeout, p);
    open_stages(p);
    return p;
}

static void forget_track_configs(struct live_pipeline *p)
{
    for (int i = 0; i < MULTITRACK_MAX; i++) {
        codec_config_unref(p->track_configs[i]);
        p->track_configs[i] = NULL;
    }
}

void live_pipeline_destroy(struct live_pipeline *p)
{
    if (!p)
        return;
    p->is_finishing = true; /* too late to announce anything */
    close_stages(p);
    forget_track_configs(p);
    loop_timer_destroy(p->drain);
    stream_feed_destroy(p->feed);
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
    close_stages(p);
    open_stages(p);
    go_live_promise(p->go_live, true, p->has_audio);
}

void live_pipeline_set_tracks(struct live_pipeline *p, const struct multitrack_config *tracks)
{
    if (!memcmp(&p->tracks, tracks, sizeof(*tracks)))
        return;
    p->tracks = *tracks;
    forget_track_configs(p);
    rebuild(p);
}

static void note_track_config(struct live_pipeline *p, const struct packet *packet)
{
    struct codec_config **config = &p->track_configs[packet->track];

    if (*config == packet->config)
        return;
    codec_config_unref(*config);
    *config = codec_config_ref(packet->config);
}

static bool is_unexpected(const struct live_pipeline *p, const struct packet *packet)
{
    return packet->track && packet->track >= p->tracks.count;
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
           (p->tracks.count && p->channel.is_fmp4);
}

int live_pipeline_push(struct live_pipeline *p, struct packet *packet)
{
    struct packet *mapped;
    int err;

    if (!can_carry(p, packet))
        return -ENOTSUP;
    mapped = is_unexpected(p, packet) ? NULL : timeline_map(&p->timeline, packet);
    if (!mapped)
        return 0;
    if (packet->kind == MEDIA_VIDEO)
        note_track_config(p, packet);
    if (mapped->dts > p->media_time)
        p->media_time = mapped->dts;
    if (needs_other_ladder(p, mapped))
        rebuild(p);
    err = go_live_push(p->go_live, mapped);
    packet_unref(mapped);
    if (p->has_late_track) {
        p->has_late_track = false;
        p->has_audio = true;
        rebuild(p);
    }
    return err ? err : p->err;
}

void live_pipeline_add_text(struct live_pipeline *p, const char *text, size_t len)
{
    struct buf tag;

    buf_init(&tag, INGEST_TEXT_MAX + ID3_OVERHEAD);
    id3_write_metadata(&tag, ID3_OWNER_ENCODER, text, len);
    for (int i = 0; i < p->outlet_count && !tag.err; i++)
        outlet_add_tag(p->outlets[i], p->media_time, tag.data, tag.len);
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
