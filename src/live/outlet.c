/* SPDX-License-Identifier: Apache-2.0 */
#include "live/outlet.h"

#include <stdio.h>

#include "base/mem.h"
#include "package/interleave.h"
#include "package/mux.h"
#include "package/segmenter.h"
#include "transcode/ladder.h"

/* The worker's packets come a tenth of a second late, but it gets the whole first GOP at once, and
 * so does whatever is passed through beside it: the waiting, counted in media time, must outlast
 * that. What will never come is told by outlet_lose() much earlier. */
#define WORKER_WAIT ((int64_t)8 * MEDIA_TIMESCALE)
#define WORKER_LAG  ((int64_t)9 * MEDIA_TIMESCALE)
/* The encoder's other tracks come beside the first one. */
#define TRACK_WAIT ((int64_t)1 * MEDIA_TIMESCALE)
#define TRACK_LAG  ((int64_t)2 * MEDIA_TIMESCALE)

/* Multiplexers gather sound before they write it; without any for longer, there is none. */
#define SILENCE ((int64_t)1 * MEDIA_TIMESCALE)

struct outlet {
    struct outlet_config config;
    struct outlet_events events;
    void *ctx;
    struct interleave *order; /* NULL: all comes ordered */
    struct segmenter *segmenter;
    char codecs[OUTLET_CODECS_SIZE];
    bool is_interrupted;
    bool has_heard;
    int64_t heard; /* decode time of the source's newest sound */
    int err;       /* of the segmenter, inside a push */
};

static enum track_origin origin_of(const struct outlet *outlet, enum media_kind kind)
{
    return kind == MEDIA_VIDEO ? outlet->config.rendition->video : outlet->config.rendition->audio;
}

static struct codec_config *source_track(const struct outlet *outlet, enum media_kind kind)
{
    if (origin_of(outlet, kind) == TRACK_NONE)
        return NULL;
    return kind == MEDIA_VIDEO ? outlet->config.video : outlet->config.audio;
}

bool outlet_is_encoded(const struct outlet *outlet)
{
    return outlet->config.rendition->video == TRACK_ENCODED ||
           outlet->config.rendition->audio == TRACK_ENCODED;
}

/* Its pictures do not come ordered with the sound. */
static bool is_merged(const struct outlet *outlet)
{
    return outlet_is_encoded(outlet) || outlet->config.rendition->source_track;
}

static const char *codec_of(const struct outlet *outlet, enum media_kind kind)
{
    const struct codec_config *config = source_track(outlet, kind);

    if (!config)
        return "";
    if (origin_of(outlet, kind) == TRACK_SOURCE)
        return config->rfc6381;
    return kind == MEDIA_VIDEO ? outlet->config.rendition->rfc6381 : "mp4a.40.2";
}

static void write_codecs(struct outlet *outlet)
{
    const char *video = codec_of(outlet, MEDIA_VIDEO);
    const char *audio = codec_of(outlet, MEDIA_AUDIO);

    snprintf(outlet->codecs, sizeof(outlet->codecs), "%s%s%s", video, *video && *audio ? "," : "",
             audio);
}

/* --- behind the segmenter --- */

static void on_part(struct segment *growing, void *ctx)
{
    struct outlet *outlet = ctx;

    outlet->events.on_part(outlet, growing, outlet->ctx);
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct outlet *outlet = ctx;

    outlet->events.on_segment(outlet, segment, outlet->ctx);
}

static void on_ordered(struct packet *packet, void *ctx)
{
    struct outlet *outlet = ctx;
    int err = segmenter_push(outlet->segmenter, packet);

    if (err && !outlet->err)
        outlet->err = err;
}

/* --- life --- */

static void open_segmenter(struct outlet *outlet)
{
    static const struct segmenter_events events = { .on_part = on_part, .on_segment = on_segment };
    struct segmenter_config config = {
        .format = outlet->config.is_fmp4 ? &mux_fmp4 : &mux_mpegts,
        .video = source_track(outlet, MEDIA_VIDEO), /* the worker's packets bring their own */
        .audio = source_track(outlet, MEDIA_AUDIO),
        .writes_segment_tags = true,
        .tag = outlet->config.tag,
    };

    if (is_merged(outlet))
        config.lag_max = outlet_is_encoded(outlet) ? WORKER_LAG : TRACK_LAG;
    outlet->segmenter = segmenter_create(&config, &events, outlet);
}

