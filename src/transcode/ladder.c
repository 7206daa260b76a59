/* SPDX-License-Identifier: Apache-2.0 */
/* The ladders as tables, and the few rules that turn rows into renditions:
 *
 *   - Inputs are classed by their short edge, so that portrait is treated like landscape.
 *   - Sizes keep the aspect ratio; the long edge is rounded down to an even number.
 *   - Rows named 30 get every second frame of a source above 30 frames per second. */
#include "transcode/ladder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "media/multitrack.h"

#define FPS_CLASS_30    30.5 /* a measured 30 is never exact */
#define EDGE_MIN        16   /* smaller pictures are not worth a rung */
#define AUDIO_ONLY_BPS  64000
#define ENCODED_RFC6381 "avc1.4D401F" /* of every encoded rung, whatever its real level */

struct row {
    int edge; /* the short one */
    int bps;
    int bps_60;    /* above 30 frames per second, which such a row keeps; 0: a row named 30 */
    int audio_bps; /* 0: the source's own audio */
};

/* What to do with a source that equals none of the rows. */
enum top_rule {
    TOP_SOURCE,      /* above the largest row, or below the row `source_below`: passed through */
    TOP_SOURCE_SIZE, /* never scaled up: the row above it is encoded at the source's size */
};

struct profile {
    const char *channel_type, *preset;
    enum top_rule top;
    int source_below;
    bool has_own_keyframes;
    bool has_audio_only; /* for all viewers, encoded */
    struct row rows[5];  /* largest first, ended by a zero */
};

#define HIGHER      "HIGHER_BANDWIDTH_DELIVERY"
#define CONSTRAINED "CONSTRAINED_BANDWIDTH_DELIVERY"

/* clang-format off */
static const struct profile profiles[] = {
    { "BASIC", "", TOP_SOURCE, 0, false, false, { { 0 } } },
    { "STANDARD", "", TOP_SOURCE, 480, false, false, {
        { 720, 2400000, 3400000,      0 },
        { 480, 1400000,       0,      0 },
        { 360,  630000,       0,  64000 },
        { 160,  230000,       0,  48000 } } },
    { "ADVANCED_HD", HIGHER, TOP_SOURCE_SIZE, 0, true, true, {
        { 720, 2300000, 3000000, 128000 },
        { 480, 1300000,       0, 128000 },
        { 360,  700000,       0,  64000 },
        { 160,  270000,       0,  48000 } } },
    { "ADVANCED_HD", CONSTRAINED, TOP_SOURCE_SIZE, 0, true, true, {
        { 720, 1900000, 2200000, 128000 },
        { 480,  800000,       0, 128000 },
        { 360,  400000,       0,  64000 },
        { 160,  220000,       0,  48000 } } },
    { "ADVANCED_SD", HIGHER, TOP_SOURCE_SIZE, 0, true, true, {
        { 480, 1300000,       0, 128000 },
        { 360,  700000,       0,  64000 },
        { 160,  270000,       0,  48000 } } },
    { "ADVANCED_SD", CONSTRAINED, TOP_SOURCE_SIZE, 0, true, true, {
        { 480,  800000,       0, 128000 },
        { 360,  400000,       0,  64000 },
        { 160,  220000,       0,  48000 } } },
};
/* clang-format on */

static const struct profile *find_profile(const char *channel_type, const char *preset)
{
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        const struct profile *p = &profiles[i];
        if (strcmp(p->channel_type, channel_type) != 0)
            continue;
        if (!*p->preset || strcmp(p->preset, *preset ? preset : HIGHER) == 0)
            return p;
    }
    return NULL;
}

static int short_edge(const struct ladder *ladder)
{
    return ladder->width < ladder->height ? ladder->width : ladder->height;
}

static int even(int value)
{
    return value & ~1;
}

/* The viewers' name leaves out the usual rate. */
static void set_names(struct rendition *r, int edge, bool is_60)
{
    snprintf(r->id, sizeof(r->id), "%dp%d", edge, is_60 ? 60 : 30);
    snprintf(r->name, sizeof(r->name), is_60 ? "%dp60" : "%dp", edge);
}

static struct rendition *add(struct ladder *ladder)
{
    return &ladder->renditions[ladder->count++];
}

static struct rendition *add_passed(struct ladder *ladder, int width, int height, double fps,
                                    bool has_audio)
{
    struct rendition *r = add(ladder);

    set_names(r, width < height ? width : height, fps > FPS_CLASS_30);
    r->video = TRACK_SOURCE;
    r->width = width;
    r->height = height;
    r->fps = fps;
    r->frame_divisor = 1;
    r->audio = has_audio ? TRACK_SOURCE : TRACK_NONE;
    return r;
}

static void set_size(struct rendition *r, const struct ladder *ladder, int edge)
{
    int long_edge = ladder->width > ladder->height ? ladder->width : ladder->height;

    long_edge = even((int)((long)long_edge * edge / short_edge(ladder)));
    r->width = ladder->width < ladder->height ? even(edge) : long_edge;
    r->height = ladder->width < ladder->height ? long_edge : even(edge);
}

