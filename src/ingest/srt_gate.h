/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out who may connect while an SRT handshake waits for the answer: its passphrase must be
 * known before the handshake can go on. The question is answered on a worker thread; whoever asks
 * is the thread that receives for all SRT connections, so that both one answer and all of them
 * together are bounded in time.
 * Thread: the one that asks; one at a time. */
#ifndef INGEST_SRT_GATE_H
#define INGEST_SRT_GATE_H

#include <stdbool.h>

struct srt_gate;
struct stream_name;
struct worker_pool;

#define SRT_PASSPHRASE_SIZE 80 /* 10 to 79 characters and NUL */

struct srt_access {
    char passphrase[SRT_PASSPHRASE_SIZE]; /* "": none is set */
    bool allows_clear;
};

struct srt_gate_config {
    struct worker_pool *workers; /* borrowed; stopped before the gate goes */
    /* On a worker thread. 0; -ENOENT: no such stream key; -EBUSY: an encoder sends on its channel,
     * and nothing in the query lets another one in; anything else: it cannot be told now. */
    int (*find)(struct srt_access *out, const struct stream_name *name, void *ctx);
    void *ctx;
};

/* Returns owned. */
struct srt_gate *srt_gate_create(const struct srt_gate_config *config);
/* As `find`, or -ETIMEDOUT when that takes too long, -EAGAIN when too much was asked lately. */
int srt_gate_ask(struct srt_gate *gate, struct srt_access *out, const struct stream_name *name);
/* NULL is fine. */
void srt_gate_destroy(struct srt_gate *gate);

#endif
