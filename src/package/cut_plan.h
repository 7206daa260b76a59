/* SPDX-License-Identifier: Apache-2.0 */
/* Decides where segments and parts begin, from the packets of the source alone. Every rendition's
 * segmenter follows the same plan, so that all are cut at the same times with the same numbers.
 *
 * - A segment ends at the first IDR at or after 0.9 s (or, where it is to be filled with several
 *   GOPs, at the last IDR that its target duration allows), at any IDR when it does not begin with
 * one itself, where the codec configuration changes, at a discontinuity, and unconditionally before
 *   its duration would round above the target duration.
 * - Part k begins at the first video access unit whose decode time is at or after segment start
 *   + k x part duration (a quarter of a frame of jitter forgiven); where video pauses, at the first
 *   audio frame clearly after it. Its declared times are those of the grid.
 * Thread: its owner's. Callbacks run inside the functions. */
#ifndef PACKAGE_CUT_PLAN_H
#define PACKAGE_CUT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct packet;
struct cut_plan;

/* Times are media times in 90 kHz. */
struct cut {
    int64_t segment; /* number of the segment that begins or goes on here */
    int part;        /* index within it; 0: the segment begins */
    bool is_end;     /* nothing begins: the broadcast pauses or ends */
    bool is_discontinuity;
    int64_t start;        /* declared start of what begins */
    int64_t previous_end; /* declared end of what came before */
    int64_t video_from;   /* video with a decode time from here on comes after the cut */
    int64_t audio_from;   /* likewise audio: what of it already went out stays before */
    int64_t wall_ms;      /* PROGRAM-DATE-TIME of `start` */
    int64_t arrival_ms;   /* wall clock when its first packet arrived */
};

struct cut_plan_config {
    bool has_video;
    double fps; /* of the source; 0 without video */
    int target_duration_s;
    bool fills_target; /* segments hold as many GOPs as the target duration has room for */
    int64_t part_duration;
    const char *tag; /* for log lines; copied */
};

typedef void cut_plan_cut_fn(const struct cut *cut, void *ctx);

/* The multiple of the frame duration nearest to 0.33 s; `fps` is that of the slowest rendition, 0
 * without video. */
int64_t cut_plan_part_duration(double fps);

struct cut_plan *cut_plan_create(const struct cut_plan_config *config, cut_plan_cut_fn *on_cut,
                                 void *ctx);
/* NULL is fine. */
void cut_plan_destroy(struct cut_plan *plan);
/* The source's packets as interleave puts them. The callback tells the cuts before `packet`, the
 * packet itself is then for the segmenters. Borrows. */
void cut_plan_push(struct cut_plan *plan, const struct packet *packet);
/* The source is silent for now or for good: the segment ends behind its last packet. The next
 * packet, if one comes, begins another. */
void cut_plan_pause(struct cut_plan *plan);
/* Media time since the last IDR, to judge an encoder's health by. */
int64_t cut_plan_since_idr(const struct cut_plan *plan);

#endif
