/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live_metrics.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/metric.h"
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
    arena_destroy(arena);
}

void live_metrics_register(struct live_registry *registry)
{
    metric_collect_with(collect, registry);
}
