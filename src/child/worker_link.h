/* SPDX-License-Identifier: Apache-2.0 */
/* The frames that the server and its child processes exchange over a SOCK_STREAM socket pair. A
 * frame is a header of 12 bytes and a payload; all numbers are little-endian:
 *
 *   0  u32  magic, "WRLK"
 *   4  u8   version of the framing and of all payloads: both ends come from one build
 *   5  u8   type
 *   6  u16  zero
 *   8  u32  length of the payload, at most 4 MiB
 *
 * Thread: a reader belongs to one; the rest is pure. */
#ifndef CHILD_WORKER_LINK_H
#define CHILD_WORKER_LINK_H

#include "base/buf.h"

#define WORKER_LINK_MAGIC   0x4b4c5257
#define WORKER_LINK_VERSION 1
#define WORKER_HEADER_SIZE  12
#define WORKER_PAYLOAD_MAX  (4 << 20)

/* What every role understands; a role's own types start at FRAME_ROLE. */
enum worker_frame_type {
    FRAME_READY = 1, /* child: sandboxed, waiting for work */
    FRAME_PING,      /* server, once a second: u64 */
    FRAME_PONG,      /* child: the same u64 */
    FRAME_DRAIN,     /* server: nothing more will come; finish */
    FRAME_DRAINED,   /* child: everything has been sent; exit follows */
    FRAME_ERROR,     /* child: text for the log; exit follows or not */
    FRAME_ROLE = 16,
};

struct worker_frame {
    int type;
    const uint8_t *data;
    size_t len;
};

void worker_frame_header(uint8_t header[WORKER_HEADER_SIZE], int type, size_t len);

/* Cuts what arrives into frames. The other end is hostile: a frame that is not ours, or too large,
 * ends the conversation. */
struct worker_frame_reader {
    struct buf pending;
    size_t consumed; /* of `pending`, by frames handed out */
};

void worker_frame_reader_init(struct worker_frame_reader *reader);
void worker_frame_reader_clear(struct worker_frame_reader *reader);
/* Copies `data`; frames handed out before are gone. -EMSGSIZE when frames are not being taken. */
int worker_frame_reader_feed(struct worker_frame_reader *reader, const void *data, size_t len);
/* 1: *frame is the next one, borrowed until the next feed. 0: more must arrive. -EPROTO: not a
 * frame of ours, now and ever after. */
int worker_frame_reader_next(struct worker_frame_reader *reader, struct worker_frame *frame);

#endif
