/* SPDX-License-Identifier: Apache-2.0 */
/* One rendition on its way out: takes the source's packets or the worker's, as the ladder says for
 * each track, and cuts them where the plan says.
 *
 *   source packets (ordered) --\
 *                               interleave (where a track is encoded) --> segmenter --> events
 *   worker's packets ----------/
 *
 * Thread: the one that created it. Callbacks run inside the functions. */
#ifndef LIVE_OUTLET_H
#define LIVE_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/packet.h"

struct codec_config;
struct cut;
struct outlet;
struct rendition;
struct segment;

#define OUTLET_CODECS_SIZE 96 /* two of RFC 6381's names */

struct outlet_config {
    const struct rendition *rendition;  /* borrowed for its life */
    struct codec_config *video, *audio; /* of the source, `video` that of the rendition's track;
                                           NULL: it has no such track */
    bool is_fmp4;
    const char *tag; /* borrowed for its life */
};

struct outlet_events {
    /* As the segmenter's. */
    void (*on_part)(struct outlet *outlet, struct segment *growing, void *ctx);
    void (*on_segment)(struct outlet *outlet, struct segment *segment, void *ctx);
};

struct outlet *outlet_create(const struct outlet_config *config, const struct outlet_events *events,
                             void *ctx);
/* NULL is fine. No callback after it; not from inside a callback. */
void outlet_destroy(struct outlet *outlet);

const struct rendition *outlet_rendition(const struct outlet *outlet);
/* As playlists tell them: RFC 6381. */
const char *outlet_codecs(const struct outlet *outlet);
/* It waits for the worker, so it runs behind the source. */
bool outlet_is_encoded(const struct outlet *outlet);

/* The next cut of the plan. */
void outlet_cut(struct outlet *outlet, const struct cut *cut);
/* The source's packets, ordered with those of its first video track; it takes what is its own. 0,
 * or the segmenter's failure. */
int outlet_push_source(struct outlet *outlet, struct packet *packet);
/* What the worker made for this rendition. Likewise. */
int outlet_push_encoded(struct outlet *outlet, struct packet *packet);
/* The worker has nothing of this track for now: nobody waits for it. */
void outlet_lose(struct outlet *outlet, enum media_kind kind);
/* The worker has nothing of any track until outlet_resume(): gaps until then, even where the source
 * has sound, because a player that has only sound waits where another rendition has pictures. */
void outlet_interrupt(struct outlet *outlet);
void outlet_resume(struct outlet *outlet);
/* Nothing more comes for now: what waits goes out. */
void outlet_flush(struct outlet *outlet);
void outlet_add_tag(struct outlet *outlet, int64_t pts, const uint8_t *id3, size_t len);

#endif
