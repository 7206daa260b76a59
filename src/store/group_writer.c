/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: what has queued up shares the cost of one write to the disk.
 *
 *     workers --job--> queue --> BEGIN  run() run() run() ...  COMMIT --> all are woken
 *
 * Under load the queue fills while a COMMIT waits for the disk, which makes the next group large;
 * a lone write waits for nobody. A run() that refuses before it has changed anything, as nearly all
 * do that refuse, costs the others nothing; after one that had changed something the transaction is
 * rolled back and run again without it. That is much cheaper than a savepoint around each, for
 * which SQLite copies every page it changes. When the COMMIT fails the whole group fails.
 *
 * BEGIN takes the write lock of the database, so that writers of other processes and nodes come
 * before or after, never between: a check and its change are one step without any other lock. With
 * PostgreSQL, too, this is the fast way: a row lock on the tally of a scope, held by each of many
 * transactions until its own COMMIT is on the disk, lets one create per write to the disk through.
 */
#include "store/group_writer.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store_internal.h"

#define TAG "store"
/* Bounds how long the first of a group waits for the last. */
#define GROUP_MAX 128

struct job {
    struct list node;
    int (*run)(struct store_txn *txn, void *arg);
    void *arg;
    int err; /* not 0: it has its answer and takes part no more */
    sem_t done;
};

struct group_writer {
    struct store *store;
    struct sql_conn *conn; /* NULL while there is none */
    pthread_t thread;
    pthread_mutex_t lock; /* lock guards: queue, is_stopping */
    pthread_cond_t wake;
    struct list queue;
    bool is_stopping;
};

static void drop_conn(struct group_writer *w)
{
    w->store->driver->disconnect(w->conn);
    w->conn = NULL;
}

/* The database may have gone and come back since the last group. */
static int ensure_conn(struct group_writer *w)
{
    const struct sql_driver *driver = w->store->driver;
    int err;

    if (w->conn && (w->conn->is_broken || !driver->is_alive(w->conn)))
        drop_conn(w);
    if (w->conn)
        return 0;
    err = driver->connect(&w->conn, &w->store->config);
    if (!err)
        err = sql_script(w->conn, driver->setup_writer);
    if (err)
        drop_conn(w);
    return err;
}

/* 0: the transaction can go on. -EAGAIN: it must begin again, without this job. */
static int run_job(struct group_writer *w, struct job *job)
{
    const struct sql_driver *driver = w->store->driver;
    struct store_txn txn = { .store = w->store, .conn = w->conn };
    int64_t changes = driver->total_changes(w->conn);

    job->err = store_txn_run(&txn, job->run, job->arg);
    if (w->conn->is_broken)
        return -ENOTCONN;
    if (!job->err)
        return 0;
    return driver->in_transaction(w->conn) && driver->total_changes(w->conn) == changes ? 0
                                                                                        : -EAGAIN;
}

/* Nobody knows whether a COMMIT without an answer was done. Asking PostgreSQL later does not help:
 * after a crash it gives out the numbers of transactions again that left no trace. */
static int commit(struct group_writer *w)
{
    int err = sql_script(w->conn, "COMMIT");

    if (!err || !w->conn->is_broken)
        return err;
    log_error(TAG, "the connection broke during a COMMIT: its outcome is not known");
    return -EIO;
}

static int run_group(struct group_writer *w, struct list *group)
{
    int err = sql_script(w->conn, w->store->driver->begin_write);

    LIST_EACH (node, group) {
        struct job *job = LIST_ITEM(node, struct job, node);

        if (!err && !job->err)
            err = run_job(w, job);
    }
    return err ? err : commit(w);
}

/* A transaction that cannot be rolled back ends with its connection. */
static void roll_back(struct group_writer *w)
{
    if (w->conn->is_broken || !w->store->driver->needs_rollback(w->conn))
        return;
    if (sql_script(w->conn, "ROLLBACK"))
        w->conn->is_broken = true;
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
static void commit_group(struct group_writer *w, struct list *group)
{
    int err = ensure_conn(w);

    if (!err) {
        do {
            err = run_group(w, group);
            if (err)
                roll_back(w);
        } while (err == -EAGAIN);
    }
    finish_group(group, err);
}

/* False: stopping, and nothing is left to do. */
static bool next_group(struct group_writer *w, struct list *group)
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
    struct group_writer *w = arg;
    struct list group;

    while (next_group(w, &group))
        commit_group(w, &group);
    return NULL;
}

int group_writer_create(struct group_writer **out, struct store *store)
{
    struct group_writer *w = mem_zalloc(sizeof(*w));
    int err;

    w->store = store;
    list_init(&w->queue);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    err = -pthread_create(&w->thread, NULL, work, w);
    if (err) {
        mem_free(w);
        return err;
    }
    pthread_setname_np(w->thread, "weir-store");
    *out = w;
    return 0;
}

void group_writer_destroy(struct group_writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    drop_conn(w);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

int group_writer_run(struct group_writer *w, int (*run)(struct store_txn *txn, void *arg),
                     void *arg)
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
