/* SPDX-License-Identifier: Apache-2.0 */
/* One encoder's connection as live/ sees it, whatever protocol it speaks (RTMP, RTMPS, SRT).
 * Thread: the loop of the connection. Callbacks run on it, never inside ingest_*() calls. */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <stdbool.h>
#include <stdint.h>

struct ingest;
struct loop;
struct packet;

/* What an encoder asks for when it wants to publish. Borrowed during on_publish(). */
struct ingest_offer {
    const char *protocol; /* "rtmp", "rtmps", "srt" */
    bool is_encrypted;
    const char *peer;       /* address without port */
    const char *app;        /* RTMP application, "" otherwise */
    const char *stream_key; /* up to '?' */
    const char *query;      /* behind '?', undecoded; "" if none */
};

/* What the encoder says of itself (onMetaData); zero or "" where it is silent. */
struct ingest_metadata {
    char encoder[128];
    int width, height;
    double fps;
    int64_t video_bps, audio_bps;
    bool promises_video, promises_audio;
};

struct ingest_events {
    /* The encoder names its key. Answer once with ingest_accept() or ingest_refuse(), now or later.
     * No media is taken before. */
    void (*on_publish)(struct ingest *ingest, const struct ingest_offer *offer, void *ctx);
    void (*on_metadata)(struct ingest *ingest, const struct ingest_metadata *metadata, void *ctx);
    /* In decode order per track, as the encoder sent it. Borrowed: ref to keep. */
    void (*on_packet)(struct ingest *ingest, struct packet *packet, void *ctx);
    /* Exactly once after on_publish(), unless ingest_close() or ingest_refuse() came first. The
     * ingest is gone when it returns. `is_clean`: the encoder said goodbye (FCUnpublish,
     * deleteStream, closeStream); otherwise the connection was lost. */
    void (*on_end)(struct ingest *ingest, bool is_clean, void *ctx);
};

/* The context of the callbacks from now on; the protocol server gives one at the start. */
void ingest_set_ctx(struct ingest *ingest, void *ctx);
void ingest_accept(struct ingest *ingest);
/* Tells the encoder why (`description` is shown to its user), then closes. No callback after it. */
void ingest_refuse(struct ingest *ingest, const char *description);
/* Ends a running broadcast: tells the encoder, then closes. No callback after it. */
void ingest_close(struct ingest *ingest, const char *description);
struct loop *ingest_loop(const struct ingest *ingest);
const char *ingest_tag(const struct ingest *ingest); /* for log lines */
/* Monotonic milliseconds at which the last byte came from the encoder. */
int64_t ingest_last_byte_ms(const struct ingest *ingest);

#endif
