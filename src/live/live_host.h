/* SPDX-License-Identifier: Apache-2.0 */
/* The live part of one event loop: the encoders that connected to it and the live streams that were
 * born on it. An encoder that comes back to another loop than its stream's speaks to it by
 * messages, which carry ids.
 *
 *   ingest --on_publish--> admission (worker: key -> channel) --> claim --> live_stream
 *     `----on_packet-----> publisher --(stream id)----------------------------^
 *
 * Thread: its loop, unless said otherwise. */
#ifndef LIVE_LIVE_HOST_H
#define LIVE_LIVE_HOST_H

#include "ingest/ingest.h"
#include "live/live_channel.h"

struct capacity;
struct hls_hub;
struct live_host;
struct loop;
struct store;
struct worker_pool;

struct live_host_config {
    struct loop *loop;
    struct worker_pool *workers;
    struct live_registry *registry;
    struct store *store;
    const char *rtmps_url; /* named to encoders that may not publish in clear; borrowed */
    struct hls_hub *hub;   /* borrowed, as the next two */
    struct capacity *capacity;
    const char *x264_preset;
    int64_t max_takeovers; /* the quota, per stream */
};

/* Before the loop runs, or on it. */
struct live_host *live_host_create(const struct live_host_config *config);
/* Ends all streams and closes all encoders. After it every new encoder is refused. */
void live_host_stop(struct live_host *host);
/* After live_host_stop() and the worker pool's end. NULL is fine. */
void live_host_destroy(struct live_host *host);

/* For the protocol servers of this loop, with the host as context. */
extern const struct ingest_events live_host_ingest_events;

/* Any thread. Ends the stream soon; nothing happens if it has ended. */
void live_host_stop_stream(struct live_host *host, const char *stream_id);

/* The encoder's end of a conversation between loops: where it is and its number there. */
struct publisher_address {
    struct live_host *host;
    uint64_t number; /* 0: none */
};

#endif
