/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker answers, checked and made into packets. The worker decodes strangers' bytes and may
 * have been taken over by them: nothing that it says is believed. Configurations must fit the
 * setup, times must lie where the source is and run forward, sizes must fit the bit rates.
 * Thread: its owner's. Callbacks run inside worker_output_take(). */
#ifndef TRANSCODE_WORKER_OUTPUT_H
#define TRANSCODE_WORKER_OUTPUT_H

#include "transcode/transcode_link.h"

struct worker_output;

struct worker_output_events {
    void (*on_packet)(int output, struct packet *packet, void *ctx); /* borrowed */
    void (*on_lost)(int output, int64_t dts, void *ctx);
    void (*on_stats)(const struct transcode_stats *stats, void *ctx);
};

/* Returns owned. */
struct worker_output *worker_output_create(const struct transcode_setup *setup,
                                           const struct worker_output_events *events, void *ctx);
/* Another worker answers from now on, to `setup`, which has the same outputs. */
void worker_output_restart(struct worker_output *o, const struct transcode_setup *setup);
/* The source has got as far as decode time `dts`: answers may not be from later. */
void worker_output_note_source(struct worker_output *o, int64_t dts);
/* One of the worker's own frames. -EPROTO: do not listen to it any longer. */
int worker_output_take(struct worker_output *o, const struct worker_frame *frame);
/* Decode time of an output's last packet; INT64_MIN before the first. */
int64_t worker_output_last_dts(const struct worker_output *o, int output);
/* NULL is fine. */
void worker_output_destroy(struct worker_output *o);

#endif