static void open_order(struct outlet *outlet)
{
    struct interleave_config config = {
        .has_video = source_track(outlet, MEDIA_VIDEO) != NULL,
        .has_audio = source_track(outlet, MEDIA_AUDIO) != NULL,
        .wait_max = outlet_is_encoded(outlet) ? WORKER_WAIT : TRACK_WAIT,
    };

    outlet->order = interleave_create(&config, on_ordered, outlet);
}

struct outlet *outlet_create(const struct outlet_config *config, const struct outlet_events *events,
                             void *ctx)
{
    struct outlet *outlet = mem_zalloc(sizeof(*outlet));

    outlet->config = *config;
    outlet->events = *events;
    outlet->ctx = ctx;
    write_codecs(outlet);
    open_segmenter(outlet);
    if (is_merged(outlet))
        open_order(outlet);
    /* Only needed to get here; packets carry theirs. */
    outlet->config.video = outlet->config.audio = NULL;
    return outlet;
}

void outlet_destroy(struct outlet *outlet)
{
    if (!outlet)
        return;
    interleave_destroy(outlet->order);
    segmenter_destroy(outlet->segmenter);
    mem_free(outlet);
}

const struct rendition *outlet_rendition(const struct outlet *outlet)
{
    return outlet->config.rendition;
}

const char *outlet_codecs(const struct outlet *outlet)
{
    return outlet->codecs;
}

/* --- what flows --- */

void outlet_cut(struct outlet *outlet, const struct cut *cut)
{
    segmenter_cut(outlet->segmenter, cut);
}

static int push(struct outlet *outlet, struct packet *packet)
{
    if (outlet->order)
        interleave_push(outlet->order, packet);
    else
        on_ordered(packet, outlet);
    return outlet->err;
}

/* Nobody waits for sound that the source does not have. */
static void note_silence(struct outlet *outlet, const struct packet *packet)
{
    if (packet->track || origin_of(outlet, MEDIA_AUDIO) == TRACK_NONE)
        return;
    if (packet->kind == MEDIA_AUDIO || !outlet->has_heard) {
        outlet->heard = packet->dts;
        outlet->has_heard = true;
    }
    if (packet->dts - outlet->heard <= SILENCE)
        return;
    if (origin_of(outlet, MEDIA_VIDEO) == TRACK_NONE)
        segmenter_pass(outlet->segmenter, packet->dts);
    else if (outlet->order)
        interleave_lost(outlet->order, MEDIA_AUDIO);
}

int outlet_push_source(struct outlet *outlet, struct packet *packet)
{
    note_silence(outlet, packet);
    if (origin_of(outlet, packet->kind) != TRACK_SOURCE || outlet->is_interrupted)
        return outlet->err;
    if (packet->kind == MEDIA_VIDEO && packet->track != outlet->config.rendition->source_track)
        return outlet->err;
    return push(outlet, packet);
}

int outlet_push_encoded(struct outlet *outlet, struct packet *packet)
{
    if (origin_of(outlet, packet->kind) != TRACK_ENCODED)
        return outlet->err;
    return push(outlet, packet);
}

void outlet_lose(struct outlet *outlet, enum media_kind kind)
{
    if (outlet->order)
        interleave_lost(outlet->order, kind);
}

void outlet_interrupt(struct outlet *outlet)
{
    outlet->is_interrupted = true;
    if (outlet->order)
        interleave_flush(outlet->order);
    segmenter_interrupt(outlet->segmenter);
}

void outlet_resume(struct outlet *outlet)
{
    outlet->is_interrupted = false;
    if (outlet->order)
        interleave_expect(outlet->order);
    segmenter_resume(outlet->segmenter);
}

void outlet_flush(struct outlet *outlet)
{
    if (outlet->order)
        interleave_flush(outlet->order);
    segmenter_flush(outlet->segmenter);
}

void outlet_add_tag(struct outlet *outlet, int64_t pts, const uint8_t *id3, size_t len)
{
    segmenter_add_tag(outlet->segmenter, pts, id3, len);
}
