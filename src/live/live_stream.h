/* SPDX-License-Identifier: Apache-2.0 */
/* One broadcast: its session, the encoder that feeds it, grace, limits and health. What becomes of
 * its packets is live_pipeline's.
 *
 *   attach --> live --(encoder lost)--> grace --attach--> live ... --> end
 *               |  ^
 *               `--'attach with a higher priority: takeover
 *
 * Thread: the loop it was created on. */
#ifndef LIVE_LIVE_STREAM_H
#define LIVE_LIVE_STREAM_H

#include <stdbool.h>

#include "live/live_host.h"

struct live_stream;
struct multitrack_config;
struct packet;

enum publisher_verdict { PUBLISHER_ACCEPTED, PUBLISHER_REFUSED, PUBLISHER_CLOSED };

struct live_stream_config {
    struct loop *loop;
    struct live_registry *registry;
    const struct live_channel *channel; /* copied */
    const char *stream_id;              /* claimed in the registry; released at the end */
    int segment_s;                      /* as live_pipeline's */
    int64_t max_takeovers;              /* the quota, per stream */
    struct hls_hub *hub;
    struct capacity *capacity;
    const char *x264_preset;
};

struct live_stream_events {
    /* What is to become of an encoder; `reason` is for its user. */
    void (*on_verdict)(struct publisher_address publisher, enum publisher_verdict verdict,
                       const char *reason, void *ctx);
    /* It is over and the channel is free again. Destroy it, also here. */
    void (*on_end)(struct live_stream *stream, void *ctx);
};

struct live_stream *live_stream_create(const struct live_stream_config *config,
                                       const struct live_stream_events *events, void *ctx);
/* No callback after it; what is on its way to viewers is lost unless it was stopped. NULL is fine.
 */
void live_stream_destroy(struct live_stream *stream);
const char *live_stream_id(const struct live_stream *stream);

/* An encoder asks to publish: the first one, one that resumes, or one that takes over from an
 * active encoder of lower `priority` (as publish_query's). Answered through on_verdict(); an
 * encoder that takes over is accepted, and still refused when its media turn out not to be like the
 * other's. */
void live_stream_attach(struct live_stream *stream, struct publisher_address publisher,
                        int64_t priority);
/* These do nothing unless `publisher` is the current encoder or is about to take over. The first
 * one comes before its media: the video tracks that it was told to send; none: it sends one. */
void live_stream_tracks(struct live_stream *stream, struct publisher_address publisher,
                        const struct multitrack_config *tracks);
void live_stream_metadata(struct live_stream *stream, struct publisher_address publisher,
                          const struct ingest_metadata *metadata);
void live_stream_text(struct live_stream *stream, struct publisher_address publisher,
                      const char *text, size_t len);
void live_stream_packet(struct live_stream *stream, struct publisher_address publisher,
                        struct packet *packet);
void live_stream_detach(struct live_stream *stream, struct publisher_address publisher,
                        bool is_clean);
/* The encoder sends other media than it was told to: ends the session, with that code (static) in
 * its record. What becomes of the encoder is the caller's business. on_end() may follow inside. */
void live_stream_fault(struct live_stream *stream, struct publisher_address publisher,
                       const char *code);
/* Ends it now: viewers get ENDLIST, the encoder is closed with `reason`. on_end() follows inside.
 */
void live_stream_stop(struct live_stream *stream, const char *reason);

#endif
