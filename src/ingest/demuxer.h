/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of one connection's demuxing worker: starts it, feeds it transport stream,
 * checks what it answers, and starts it again when it crashed or hung; what it had not answered is
 * then lost. Sending never blocks: a worker that does not take two seconds' worth misses the rest
 * until it has caught up.
 * Thread: its loop. Callbacks run on it, never inside calls of the owner's; destroying the demuxer
 * inside one is fine. */
#ifndef INGEST_DEMUXER_H
#define INGEST_DEMUXER_H

#include <stdbool.h>
#include <stdint.h>

struct bytes;
struct demuxer;
struct loop;
struct packet;

struct demuxer_config {
    const char *program; /* path of weir-media; NULL: beside the running program */
    const char *tag;     /* for log lines */
};

struct demuxer_events {
    /* What the stream says it consists of: at first, and when that changes. */
    void (*on_tracks)(bool has_video, bool has_audio, void *ctx);
    /* Times are unwrapped, the same clock for all tracks; a track that goes on in the same way
     * keeps its configuration pointer, whatever worker answers. Borrowed: ref to keep. */
    void (*on_packet)(struct packet *packet, void *ctx);
    /* Nothing more will come, at most one of the two: the stream is not carried, or no worker
     * survives it. `reason` is for people. */
    void (*on_refused)(const char *reason, void *ctx);
    void (*on_failed)(const char *reason, void *ctx);
};

/* A negative errno when no process can be started. */
int demuxer_create(struct demuxer **out, struct loop *loop, const struct demuxer_config *config,
                   const struct demuxer_events *events, void *ctx);
/* Refs `ts`; `arrival_us` is when its last byte came, wall clock. */
void demuxer_push(struct demuxer *d, struct bytes *ts, int64_t arrival_us);
/* Process id of the worker; 0: none runs. */
int demuxer_pid(const struct demuxer *d);
/* Kills the worker. No callback after it returns. NULL is fine. */
void demuxer_destroy(struct demuxer *d);

#endif
