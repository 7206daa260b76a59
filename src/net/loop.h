/* SPDX-License-Identifier: Apache-2.0 */
/* An event loop: a libuv loop on a thread of its own. All loops are alike; what lives on one is
 * touched by no other. Threads send each other messages: ids, values and references to shared data,
 * never a pointer to another's working object.
 * Thread: each function says which. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/list.h"

struct loop;
struct loop_timer;

/* `index` is 0 to N-1, for tables with a slot per loop. Returns owned, its thread not started. */
struct loop *loop_create(int index);
/* Starts the thread, named weir-loop-N. */
int loop_start(struct loop *loop);
/* Any thread. The loop ends once all its handles are closed: post their closing first. */
void loop_stop(struct loop *loop);
/* Not from the loop itself. Waits for the thread's end. */
void loop_join(struct loop *loop);
/* After loop_join(). NULL is fine. */
void loop_destroy(struct loop *loop);

int loop_index(const struct loop *loop);
/* For code of net/ and of the path that needs libuv itself; on the loop's thread. */
uv_loop_t *loop_uv(struct loop *loop);
/* The loop whose thread this is, NULL elsewhere. */
struct loop *loop_current(void);
/* Ends the process unless called on the loop's thread (or before it was started). */
void loop_assert_here(const struct loop *loop);
/* Monotonic milliseconds, cached at the start of the loop's round; on the loop's thread. */
int64_t loop_now_ms(struct loop *loop);

/* Memory that everything on the loop shares, each use ending before the callback or call in which
 * it began: what is read from a socket, what TLS made of it, small pieces that become one
 * record, and the records about to be sent. */
enum loop_scratch { SCRATCH_READ, SCRATCH_PLAIN, SCRATCH_GATHER, SCRATCH_RECORDS, SCRATCH_COUNT };
#define SCRATCH_READ_SIZE    ((size_t)64 * 1024)
#define SCRATCH_PLAIN_SIZE   ((size_t)16 * 1024)
#define SCRATCH_GATHER_SIZE  ((size_t)16 * 1024)
#define SCRATCH_RECORDS_SIZE ((size_t)272 * 1024)
/* On the loop's thread. Allocated at the first use. */
uint8_t *loop_scratch(struct loop *loop, enum loop_scratch which);

/* Any thread. Runs `run(arg)` on the loop's thread, in order of posting, never before this returns.
 * What is posted after loop_stop() runs in loop_destroy(). */
void loop_post(struct loop *loop, void (*run)(void *arg), void *arg);

/* Work that collects what happens in one round of the loop: it runs once, before the loop waits
 * again, however often it was asked for. Embedded by its owner; on the loop's thread. */
struct loop_task {
    struct list node;
    void (*run)(struct loop_task *task);
};
void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *task));
/* Fine if it was asked for already. */
void loop_task_ask(struct loop_task *task, struct loop *loop);
/* Takes the wish back. Fine if there is none. */
void loop_task_cancel(struct loop_task *task);

/* A timer, on the loop's thread. */
struct loop_timer *loop_timer_create(struct loop *loop, void (*run)(void *ctx), void *ctx);
/* (Re)starts it: once after `delay_ms`, or, unless `repeat_ms` is 0, at each multiple of that of
 * the loop's clock from about then on: whoever repeats something wakes the loop together with
 * others instead of for himself. */
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms, int64_t repeat_ms);
void loop_timer_stop(struct loop_timer *timer);
/* No callback after it returns; fine inside the callback. NULL is fine. */
void loop_timer_destroy(struct loop_timer *timer);

#endif
