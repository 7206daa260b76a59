/* SPDX-License-Identifier: Apache-2.0 */
/* The rungs have the bit rates that IVS's typical configurations add up to: 480p and 360p take
 * 1.5 Mb/s, all five from 1080p down 10.2 Mb/s. */
#include "api/encoder_choice.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

#define TOTAL_MAX_KBPS (15000 - MULTITRACK_AUDIO_KBPS)
#define KBPS_MIN       200
#define HEVC_PERCENT   60 /* of H.264's bits, for the same picture */
#define FPS_CLASS_30   30.5
#define EDGE_MIN       16

struct rung {
    int edge; /* the short one */
    int kbps, kbps_60;
    bool keeps_fps; /* above 30 frames a second, instead of every second one */
};

/* clang-format off */
static const struct rung rungs[] = {
    { 1080, 4500, 6000, true },
    {  720, 2000, 2500, true },
    {  480, 1000, 1000, false },
    {  360,  500,  500, false },
    {  160,  200,  200, false },
};
/* clang-format on */

static int even(int value)
{
    return value & ~1;
}

static int short_edge(const struct encoder_wish *wish)
{
    return wish->width < wish->height ? wish->width : wish->height;
}

/* At the picture's shape, the long edge rounded down. */
static void set_size(struct multitrack_track *track, const struct encoder_wish *wish, int edge)
{
    int longer = wish->width > wish->height ? wish->width : wish->height;

    longer = even((int)((long)longer * edge / short_edge(wish)));
    track->width = wish->width < wish->height ? even(edge) : longer;
    track->height = wish->width < wish->height ? longer : even(edge);
}

static bool is_within(const struct multitrack_track *track, enum multitrack_resolution resolution)
{
    int longer = track->width > track->height ? track->width : track->height;

    return (int64_t)track->width * track->height <= multitrack_limits[resolution].pixels &&
           longer <= multitrack_limits[resolution].edge;
}

static double fps_of(const struct encoder_wish *wish)
{
    return (double)wish->fps_num / wish->fps_den;
}

static void set_rate(struct multitrack_track *track, const struct encoder_wish *wish,
                     const struct rung *rung)
{
    bool is_fast = fps_of(wish) > FPS_CLASS_30;

    track->fps_num = wish->fps_num;
    track->fps_den = wish->fps_den * (is_fast && !rung->keeps_fps ? 2 : 1);
    track->bitrate_kbps = is_fast ? rung->kbps_60 : rung->kbps;
}

/* A picture whose size is none of the rungs': that of the rung above it, by its height. */
static const struct rung *rung_for(int edge)
{
    for (size_t i = ARRAY_LEN(rungs) - 1; i > 0; i--)
        if (rungs[i].edge >= edge)
            return &rungs[i];
    return &rungs[0];
}

static void use_hevc(struct multitrack_track *track)
{
    track->codec = VIDEO_HEVC;
    track->bitrate_kbps = track->bitrate_kbps * HEVC_PERCENT / 100;
    if (track->bitrate_kbps < KBPS_MIN)
        track->bitrate_kbps = KBPS_MIN;
}

static void add_track(struct multitrack_config *out, const struct encoder_wish *wish, int edge,
                      const struct rung *rung)
{
    struct multitrack_track *track = &out->tracks[out->count];

    set_size(track, wish, edge);
    if (out->count == MULTITRACK_MAX || !is_within(track, wish->resolution_max))
        return;
    set_rate(track, wish, rung);
    if (!wish->has_h264)
        use_hevc(track);
    out->count++;
}

/* The picture as it is where that fits, then every rung below it that does. */
static void add_tracks(struct multitrack_config *out, const struct encoder_wish *wish)
{
    int edge = short_edge(wish);

    if (edge <= rungs[0].edge)
        add_track(out, wish, edge, rung_for(edge));
    for (size_t i = 0; i < ARRAY_LEN(rungs); i++)
        if (rungs[i].edge < edge)
            add_track(out, wish, rungs[i].edge, &rungs[i]);
}

static int total_kbps(const struct multitrack_config *config)
{
    int total = 0;

    for (int i = 0; i < config->count; i++)
        total += config->tracks[i].bitrate_kbps;
    return total;
}

static void drop_best(struct multitrack_config *config)
{
    config->count--;
    for (int i = 0; i < config->count; i++)
        config->tracks[i] = config->tracks[i + 1];
}

/* The line has no room for all: the best one takes less in HEVC, where others stand below it, or
 * goes, and the last one gets what there is. */
static bool fit_line(struct multitrack_config *out, const struct encoder_wish *wish, int kbps_max)
{
    bool may_mix = wish->has_hevc && wish->tracks_max != 1;

    while (out->count > 1 && total_kbps(out) > kbps_max) {
        if (may_mix && out->tracks[0].codec == VIDEO_H264)
            use_hevc(&out->tracks[0]);
        else
            drop_best(out);
    }
    if (total_kbps(out) > kbps_max)
        out->tracks[0].bitrate_kbps = kbps_max;
    return out->tracks[0].bitrate_kbps >= KBPS_MIN;
}

/* 24, 25, 30, 48, 50, 60, and what television makes of them. */
static bool is_usual_rate(double fps)
{
    static const int rates[] = { 24, 25, 30, 48, 50, 60 };

    for (size_t i = 0; i < ARRAY_LEN(rates); i++)
        if (fabs(fps - rates[i]) < 0.001 || fabs(fps - rates[i] * 1000 / 1001.0) < 0.001)
            return true;
    return false;
}

const char *encoder_choose(struct multitrack_config *out, const struct encoder_wish *wish)
{
    int kbps_max = TOTAL_MAX_KBPS;

    *out = (struct multitrack_config){ 0 };
    if (short_edge(wish) < EDGE_MIN || wish->width > 65535 || wish->height > 65535)
        return "The size of the canvas is not usable";
    if (wish->fps_num < 1 || wish->fps_den < 1 || wish->fps_num > 65535 ||
        wish->fps_den > 65535 / 2 || !is_usual_rate(fps_of(wish)))
        return "The frame rate must be 24, 25, 30, 48, 50 or 60";
    add_tracks(out, wish);
    if (!out->count)
        return "The canvas has no shape that the channel takes";
    if (wish->kbps_max > 0 && wish->kbps_max < kbps_max)
        kbps_max = wish->kbps_max;
    if (!fit_line(out, wish, kbps_max))
        return "The bandwidth is not enough for any track";
    if (wish->tracks_max > 0 && out->count > wish->tracks_max)
        out->count = wish->tracks_max;
    return NULL;
}
