/* SPDX-License-Identifier: Apache-2.0 */
/* From an MPEG transport stream to the PES packets of one H.264 and one AAC stream
 * (ISO/IEC 13818-1, 2.4.3). What is damaged is left out and told.
 * Thread: its owner's; pure. Callbacks run inside ts_demux_push(). */
#ifndef INGEST_TS_DEMUX_H
#define INGEST_TS_DEMUX_H

#include "ingest/ts_tables.h"

struct ts_demux;

/* The payload of a PES packet. Sound may go on with the frame before; video begins with a picture,
 * whose further PES packets are in it. */
struct ts_pes {
    enum media_kind kind;
    bool has_time;      /* always, of video */
    int64_t pts, dts;   /* 33 bits, of the first frame that begins in it */
    int64_t arrival_us; /* of its last byte, as it was pushed */
    const uint8_t *data;
    size_t len; /* not 0 */
};

struct ts_demux_events {
    /* The first program, when it is known and when it changes. */
    void (*on_program)(const struct ts_program *program, void *ctx);
    void (*on_pes)(const struct ts_pes *pes, void *ctx); /* borrowed */
    /* Part of a track is missing here; a PES packet that has begun does not come. */
    void (*on_loss)(enum media_kind kind, void *ctx);
    /* The track is encrypted. */
    void (*on_scrambled)(enum media_kind kind, void *ctx);
};

/* Returns owned. */
struct ts_demux *ts_demux_create(const struct ts_demux_events *events, void *ctx);
/* Any number of bytes, in packets or not. */
void ts_demux_push(struct ts_demux *d, const uint8_t *data, size_t len, int64_t arrival_us);
/* NULL is fine. */
void ts_demux_destroy(struct ts_demux *d);

#endif
