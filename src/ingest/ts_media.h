/* SPDX-License-Identifier: Apache-2.0 */
/* From a transport stream to what the demuxing worker answers: configurations, and packets in the
 * form of struct packet, with the times of the stream.
 * Thread: its owner's; pure. Callbacks run inside ts_media_push(). */
#ifndef INGEST_TS_MEDIA_H
#define INGEST_TS_MEDIA_H

#include "ingest/demux_link.h"

struct ts_media;

struct ts_media_events {
    void (*on_tracks)(const struct demux_tracks *tracks, void *ctx);
    /* Before a track's first packet, and when it changes. Borrowed. */
    void (*on_config)(struct codec_config *config, void *ctx);
    void (*on_packet)(const struct link_packet *packet, void *ctx); /* borrowed */
    /* It is not carried; nothing comes after it. */
    void (*on_refused)(enum demux_refusal refusal, void *ctx);
};

/* Returns owned. */
struct ts_media *ts_media_create(const struct ts_media_events *events, void *ctx);
void ts_media_push(struct ts_media *m, const uint8_t *data, size_t len, int64_t arrival_us);
void ts_media_stats(const struct ts_media *m, struct demux_stats *out);
/* NULL is fine. */
void ts_media_destroy(struct ts_media *m);

#endif
