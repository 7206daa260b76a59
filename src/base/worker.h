/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of threads for straight-line, blocking work: API operations and calls into store/.
 * Thread: any may submit. */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

struct worker_pool;

/* `threads` small-stack threads named weir-work-N. Returns owned. */
struct worker_pool *worker_pool_create(int threads);
/* Runs `run(arg)` on a worker thread, first come first served. After worker_pool_stop() the job
 * still runs, on the thread that stops the pool. */
void worker_submit(struct worker_pool *pool, void (*run)(void *arg), void *arg);
/* Lets all submitted jobs finish and joins the threads. */
void worker_pool_stop(struct worker_pool *pool);
/* NULL is fine. Stops if that has not happened yet. */
void worker_pool_destroy(struct worker_pool *pool);

#endif
