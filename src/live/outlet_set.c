/* SPDX-License-Identifier: Apache-2.0 */
#include "live/outlet_set.h"

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/stream_feed.h"
#include "live/live_channel.h"
#include "live/outlet.h"
#include "media/segment.h"
#include "transcode/ladder.h"

struct outlet_set {
    struct outlet_set_config config;
    struct outlet_set_events events;
    void *ctx;
    const struct ladder *ladder;
    struct outlet *outlets[LADDER_MAX]; /* by rendition of the ladder */
    int count;
    struct stream_feed *feed; /* NULL until the first ones are opened */
};

/* --- from the outlets to the feed --- */

static int index_of(const struct outlet_set *set, const struct outlet *outlet)
{
    return (int)(outlet_rendition(outlet) - set->ladder->renditions);
}

static void on_part(struct outlet *outlet, struct segment *growing, void *ctx)
{
    struct outlet_set *set = ctx;

    stream_feed_part(set->feed, index_of(set, outlet), growing);
}

static void on_segment(struct outlet *outlet, struct segment *segment, void *ctx)
{
    struct outlet_set *set = ctx;

    stream_feed_segment(set->feed, index_of(set, outlet), segment);
    set->events.on_segment(set->ctx);
}

/* --- opening and closing --- */

static void open_outlets(struct outlet_set *set, const struct outlet_set_media *media)
{
    static const struct outlet_events events = { .on_part = on_part, .on_segment = on_segment };
    struct outlet_config config = {
        .audio = media->audio,
        .is_fmp4 = set->config.channel->is_fmp4,
        .tag = set->config.tag,
    };

    set->ladder = media->ladder;
    set->count = media->ladder->count;
    for (int i = 0; i < set->count; i++) {
        config.rendition = &media->ladder->renditions[i];
        config.video = media->video[config.rendition->source_track];
        set->outlets[i] = outlet_create(&config, &events, set);
    }
}

/* Told until the first segment has been measured. */
static int64_t declared_bps(const struct rendition *rendition, int64_t source_bps)
{
    return rendition->video_bps ? rendition->video_bps + rendition->audio_bps : source_bps;
}

static void describe(const struct outlet_set *set, int64_t source_bps,
                     struct feed_rendition out[LADDER_MAX])
{
    for (int i = 0; i < set->count; i++) {
        const struct rendition *rendition = &set->ladder->renditions[i];
        out[i] = (struct feed_rendition){
            .id = rendition->id,
            .name = rendition->name,
            .codecs = outlet_codecs(set->outlets[i]),
            .width = rendition->width,
            .height = rendition->height,
            .fps = rendition->fps,
            .declared_bps = declared_bps(rendition, source_bps),
            .is_audio_only = rendition->video == TRACK_NONE,
            .is_on_request = rendition->is_on_demand,
        };
    }
}

static void open_feed(struct outlet_set *set, const struct outlet_set_media *media)
{
    const struct live_channel *channel = set->config.channel;
    struct feed_rendition renditions[LADDER_MAX];
    struct stream_feed_config config = {
        .channel_id = channel->id,
        .region = channel->region,
        .account = channel->account,
        .stream_id = set->config.stream_id,
        .latency = channel->is_low_latency ? LATENCY_LOW : LATENCY_NORMAL,
        .container = channel->is_fmp4 ? CONTAINER_FMP4 : CONTAINER_TS,
        .target_duration_s = media->target_duration_s,
        .part_target = media->part_target,
        .started_wall_ms = clock_wall_ms(),
        .renditions = renditions,
        .rendition_count = set->count,
    };

    describe(set, media->declared_bps, renditions);
    if (set->feed)
        stream_feed_set_renditions(set->feed, renditions, set->count);
    else
        set->feed = stream_feed_create(set->config.hub, set->config.loop, &config);
}

struct outlet_set *outlet_set_create(const struct outlet_set_config *config,
                                     const struct outlet_set_events *events, void *ctx)
{
    struct outlet_set *set = mem_zalloc(sizeof(*set));

    set->config = *config;
    set->events = *events;
    set->ctx = ctx;
    return set;
}

void outlet_set_destroy(struct outlet_set *set)
{
    if (!set)
        return;
    outlet_set_close(set);
    stream_feed_destroy(set->feed);
    mem_free(set);
}

void outlet_set_open(struct outlet_set *set, const struct outlet_set_media *media)
{
    open_outlets(set, media);
    open_feed(set, media);
}

void outlet_set_close(struct outlet_set *set)
{
    for (int i = 0; i < set->count; i++)
        outlet_destroy(set->outlets[i]);
    set->count = 0;
}

/* --- what flows --- */

void outlet_set_cut(struct outlet_set *set, const struct cut *cut)
{
    for (int i = 0; i < set->count; i++)
        outlet_cut(set->outlets[i], cut);
}

int outlet_set_push_source(struct outlet_set *set, struct packet *packet)
{
    int first_err = 0;

    for (int i = 0; i < set->count; i++) {
        int err = outlet_push_source(set->outlets[i], packet);
        if (!first_err)
            first_err = err;
    }
    return first_err;
}

int outlet_set_push_encoded(struct outlet_set *set, int rendition, struct packet *packet)
{
    return rendition < set->count ? outlet_push_encoded(set->outlets[rendition], packet) : 0;
}

void outlet_set_lose(struct outlet_set *set, int rendition, enum media_kind kind)
{
    if (rendition < set->count)
        outlet_lose(set->outlets[rendition], kind);
}

void outlet_set_interrupt_encoded(struct outlet_set *set)
{
    for (int i = 0; i < set->count; i++)
        if (outlet_is_encoded(set->outlets[i]))
            outlet_interrupt(set->outlets[i]);
}

void outlet_set_resume_encoded(struct outlet_set *set)
{
    for (int i = 0; i < set->count; i++)
        if (outlet_is_encoded(set->outlets[i]))
            outlet_resume(set->outlets[i]);
}

void outlet_set_withdraw_encoded(struct outlet_set *set)
{
    for (int i = 0; i < set->count; i++)
        if (outlet_is_encoded(set->outlets[i]))
            stream_feed_withdraw(set->feed, i);
}

void outlet_set_flush(struct outlet_set *set, bool encoded)
{
    for (int i = 0; i < set->count; i++)
        if (outlet_is_encoded(set->outlets[i]) == encoded)
            outlet_flush(set->outlets[i]);
}

void outlet_set_add_tag(struct outlet_set *set, int64_t pts, const uint8_t *id3, size_t len)
{
    for (int i = 0; i < set->count; i++)
        outlet_add_tag(set->outlets[i], pts, id3, len);
}
