/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live_metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/metric.h"
#include "live/event_log.h"
#include "live/live_registry.h"

static double views(const struct live_info *info)
{
    return (double)info->viewer_count;
}

static double video_bitrate(const struct live_info *info)
{
    return (double)info->measure.video_bps;
}

static double audio_bitrate(const struct live_info *info)
{
    return (double)info->measure.audio_bps;
}

static double bitrate(const struct live_info *info)
{
    return video_bitrate(info) + audio_bitrate(info);
}

static double framerate(const struct live_info *info)
{
    return info->measure.fps;
}

static double keyframe_interval(const struct live_info *info)
{
    return info->measure.keyframe_interval_s;
}

static double is_starving(const struct live_info *info)
{
    return info->health == LIVE_STARVING;
}

/* clang-format off */
static const struct {
    const char *name;
    const char *help;
    double (*value)(const struct live_info *info);
} families[] = {
    { "weir_concurrent_views",          "Players watching the channel.",                 views },
    { "weir_ingest_bitrate",            "Bits per second from the encoder.",             bitrate },
    { "weir_ingest_video_bitrate",      "Bits per second of video from the encoder.",    video_bitrate },
    { "weir_ingest_audio_bitrate",      "Bits per second of audio from the encoder.",    audio_bitrate },
    { "weir_ingest_framerate",          "Frames per second from the encoder.",           framerate },
    { "weir_keyframe_interval_seconds", "Time between the last two IDR frames.",         keyframe_interval },
    { "weir_ingest_starving",           "1 while the encoder delivers too little.",      is_starving },
};
/* clang-format on */

static void write_family(struct buf *out, size_t family, const struct live_info *infos,
                         size_t count)
{
    char labels[LIVE_CHANNEL_ARN_SIZE + 16];

    metric_family(out, families[family].name, families[family].help, METRIC_GAUGE);
    for (size_t i = 0; i < count; i++) {
        snprintf(labels, sizeof(labels), "channel=\"%s\"", strrchr(infos[i].channel_arn, '/') + 1);
        metric_sample(out, families[family].name, labels, families[family].value(&infos[i]));
    }
}

/* -- transcoding -- */

static double worker_losses(const struct live_transcoding *transcoding)
{
    return transcoding->worker_losses;
}

static double decode_errors(const struct live_transcoding *transcoding)
{
    return (double)transcoding->decode_errors;
}

static double gops_dropped(const struct live_transcoding *transcoding)
{
    return (double)transcoding->gops_dropped;
}

/* clang-format off */
static const struct {
    const char *name;
    const char *help;
    double (*value)(const struct live_transcoding *transcoding);
} transcoding_families[] = {
    { "weir_transcode_worker_losses_total", "Workers that crashed or hung.",                   worker_losses },
    { "weir_transcode_decode_errors_total", "Pictures of the source that were damaged.",       decode_errors },
    { "weir_transcode_gops_dropped_total",  "GOPs of the source that all renditions lack.",    gops_dropped },
};
/* clang-format on */

static void write_transcoding(struct buf *out, size_t family, const struct live_info *infos,
                              size_t count)
{
    char labels[LIVE_CHANNEL_ARN_SIZE + 16];

    metric_family(out, transcoding_families[family].name, transcoding_families[family].help,
                  METRIC_COUNTER);
    for (size_t i = 0; i < count; i++) {
        if (!infos[i].transcoding.is_running)
            continue;
        snprintf(labels, sizeof(labels), "channel=\"%s\"", strrchr(infos[i].channel_arn, '/') + 1);
        metric_sample(out, transcoding_families[family].name, labels,
                      transcoding_families[family].value(&infos[i].transcoding));
    }
}

static void write_rungs(struct buf *out, const struct live_info *infos, size_t count)
{
    static const char name[] = "weir_transcode_rung_gops_dropped_total";
    char labels[LIVE_CHANNEL_ARN_SIZE + 64];

    metric_family(out, name, "GOPs that one rendition lacks because it was late.", METRIC_COUNTER);
    for (size_t i = 0; i < count; i++) {
        const struct live_transcoding *transcoding = &infos[i].transcoding;
        for (int rung = 0; rung < transcoding->rung_count; rung++) {
            snprintf(labels, sizeof(labels), "channel=\"%s\",rendition=\"%s\"",
                     strrchr(infos[i].channel_arn, '/') + 1, transcoding->rungs[rung].id);
            metric_sample(out, name, labels, (double)transcoding->rungs[rung].gops_dropped);
        }
    }
}

/* -- events -- */

static void write_event(const char *type, const char *name, int64_t count, void *ctx)
{
    char labels[128];

    snprintf(labels, sizeof(labels), "type=\"%s\",name=\"%s\"", type, name);
    metric_sample(ctx, "weir_events_total", labels, (double)count);
}

static void collect(struct buf *out, void *ctx)
{
    struct live_registry *registry = ctx;
    struct arena *arena = arena_create();
    struct live_info *infos;
    size_t count = live_list(registry, arena, NULL, &infos);

    metric_family(out, "weir_concurrent_streams", "Channels on air.", METRIC_GAUGE);
    metric_sample(out, "weir_concurrent_streams", NULL, (double)count);
    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        write_family(out, i, infos, count);
    for (size_t i = 0; i < ARRAY_LEN(transcoding_families); i++)
        write_transcoding(out, i, infos, count);
    write_rungs(out, infos, count);
    metric_family(out, "weir_events_total", "Events of broadcasts, as IVS names them.",
                  METRIC_COUNTER);
    event_log_count(live_registry_events(registry), write_event, out);
    arena_destroy(arena);
}

void live_metrics_register(struct live_registry *registry)
{
    metric_collect_with(collect, registry);
}
