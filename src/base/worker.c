/* SPDX-License-Identifier: Apache-2.0 */
#include "base/worker.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/list.h"
#include "base/mem.h"

/* Deep enough for SQLite, PCRE2's JIT and OpenSSL; small enough for 64 threads to cost nothing. */
#define STACK_SIZE ((size_t)256 * 1024)

struct job {
    struct list node;
    void (*run)(void *arg);
    void *arg;
};

struct worker_pool {
    pthread_mutex_t lock; /* lock guards: jobs, is_stopping */
    pthread_cond_t wake;
    struct list jobs;
    bool is_stopping;
    bool is_joined;
    int count;
    pthread_t threads[];
};

/* NULL: the pool stops and nothing is left to do. */
static struct job *next_job(struct worker_pool *pool)
{
    struct list *node;

    pthread_mutex_lock(&pool->lock);
    while (list_is_empty(&pool->jobs) && !pool->is_stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    node = list_pop(&pool->jobs);
    pthread_mutex_unlock(&pool->lock);
    return node ? LIST_ITEM(node, struct job, node) : NULL;
}

static void *work(void *arg)
{
    struct worker_pool *pool = arg;
    struct job *job;

    while ((job = next_job(pool))) {
        job->run(job->arg);
        mem_free(job);
    }
    return NULL;
}

struct worker_pool *worker_pool_create(int threads)
{
    struct worker_pool *pool =
        mem_zalloc(sizeof(*pool) + (size_t)threads * sizeof(pool->threads[0]));
    pthread_attr_t attr;
    char name[16];

    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    list_init(&pool->jobs);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    for (; pool->count < threads; pool->count++) {
        if (pthread_create(&pool->threads[pool->count], &attr, work, pool))
            break; /* fewer threads serve more slowly, which is better than not at all */
        snprintf(name, sizeof(name), "weir-work-%d", pool->count);
        pthread_setname_np(pool->threads[pool->count], name);
    }
    pthread_attr_destroy(&attr);
    return pool;
}

void worker_submit(struct worker_pool *pool, void (*run)(void *arg), void *arg)
{
    struct job *job = mem_alloc(sizeof(*job));

    *job = (struct job){ .run = run, .arg = arg };
    pthread_mutex_lock(&pool->lock);
    list_append(&pool->jobs, &job->node);
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_stop(struct worker_pool *pool)
{
    if (pool->is_joined)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->count; i++)
        pthread_join(pool->threads[i], NULL);
    pool->is_joined = true;
}

void worker_pool_destroy(struct worker_pool *pool)
{
    if (!pool)
        return;
    worker_pool_stop(pool);
    work(pool); /* what came in after the threads had left */
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
}
