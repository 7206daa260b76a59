/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of one live stream's worker: starts it, feeds it, checks what it answers, and
 * starts it again at the next keyframe when it crashed, hung or stopped answering. Sending never
 * blocks: a worker that does not take two seconds' worth misses everything up to the next IDR.
 * After five crashes in a minute the supervisor gives up; tracks that need no worker are not its
 * business.
 *
 *   struct transcode_supervisor *s;
 *   ladder_build(&ladder, &input);
 *   if (ladder_needs_worker(&ladder))
 *       err = transcode_supervisor_create(&s, loop, &config, &events, ctx);  // -EBUSY: refuse
 *   transcode_supervisor_push(s, packet, false); // every packet of the source, from an IDR on
 *     -> on_packet(rendition, packet)          // for renditions with TRACK_ENCODED
 *   transcode_supervisor_drain(s);             // the broadcast ended
 *     -> on_drained()
 *   transcode_supervisor_destroy(s);
 *
 * Thread: its loop. Callbacks run on it, never inside calls of the owner's; destroying the
 * supervisor inside one is fine. */
#ifndef TRANSCODE_SUPERVISOR_H
#define TRANSCODE_SUPERVISOR_H

#include "media/packet.h"
#include "transcode/ladder.h"

struct capacity;
struct capacity_grant;
struct loop;
struct transcode_supervisor;

#define TRANSCODE_DEFAULT_PRESET  "superfast"
#define TRANSCODE_REASON_CAPACITY "Transcode capacity exceeded. Please try again."

struct transcode_supervisor_config {
    const struct ladder *ladder;  /* copied */
    struct capacity *capacity;    /* outlives the supervisor */
    const char *preset;           /* of x264 */
    const char *program;          /* path of weir-media; NULL: beside the running program */
    struct capacity_grant *grant; /* taken, also on failure: the place of the transcode that this
                                     one follows; NULL: it has to find one */
};

struct transcode_supervisor_events {
    /* A packet of rendition `rendition`; its kind says of which track. Decode times of keyframes
     * are the source's. A worker that starts anew with the same settings keeps the same
     * configuration pointer. Borrowed: ref to keep. */
    void (*on_packet)(int rendition, struct packet *packet, void *ctx);
    /* The track has nothing from decode time `dts` on, until its next packet, which is an IDR for
     * video. */
    void (*on_lost)(int rendition, enum media_kind kind, int64_t dts, void *ctx);
    /* The worker is gone: no track has anything until on_resumed(), from inside the push of the IDR
     * that a new one is fed from. */
    void (*on_interrupted)(void *ctx);
    void (*on_resumed)(void *ctx);
    /* Nothing more will come. Exactly one of the two, at most once. */
    void (*on_failed)(const char *reason, void *ctx);
    void (*on_drained)(void *ctx);
};

/* -EBUSY: the machine has no room for another transcode (TRANSCODE_REASON_CAPACITY). -EINVAL: the
 * ladder needs no worker. */
int transcode_supervisor_create(struct transcode_supervisor **out, struct loop *loop,
                                const struct transcode_supervisor_config *config,
                                const struct transcode_supervisor_events *events, void *ctx);
/* A packet of the source, in the order of the stream; times continuous. Refs what it keeps. Packets
 * before the first IDR are left out. `begins_segment`: the next picture opens a segment of all
 * renditions, and so a GOP of each encoded one. */
void transcode_supervisor_push(struct transcode_supervisor *s, struct packet *packet,
                               bool begins_segment);
/* The source's size or profile changes with the next video packet, which is an IDR: the worker is
 * replaced by one for `ladder`, whose renditions are the same (ladder_has_same_renditions()); what
 * is on its way is delivered first. After four changes within ten seconds the next one ends what
 * is on its way, and there is no worker until the ten seconds are over. */
void transcode_supervisor_change(struct transcode_supervisor *s, const struct ladder *ladder);
/* Nothing more will be pushed. */
void transcode_supervisor_drain(struct transcode_supervisor *s);

/* Sums over all workers so far. */
struct transcode_supervisor_stats {
    int restarts;
    uint32_t frames_decoded, decode_errors;
    uint32_t gops_dropped;                  /* of the source, for all rungs */
    uint32_t rung_frames[LADDER_MAX];       /* by rendition */
    uint32_t rung_gops_dropped[LADDER_MAX]; /* by rendition */
    int pid;                                /* of the worker; 0: none runs */
};
void transcode_supervisor_stats(const struct transcode_supervisor *s,
                                struct transcode_supervisor_stats *out);

/* Kills the worker. No callback after it returns. NULL is fine. */
void transcode_supervisor_destroy(struct transcode_supervisor *s);
/* Likewise, and returns owned its place on the machine, for another one to follow; may be NULL. */
struct capacity_grant *transcode_supervisor_retire(struct transcode_supervisor *s);

#endif
