/* SPDX-License-Identifier: Apache-2.0 */
/* A child process as the server sees it: started by exec with an empty environment and only its
 * link and standard error open, pinged every second, killed when it leaves three pings unanswered,
 * breaks the framing or floods the link, reaped in the background.
 * The program must ignore SIGPIPE.
 * Thread: the loop it was created on. Callbacks run on that loop, never inside the owner's calls.
 */
#ifndef CHILD_WORKER_PROCESS_H
#define CHILD_WORKER_PROCESS_H

#include <stdint.h>

#include "child/worker_link.h"

struct bytes;
struct loop;
struct worker_process;

struct worker_process_config {
    const char *program; /* path of weir-media; NULL: beside the running program */
    const char *role;    /* "transcode", "compose", "demux" */
    const char *tag;     /* for log lines, and seen in the process list */
};

struct worker_process_events {
    /* Frames of the role's own types, and FRAME_READY and FRAME_DRAINED; FRAME_ERROR is logged
     * here. Borrowed. worker_process_destroy() inside is fine. */
    void (*on_frame)(const struct worker_frame *frame, void *ctx);
    /* Exactly once, unless destroyed first: the process is gone, all it sent has been handed over.
     * Still to be destroyed by the owner, inside or later. */
    void (*on_end)(const char *reason, void *ctx);
};

/* Starts the process. A negative errno when that fails. */
int worker_process_create(struct worker_process **out, struct loop *loop,
                          const struct worker_process_config *config,
                          const struct worker_process_events *events, void *ctx);
/* Queues a frame whose payload is `head` (copied, at most WORKER_HEAD_MAX bytes) followed by `body`
 * (refs; may be NULL); never blocks. -EMSGSIZE: too large; -EPIPE: the process is ending. */
#define WORKER_HEAD_MAX 512
int worker_process_send(struct worker_process *p, int type, const void *head, size_t head_len,
                        struct bytes *body);
/* Nothing more will be sent: the worker finishes what it has. It is not pinged meanwhile, as it
 * waits for threads of its own, and killed when that takes over six seconds. */
void worker_process_drain(struct worker_process *p);
/* How long the oldest frame has been waiting for the kernel to take it; 0: nothing waits. */
int64_t worker_process_queue_ms(const struct worker_process *p);
size_t worker_process_queue_bytes(const struct worker_process *p);
int worker_process_pid(const struct worker_process *p);
/* What all its threads have used so far, as the kernel counts it; -1: unknown. */
int64_t worker_process_cpu_us(const struct worker_process *p);
/* Kills the process if it still runs. No callback after it returns. NULL is fine. */
void worker_process_destroy(struct worker_process *p);

#endif
