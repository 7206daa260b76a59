/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a connection share: rtmp_conn.c (life, bytes, media), rtmp_command.c (commands)
 * and rtmp_data.c (data messages). */
#ifndef INGEST_RTMP_CONN_INTERNAL_H
#define INGEST_RTMP_CONN_INTERNAL_H

#include "base/buf.h"
#include "ingest/ingest_base.h"
#include "ingest/rtmp_chunk.h"
#include "ingest/rtmp_conn.h"
#include "ingest/rtmp_media.h"

enum rtmp_state {
    RTMP_HANDSHAKE,  /* waits for C0, C1 and C2 */
    RTMP_HANDSHAKEN, /* waits for connect */
    RTMP_CONNECTED,  /* waits for publish */
    RTMP_ASKING,     /* the key is being checked; nothing is read */
    RTMP_PUBLISHING,
    RTMP_FINISHED, /* nothing is read or said any more */
};

#define RTMP_PEER_MAX 64
#define RTMP_TEXT_MAX 128
#define RTMP_APP_MAX  1024
#define RTMP_WINDOW   2500000 /* bytes between acknowledgements, unless the peer wants another */

struct rtmp_conn {
    struct ingest ingest;
    struct rtmp_conn_config config;
    char peer[RTMP_PEER_MAX];
    enum rtmp_state state;
    int64_t state_since_ms;
    bool is_inside;   /* a call from outside is on the stack: it will do what leave() does */
    bool is_finished; /* on_finish() was called */
    bool has_last_words;
    bool is_paused;
    char reason[RTMP_TEXT_MAX]; /* why it is being broken off */

    struct buf hello;                 /* C0 and C1 as far as they have come */
    size_t c2_left;                   /* bytes of C2 still to come */
    struct rtmp_chunk_reader *chunks; /* messages in */
    struct buf held;                  /* bytes behind a publish that waits for its answer */
    struct buf out;                   /* answers of this call */
    uint64_t bytes_in, bytes_acknowledged;
    uint32_t window; /* bytes after which the peer wants to hear of it */

    char app[RTMP_APP_MAX];
    char encoder[RTMP_TEXT_MAX]; /* as it names itself */
    uint32_t streams_created;
    uint32_t stream_id; /* the one being published */
    bool has_ingest;    /* live/ knows of it and has not let go */
    struct rtmp_media media;
    int64_t text_second; /* of the last timed metadata */
    int texts;           /* in that second */
};

/* The only place where `state` changes. */
void rtmp_conn_enter(struct rtmp_conn *conn, enum rtmp_state next);
/* Notes why the conversation must be broken off; returns -EPROTO, for the caller to return. */
int rtmp_conn_fail(struct rtmp_conn *conn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Tells the encoder why and ends the conversation. */
void rtmp_conn_turn_away(struct rtmp_conn *conn, uint32_t stream_id, const char *code,
                         const char *description);
/* Lets go of the ingest, if there is one: on_end(). */
void rtmp_conn_end_ingest(struct rtmp_conn *conn, bool is_clean);

/* A command or data message; -EPROTO if the conversation must be broken off. */
int rtmp_command(struct rtmp_conn *conn, const struct rtmp_message *message);
int rtmp_data(struct rtmp_conn *conn, const struct rtmp_message *message);

#endif
