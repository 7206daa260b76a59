/* SPDX-License-Identifier: Apache-2.0 */
/* All renditions of a broadcast on their way out: an outlet for each, and the feed that takes what
 * they make to the viewers.
 *
 *   cuts, source packets --> outlet (per rendition) --> stream_feed
 *   worker's packets --------^
 *
 * Renditions may become others in mid-broadcast; the feed stays the same.
 * Thread: the loop of the broadcast. Callbacks run inside the functions. */
#ifndef LIVE_OUTLET_SET_H
#define LIVE_OUTLET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/packet.h"

struct cut;
struct hls_hub;
struct ladder;
struct live_channel;
struct loop;
struct outlet_set;

struct outlet_set_config {
    struct loop *loop;
    struct hls_hub *hub;
    const struct live_channel *channel; /* borrowed for its life, as the next two */
    const char *stream_id;
    const char *tag; /* for log lines */
};

struct outlet_set_events {
    /* A segment of one of them is whole. */
    void (*on_segment)(void *ctx);
};

/* What is known when they are opened. */
struct outlet_set_media {
    const struct ladder *ladder;       /* borrowed until they are closed */
    struct codec_config *const *video; /* by the encoder's track; used at once */
    struct codec_config *audio;        /* NULL: there is none; used at once */
    int64_t declared_bps;              /* by the encoder, of the source */
    int target_duration_s;             /* that of the first ones stays in force */
    int64_t part_target;               /* likewise */
};

struct outlet_set *outlet_set_create(const struct outlet_set_config *config,
                                     const struct outlet_set_events *events, void *ctx);
/* Viewers get ENDLIST. NULL is fine. No callback after it; not from inside a callback. */
void outlet_set_destroy(struct outlet_set *set);
/* They follow others, which were closed, in the same feed. */
void outlet_set_open(struct outlet_set *set, const struct outlet_set_media *media);
/* What waits in them is lost unless it was flushed. Nothing happens where none are open. */
void outlet_set_close(struct outlet_set *set);

/* These do nothing while none are open. */
void outlet_set_cut(struct outlet_set *set, const struct cut *cut);
/* 0, or the failure of one of them. Refs, as the next. */
int outlet_set_push_source(struct outlet_set *set, struct packet *packet);
int outlet_set_push_encoded(struct outlet_set *set, int rendition, struct packet *packet);
/* The worker has nothing of this track for now: nobody waits for it. */
void outlet_set_lose(struct outlet_set *set, int rendition, enum media_kind kind);
/* The worker is gone, for now: as outlet_interrupt(), for all that it makes. */
void outlet_set_interrupt_encoded(struct outlet_set *set);
void outlet_set_resume_encoded(struct outlet_set *set);
/* It is gone for good. */
void outlet_set_withdraw_encoded(struct outlet_set *set);
/* Nothing more comes for now of those that the worker makes (`encoded`), or of the others. */
void outlet_set_flush(struct outlet_set *set, bool encoded);
void outlet_set_add_tag(struct outlet_set *set, int64_t pts, const uint8_t *id3, size_t len);

#endif
