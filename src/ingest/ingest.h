/* SPDX-License-Identifier: Apache-2.0 */
/* One encoder's connection as live/ sees it, whatever protocol it speaks (RTMP, RTMPS, SRT);
 * ingest_base.h is the other side.
 * Thread: the loop of the connection. Callbacks run on it, never inside ingest_*() calls; all of
 * these may be called inside a callback. */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ingest;
struct loop;
struct packet;

#define INGEST_TEXT_MAX         1024
#define INGEST_TEXTS_PER_SECOND 5

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
    /* Text for the viewers, sent among the media: `len` bytes of UTF-8 without NUL, at most
     * INGEST_TEXT_MAX, at most INGEST_TEXTS_PER_SECOND. Borrowed. May be NULL. */
    void (*on_timed_metadata)(struct ingest *ingest, const char *text, size_t len, int64_t pts,
                              void *ctx);
    /* In decode order per track, as the encoder sent it. Times are unwrapped and the same clock for
     * all tracks; an encoder that jumps, stands still or runs backwards is not corrected. A video
     * packet comes only once its configuration is known. Borrowed: ref to keep. */
    void (*on_packet)(struct ingest *ingest, struct packet *packet, void *ctx);
    /* Exactly once after on_publish(), unless ingest_close() or ingest_refuse() came first. The
     * ingest is gone when it returns. `is_clean`: nothing is to come back (the encoder said goodbye
     * or sent what nobody here can carry); otherwise the connection was lost or broken. */
    void (*on_end)(struct ingest *ingest, bool is_clean, void *ctx);
};

/* The context of the callbacks from now on; the protocol server gives one at the start. */
void ingest_set_ctx(struct ingest *ingest, void *ctx);
void ingest_accept(struct ingest *ingest);
/* Before ingest_accept(): it was told to send HEVC or H.264; otherwise HEVC is refused by name.
 * Only RTMP carries it. */
void ingest_take_hevc(struct ingest *ingest);
/* Tells the encoder why (`description` is shown to its user), then closes; also a running broadcast
 * that turns out to be what may not be. No callback after it. */
void ingest_refuse(struct ingest *ingest, const char *description);
/* Ends a running broadcast: tells the encoder, then closes. No callback after it. */
void ingest_close(struct ingest *ingest, const char *description);
struct loop *ingest_loop(const struct ingest *ingest);
const char *ingest_tag(const struct ingest *ingest); /* for log lines */
/* Monotonic milliseconds at which the last byte came from the encoder. */
int64_t ingest_last_byte_ms(const struct ingest *ingest);

#endif
