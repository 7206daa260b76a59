/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit. One thread runs all writes, all that have queued up in one transaction, so that
 * they share the cost of one write to the disk:
 *
 *     workers --job--> queue --> BEGIN  run() run() run() ...  COMMIT --> all are woken
 *
 * Under load the queue fills while a COMMIT waits for the disk, which makes the next group large;
 * a lone write waits for nobody. A run() that refuses before it has changed anything, as nearly all
 * do that refuse, costs the others nothing; after one that had changed something the transaction is
 * rolled back and run again without it. That is much cheaper than a savepoint around each, for
 * which SQLite copies every page it changes. When the COMMIT fails the whole group fails. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/sqlite.h"
#include "store/store_internal.h"

/* Bounds how long the first of a group waits for the last. */
#define GROUP_MAX 128
/* Pages that a burst of creates changes again and again: fewer checkpoints write them fewer times.
 * With the default of 1000 pages a checkpoint came after every fourth group of 64. */
#define PRAGMAS "PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 8000"

struct job {
    struct list node;
    int (*run)(struct store_txn *txn, void *arg);
    void *arg;
    int err; /* not 0: it has its answer and takes part no more */
    sem_t done;
};

struct sql_writer {
    struct store *store;
    struct sql_conn *conn;
    pthread_t thread;
    pthread_mutex_t lock; /* lock guards: queue, is_stopping */
    pthread_cond_t wake;
    struct list queue;
    bool is_stopping;
};

/* 0: the transaction can go on. -EAGAIN: the job has refused and left changes behind. -EIO: SQLite
 * has rolled back by itself, as it does when the disk is full. */
static int run_job(struct sql_writer *w, struct job *job)
{
    struct store_txn txn = { .store = w->store, .conn = w->conn };
    int64_t changes = sqlite_total_changes(w->conn);

    job->err = store_txn_run(&txn, job->run, job->arg);
    if (!sqlite_in_transaction(w->conn))
        return -EIO;
    return job->err && sqlite_total_changes(w->conn) != changes ? -EAGAIN : 0;
}

static int run_group(struct sql_writer *w, struct list *group)
{
    int err = sql_script(w->conn, "BEGIN IMMEDIATE");

    LIST_EACH (node, group) {
        struct job *job = LIST_ITEM(node, struct job, node);

        if (!err && !job->err)
            err = run_job(w, job);
    }
    return err ? err : sql_script(w->conn, "COMMIT");
}

static void finish_group(struct list *group, int err)
{
    struct list *node;

    while ((node = list_pop(group))) {
        struct job *job = LIST_ITEM(node, struct job, node);

        if (!job->err)
            job->err = err;
        sem_post(&job->done);
    }
}

/* Each attempt but the last has one job less. */
static void commit_group(struct sql_writer *w, struct list *group)
{
    int err;

    do {
        err = run_group(w, group);
        if (err && sqlite_in_transaction(w->conn))
            sql_script(w->conn, "ROLLBACK");
    } while (err == -EAGAIN);
    finish_group(group, err);
}

/* False: stopping, and nothing is left to do. */
static bool next_group(struct sql_writer *w, struct list *group)
{
    struct list *node;

    list_init(group);
    pthread_mutex_lock(&w->lock);
    while (list_is_empty(&w->queue) && !w->is_stopping)
        pthread_cond_wait(&w->wake, &w->lock);
    for (int i = 0; i < GROUP_MAX && (node = list_pop(&w->queue)); i++)
        list_append(group, node);
    pthread_mutex_unlock(&w->lock);
    return !list_is_empty(group);
}

static void *work(void *arg)
{
    struct sql_writer *w = arg;
    struct list group;

    while (next_group(w, &group))
        commit_group(w, &group);
    return NULL;
}

int sqlite_writer_create(struct sql_writer **out, struct store *store)
{
    struct sql_writer *w = mem_zalloc(sizeof(*w));
    int err = store->driver->connect(&w->conn, &store->config);

    if (!err)
        err = sql_script(w->conn, PRAGMAS);
    if (err)
        goto out;
    w->store = store;
    list_init(&w->queue);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    err = -pthread_create(&w->thread, NULL, work, w);
    if (err)
        goto out;
    pthread_setname_np(w->thread, "weir-store");
    *out = w;
    w = NULL;
out:
    if (w)
        store->driver->disconnect(w->conn);
    mem_free(w);
    return err;
}

void sqlite_writer_destroy(struct sql_writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    w->store->driver->disconnect(w->conn);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

int sqlite_write(struct sql_writer *w, int (*run)(struct store_txn *txn, void *arg), void *arg)
{
    struct job job = { .run = run, .arg = arg };

    sem_init(&job.done, 0, 0);
    pthread_mutex_lock(&w->lock);
    list_append(&w->queue, &job.node);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    while (sem_wait(&job.done))
        continue; /* a signal came */
    sem_destroy(&job.done);
    return job.err;
}
