/* SPDX-License-Identifier: Apache-2.0 */
/* A connection without a socket: both of its ends are here, the encoder's bytes and what live/
 * hears of them. */
#ifndef RTMP_FIXTURE_H
#define RTMP_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ingest/ingest.h"
#include "ingest/rtmp_chunk.h"
#include "ingest/rtmp_conn.h"

#define FIXTURE_PACKETS_MAX 512

enum fixture_verdict { VERDICT_ACCEPT, VERDICT_REFUSE, VERDICT_LATER };

struct rtmp_fixture {
    struct rtmp_conn *conn; /* NULL once it has finished */
    struct buf answers;
    bool is_deaf; /* the peer does not read: writing fails */
    bool is_paused, is_publishing;
    int resumes;
    bool has_last_words;

    enum fixture_verdict verdict;
    struct ingest *ingest; /* while it lives */
    int offers;
    char app[128], key[128], query[128];
    int metadata_count;
    struct ingest_metadata metadata;
    struct packet *packets[FIXTURE_PACKETS_MAX]; /* references */
    int packet_count;
    int close_after; /* packets, then ingest_close(); 0: never */
    char text[INGEST_TEXT_MAX + 1];
    int64_t text_pts;
    int texts;
    int ends;
    bool ended_clean;
};

/* A connection that awaits C0. */
void fixture_open(struct rtmp_fixture *f);
void fixture_close(struct rtmp_fixture *f);
/* Does nothing once the connection has finished. */
void fixture_feed(struct rtmp_fixture *f, const void *data, size_t len);
/* Feeds `script` and empties it. */
void fixture_run(struct rtmp_fixture *f, struct buf *script);
bool fixture_was_told(const struct rtmp_fixture *f, const char *text);
/* A whole file of tests/vectors/rtmp/. */
void fixture_load(struct buf *out, const char *name);

/* What an encoder says, appended to `script`. */
void script_handshake(struct buf *script);
void script_message(struct buf *script, uint8_t type, uint32_t timestamp, const void *payload,
                    size_t len);
/* A command with null for its object and one string, unless that is NULL. */
void script_command(struct buf *script, const char *name, double transaction, const char *argument);
void script_connect(struct buf *script, const char *app);
/* Handshake, connect and createStream. */
void script_begin(struct buf *script);
/* The above and publish of "key". */
void script_publish(struct buf *script);
/* Sequence headers of both tracks: 320x240 Baseline, AAC LC 44.1 kHz stereo. */
void script_configs(struct buf *script);
/* One slice of `len` bytes, IDR or not. */
void script_picture(struct buf *script, uint32_t timestamp, bool is_idr, size_t len);
void script_sound(struct buf *script, uint32_t timestamp, size_t len);

extern const uint8_t fixture_avcc[];
extern const size_t fixture_avcc_len;

#endif
