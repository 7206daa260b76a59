/* SPDX-License-Identifier: Apache-2.0 */
/* libsrt asks on the thread that receives for all connections of the port; while it waits, packets
 * stay in the kernel's buffer. Nothing is lost by that as long as it is short against the second
 * after which senders give packets up, and against the buffer (8192 packets, 400 ms of 240 Mb/s).
 * A look-up is two reads of the store, well below a millisecond with SQLite; WAIT_MAX_MS bounds one
 * that hangs.
 *
 * What all look-ups together may take is a quarter of the time, with a second in advance for
 * encoders that come back together after an outage: a flood of handshakes with made-up keys (their
 * addresses are real: libsrt has checked a cookie) costs encoders on air nothing but that. */
#include "ingest/srt_gate.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/worker.h"
#include "ingest/stream_name.h"

#define WAIT_MAX_MS  250
#define SHARE        4       /* one in so many microseconds may be spent waiting */
#define ADVANCE_US   1000000 /* that may have been saved up */
#define ASK_LEAST_US 1000    /* what a look-up counts for at least */

struct question {
    struct srt_gate_config config;
    pthread_mutex_t lock; /* lock guards: is_answered, is_given_up */
    pthread_cond_t answered;
    bool is_answered, is_given_up;
    int err;
    struct srt_access access;
    struct stream_name name;
};

struct srt_gate {
    struct srt_gate_config config;
    int64_t saved_us;   /* that look-ups may take now */
    int64_t counted_us; /* monotonic: up to when that is counted */
};

static void destroy_question(struct question *q)
{
    pthread_cond_destroy(&q->answered);
    pthread_mutex_destroy(&q->lock);
    explicit_bzero(q, sizeof(*q));
    mem_free(q);
}

/* Worker thread. */
static void answer(void *arg)
{
    struct question *q = arg;
    int err = q->config.find(&q->access, &q->name, q->config.ctx);
    bool is_given_up;

    pthread_mutex_lock(&q->lock);
    q->err = err;
    q->is_answered = true;
    is_given_up = q->is_given_up;
    pthread_cond_signal(&q->answered);
    pthread_mutex_unlock(&q->lock);
    if (is_given_up)
        destroy_question(q);
}

static struct question *create_question(const struct srt_gate *gate, const struct stream_name *name)
{
    struct question *q = mem_zalloc(sizeof(*q));
    pthread_condattr_t attr;

    q->config = gate->config;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->answered, &attr);
    pthread_condattr_destroy(&attr);
    q->name = *name;
    return q;
}

static struct timespec deadline(void)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MAX_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

static int wait_for_answer(struct question *q, struct srt_access *out)
{
    struct timespec until = deadline();
    int err = 0;

    pthread_mutex_lock(&q->lock);
    while (!q->is_answered && !err)
        err = pthread_cond_timedwait(&q->answered, &q->lock, &until);
    if (!q->is_answered) {
        q->is_given_up = true; /* the worker's now */
        pthread_mutex_unlock(&q->lock);
        return -ETIMEDOUT;
    }
    pthread_mutex_unlock(&q->lock);
    *out = q->access;
    err = q->err;
    destroy_question(q);
    return err;
}

static void save(struct srt_gate *gate, int64_t now_us)
{
    gate->saved_us += (now_us - gate->counted_us) / SHARE;
    gate->counted_us = now_us;
    if (gate->saved_us > ADVANCE_US)
        gate->saved_us = ADVANCE_US;
}

int srt_gate_ask(struct srt_gate *gate, struct srt_access *out, const struct stream_name *name)
{
    int64_t start_us = clock_mono_us(), taken_us;
    struct question *q;
    int err;

    save(gate, start_us);
    if (gate->saved_us <= 0)
        return -EAGAIN;
    q = create_question(gate, name);
    worker_submit(gate->config.workers, answer, q);
    err = wait_for_answer(q, out);
    taken_us = clock_mono_us() - start_us;
    gate->saved_us -= taken_us > ASK_LEAST_US ? taken_us : ASK_LEAST_US;
    return err;
}

struct srt_gate *srt_gate_create(const struct srt_gate_config *config)
{
    struct srt_gate *gate = mem_zalloc(sizeof(*gate));

    gate->config = *config;
    gate->saved_us = ADVANCE_US;
    gate->counted_us = clock_mono_us();
    return gate;
}

void srt_gate_destroy(struct srt_gate *gate)
{
    mem_free(gate);
}
