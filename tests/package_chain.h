/* SPDX-License-Identifier: Apache-2.0 */
/* The steps from an encoder's packets to parts and segments of the source, joined as live/ joins
 * them, for tests and tools. */
#ifndef TESTS_PACKAGE_CHAIN_H
#define TESTS_PACKAGE_CHAIN_H

#include <string.h>

#include "media/packet.h"
#include "media/segment.h"
#include "media/timeline.h"
#include "package/cut_plan.h"
#include "package/go_live.h"
#include "package/interleave.h"
#include "package/mux.h"
#include "package/segmenter.h"

struct package_chain {
    const struct mux_format *format;
    struct segmenter_events events;
    void *ctx;
    struct timeline timeline;
    struct go_live *go_live;
    struct interleave *interleave;
    struct cut_plan *plan;
    struct segmenter *segmenter;
    struct segmenter *audio_only; /* made at go-live when audio_events are set */
    struct segmenter_events audio_events;
    void *audio_ctx;
    bool has_no_segment_tags; /* which tell the wall clock and the version */
    cut_plan_cut_fn *on_cut;  /* hears of the cuts instead of chain_cut(), which it calls */
    void *cut_ctx;
    struct go_live_decision decision;
    bool is_live;
    int err;
};

static inline void chain_cut(const struct cut *cut, void *ctx)
{
    struct package_chain *chain = ctx;

    segmenter_cut(chain->segmenter, cut);
    if (chain->audio_only)
        segmenter_cut(chain->audio_only, cut);
}

static void chain_ordered(struct packet *packet, void *ctx)
{
    struct package_chain *chain = ctx;
    int err;

    cut_plan_push(chain->plan, packet);
    err = segmenter_push(chain->segmenter, packet);
    if (!err && chain->audio_only)
        err = segmenter_push(chain->audio_only, packet);
    if (err)
        chain->err = err;
}

static void chain_packet(struct packet *packet, void *ctx)
{
    struct package_chain *chain = ctx;

    interleave_push(chain->interleave, packet);
}

static void chain_ready(const struct go_live_decision *decision, void *ctx)
{
    struct package_chain *chain = ctx;
    struct interleave_config tracks = {
        .has_video = decision->video,
        .has_audio = decision->audio,
        .wait_max = INTERLEAVE_WAIT_SOURCE,
    };
    struct cut_plan_config plan = {
        .has_video = decision->video,
        .fps = decision->fps,
        .target_duration_s = decision->target_duration_s,
        .part_duration = cut_plan_part_duration(decision->fps),
        .tag = "chain",
    };
    struct segmenter_config config = {
        .format = chain->format,
        .video = decision->video,
        .audio = decision->audio,
        .writes_segment_tags = !chain->has_no_segment_tags,
        .tag = "chain",
    };

    chain->decision = *decision;
    chain->is_live = true;
    chain->interleave = interleave_create(&tracks, chain_ordered, chain);
    chain->plan = cut_plan_create(&plan, chain->on_cut, chain->cut_ctx);
    chain->segmenter = segmenter_create(&config, &chain->events, chain->ctx);
    config.video = NULL;
    if (chain->audio_events.on_part && decision->audio)
        chain->audio_only = segmenter_create(&config, &chain->audio_events, chain->audio_ctx);
}

static inline void chain_init(struct package_chain *chain, const struct mux_format *format,
                              const struct segmenter_events *events, void *ctx)
{
    static const struct go_live_events go_live_events = {
        .on_ready = chain_ready,
        .on_packet = chain_packet,
    };
    static const struct go_live_config config = { .allows_audio_only = true };

    memset(chain, 0, sizeof(*chain));
    chain->format = format;
    chain->events = *events;
    chain->ctx = chain->audio_ctx = ctx;
    chain->on_cut = chain_cut;
    chain->cut_ctx = chain;
    timeline_init(&chain->timeline, "chain");
    chain->go_live = go_live_create(&config, &go_live_events, chain);
}

/* Takes `packet`. */
static inline void chain_push(struct package_chain *chain, struct packet *packet)
{
    struct packet *mapped = timeline_map(&chain->timeline, packet);

    packet_unref(packet);
    if (mapped) {
        int err = go_live_push(chain->go_live, mapped);

        if (err)
            chain->err = err;
    }
    packet_unref(mapped);
}

/* The encoder is gone: all that it sent comes out. */
static inline void chain_pause(struct package_chain *chain)
{
    if (!chain->is_live)
        return;
    interleave_flush(chain->interleave);
    cut_plan_pause(chain->plan);
    segmenter_flush(chain->segmenter);
    if (chain->audio_only)
        segmenter_flush(chain->audio_only);
}

static inline void chain_clear(struct package_chain *chain)
{
    go_live_destroy(chain->go_live);
    interleave_destroy(chain->interleave);
    cut_plan_destroy(chain->plan);
    segmenter_destroy(chain->segmenter);
    segmenter_destroy(chain->audio_only);
}

#endif
