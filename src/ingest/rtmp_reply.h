/* SPDX-License-Identifier: Apache-2.0 */
/* What the server says (Adobe RTMP 1.0, 5.4 and 7): each call appends one whole message to `out`.
 * Thread: the owner's of `out`. */
#ifndef INGEST_RTMP_REPLY_H
#define INGEST_RTMP_REPLY_H

#include <stdbool.h>

#include "ingest/rtmp_chunk.h"

#define RTMP_OUT_CHUNK_SIZE 4096 /* once rtmp_reply_connected() has said so */

/* 7.1.7 */
enum rtmp_user_event {
    RTMP_STREAM_BEGIN = 0,
    RTMP_STREAM_EOF = 1,
    RTMP_PING_REQUEST = 6,
    RTMP_PING_RESPONSE = 7,
};

/* Acknowledgement, Window Acknowledgement Size, Set Chunk Size: one number. */
void rtmp_reply_number(struct buf *out, enum rtmp_message_type type, uint32_t number);
void rtmp_reply_user_event(struct buf *out, enum rtmp_user_event event, uint32_t value);
/* The answer to connect, with the control messages that go before it. */
struct rtmp_connect_answer {
    double transaction;
    double object_encoding; /* as the client asked: 0 or 3 */
    uint32_t window;        /* bytes between acknowledgements, both ways */
};
void rtmp_reply_connected(struct buf *out, const struct rtmp_connect_answer *answer);
void rtmp_reply_result_null(struct buf *out, double transaction);
void rtmp_reply_result_number(struct buf *out, double transaction, double number);

struct rtmp_status {
    const char *level; /* "status" or "error" */
    const char *code;
    const char *description;
};
void rtmp_reply_status(struct buf *out, uint32_t stream_id, const struct rtmp_status *status);
/* onFCPublish or onFCUnpublish, which some encoders wait for. */
void rtmp_reply_fc(struct buf *out, const char *name, const char *code);

#endif
