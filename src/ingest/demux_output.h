/* SPDX-License-Identifier: Apache-2.0 */
/* What a demuxing worker answers, checked and made into packets. The worker reads strangers' bytes
 * and may have been taken over by them, so that nothing it says is believed: configurations and
 * packets are examined as an encoder's are, and it may not answer more than it was given.
 * Thread: its owner's; pure. Callbacks run inside demux_output_take(). */
#ifndef INGEST_DEMUX_OUTPUT_H
#define INGEST_DEMUX_OUTPUT_H

#include "ingest/demux_link.h"

/* Within this of zero: what adds and multiplies without overflow; six years of a stream. */
#define DEMUX_CLOCK_MAX (INT64_C(1) << 44)

struct demux_output;

struct demux_output_events {
    void (*on_tracks)(const struct demux_tracks *tracks, void *ctx);
    /* As demuxer_events says. Borrowed. */
    void (*on_packet)(struct packet *packet, void *ctx);
    void (*on_refused)(enum demux_refusal refusal, void *ctx);
    /* What has been lost since it was told last. */
    void (*on_stats)(const struct demux_stats *more, void *ctx);
};

/* Returns owned. */
struct demux_output *demux_output_create(const struct demux_output_events *events, void *ctx);
/* Another worker answers from now on. Configurations and the clock stay: a stream goes on. */
void demux_output_restart(struct demux_output *o);
/* The worker was given `len` bytes of transport stream, which allows for answers. */
void demux_output_note_input(struct demux_output *o, size_t len);
/* -EPROTO: what makes no sense; the worker is to be ended. */
int demux_output_take(struct demux_output *o, const struct worker_frame *frame);
/* NULL is fine. Not inside a callback. */
void demux_output_destroy(struct demux_output *o);

#endif