static void add_encoded(struct ladder *ladder, const struct row *row, bool has_audio)
{
    bool is_scaled_down = row->edge <= short_edge(ladder);
    int edge = is_scaled_down ? row->edge : short_edge(ladder);
    bool is_fast = ladder->fps > FPS_CLASS_30;
    bool is_60 = is_fast && row->bps_60 && is_scaled_down;
    struct rendition *r = add(ladder);

    set_names(r, edge, is_60);
    set_size(r, ladder, edge);
    r->video = TRACK_ENCODED;
    r->frame_divisor = is_fast && !is_60 ? 2 : 1;
    r->fps = ladder->fps / r->frame_divisor;
    r->video_bps = is_60 ? row->bps_60 : row->bps;
    r->rfc6381 = ENCODED_RFC6381;
    if (!has_audio)
        return;
    r->audio = row->audio_bps ? TRACK_ENCODED : TRACK_SOURCE;
    r->audio_bps = row->audio_bps;
}

static void add_audio_only(struct ladder *ladder, bool for_all)
{
    struct rendition *r = add(ladder);

    snprintf(r->id, sizeof(r->id), "audio_only");
    snprintf(r->name, sizeof(r->name), "audio_only");
    r->audio = for_all ? TRACK_ENCODED : TRACK_SOURCE;
    r->audio_bps = for_all ? AUDIO_ONLY_BPS : 0;
    r->is_on_demand = !for_all;
}

/* The smallest row above a source that equals none, for types that encode their top rung. */
static bool is_source_size_row(const struct row *row, int edge)
{
    return row->edge > edge && row[1].edge < edge;
}

static void add_rows(struct ladder *ladder, const struct profile *profile, bool has_audio)
{
    int edge = short_edge(ladder);
    bool is_small = edge < profile->source_below;

    for (const struct row *row = profile->rows; row->edge; row++) {
        if (is_small && row->edge >= edge)
            continue; /* beside a source that is passed through: strictly smaller ones */
        if (row->edge <= edge || (profile->top == TOP_SOURCE_SIZE && is_source_size_row(row, edge)))
            add_encoded(ladder, row, has_audio);
    }
}

int ladder_build(struct ladder *out, const struct ladder_input *input)
{
    const struct profile *profile = find_profile(input->channel_type, input->preset);
    int edge;

    if (!profile || input->width < EDGE_MIN || input->height < EDGE_MIN || !(input->fps > 0))
        return -EINVAL;
    *out = (struct ladder){
        .width = input->width,
        .height = input->height,
        .fps = input->fps,
        .has_own_keyframes = profile->has_own_keyframes,
    };
    edge = short_edge(out);
    if (profile->top == TOP_SOURCE &&
        (edge > profile->rows[0].edge || edge < profile->source_below))
        add_passed(out, out->width, out->height, out->fps, input->has_audio);
    add_rows(out, profile, input->has_audio);
    if (input->has_audio)
        add_audio_only(out, profile->has_audio_only);
    return 0;
}

int ladder_build_multitrack(struct ladder *out, const struct multitrack_config *tracks,
                            bool has_audio)
{
    const struct multitrack_track *best = &tracks->tracks[0];

    if (tracks->count < 1 || tracks->count > MULTITRACK_MAX)
        return -EINVAL;
    *out = (struct ladder){ .width = best->width,
                            .height = best->height,
                            .fps = (double)best->fps_num / best->fps_den };
    for (int i = 0; i < tracks->count; i++) {
        const struct multitrack_track *track = &tracks->tracks[i];
        double fps = (double)track->fps_num / track->fps_den;
        struct rendition *r;

        if (track->width < EDGE_MIN || track->height < EDGE_MIN || !(fps > 0))
            return -EINVAL;
        r = add_passed(out, track->width, track->height, fps, has_audio);
        r->source_track = i;
        r->video_bps = track->bitrate_kbps * 1000;
        r->audio_bps = has_audio ? MULTITRACK_AUDIO_KBPS * 1000 : 0;
    }
    if (has_audio)
        add_audio_only(out, false);
    return 0;
}

bool ladder_needs_worker(const struct ladder *ladder)
{
    for (int i = 0; i < ladder->count; i++) {
        const struct rendition *r = &ladder->renditions[i];
        if (r->video == TRACK_ENCODED || r->audio == TRACK_ENCODED)
            return true;
    }
    return false;
}

bool ladder_has_same_renditions(const struct ladder *a, const struct ladder *b)
{
    if (a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++) {
        const struct rendition *x = &a->renditions[i], *y = &b->renditions[i];
        if (strcmp(x->id, y->id) != 0 || x->video != y->video || x->audio != y->audio ||
            x->audio_bps != y->audio_bps)
            return false;
    }
    return true;
}
