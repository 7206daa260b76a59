/* SPDX-License-Identifier: Apache-2.0 */
/* The chunk layer (Adobe RTMP 1.0, 5.3 and 5.4): chunks in, whole messages out, and the other way.
 * Set Chunk Size and Abort are obeyed here and not seen outside.
 * Thread: its owner's. */
#ifndef INGEST_RTMP_CHUNK_H
#define INGEST_RTMP_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/bytes.h"

/* 5.4, 7.1 */
enum rtmp_message_type {
    RTMP_SET_CHUNK_SIZE = 1,
    RTMP_ABORT = 2,
    RTMP_ACKNOWLEDGEMENT = 3,
    RTMP_USER_CONTROL = 4,
    RTMP_WINDOW_ACK_SIZE = 5,
    RTMP_SET_PEER_BANDWIDTH = 6,
    RTMP_AUDIO = 8,
    RTMP_VIDEO = 9,
    RTMP_DATA_AMF3 = 15,
    RTMP_COMMAND_AMF3 = 17,
    RTMP_DATA_AMF0 = 18,
    RTMP_COMMAND_AMF0 = 20,
    RTMP_AGGREGATE = 22,
};

struct rtmp_message {
    uint8_t type;
    uint32_t stream_id;
    uint32_t timestamp;    /* milliseconds, modulo 2^32 */
    struct bytes *payload; /* owned by whoever has the message */
};

/* What a peer may make us keep. */
#define RTMP_VIDEO_MAX         (8 << 20) /* a message with video, or an aggregate */
#define RTMP_AUDIO_MAX         (256 << 10)
#define RTMP_OTHER_MAX         (64 << 10) /* any other, and all before media is allowed */
#define RTMP_UNFINISHED_MAX    (16 << 20) /* messages of which only a part has come, together */
#define RTMP_CHUNK_STREAMS_MAX 64

struct rtmp_chunk_reader;

/* Returns owned. */
struct rtmp_chunk_reader *rtmp_chunk_reader_create(void);
/* NULL is fine. */
void rtmp_chunk_reader_destroy(struct rtmp_chunk_reader *r);
/* From now on messages with audio and video may have their full size. */
void rtmp_chunk_allow_media(struct rtmp_chunk_reader *r, bool is_allowed);
/* Takes bytes from the front of `*data`, moving it on, up to the end of the next message.
 * 1: `out` has it, its payload owned by the caller. 0: all was taken and no message is whole yet.
 * -EPROTO or -EMSGSIZE: the peer is broken, rtmp_chunk_reason() says how; nothing can be read any
 * more. */
int rtmp_chunk_read(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *len,
                    struct rtmp_message *out);
/* Static storage. */
const char *rtmp_chunk_reason(const struct rtmp_chunk_reader *r);

/* A message of ours, without its payload. */
struct rtmp_head {
    uint8_t type;
    uint8_t chunk_stream_id; /* 2 to 63 */
    uint32_t stream_id;
    uint32_t timestamp;
};
/* Appends the message in chunks of at most `chunk_size`. */
void rtmp_chunk_write(struct buf *out, const struct rtmp_head *head, const void *payload,
                      size_t len, size_t chunk_size);

#endif
