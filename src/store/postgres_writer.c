/* SPDX-License-Identifier: Apache-2.0 */
/* A write is a transaction on a connection of its own (READ COMMITTED); several nodes write at the
 * same time. What makes a check and its change one step are row locks: txn_get() locks the
 * resource, txn_add() and txn_count() the tally of the scope, so that quotas are counted by one
 * writer after the other, and the places in a list are given out in the order in which they become
 * visible.
 *
 * When the connection breaks during COMMIT nobody knows the outcome; the transaction's number lets
 * the server, once it is back, tell it. */
#include "store/postgres.h"

#include <errno.h>
#include <stdbool.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/conn_pool.h"
#include "store/store_internal.h"

#define TAG          "postgres"
#define WRITERS_MAX  16
#define ATTEMPTS_MAX 10 /* when writers collide */

struct sql_writer {
    struct store *store;
    struct conn_pool *pool;
};

int postgres_writer_create(struct sql_writer **out, struct store *store)
{
    struct sql_writer *w = mem_zalloc(sizeof(*w));

    w->store = store;
    w->pool = conn_pool_create(store->driver, &store->config, WRITERS_MAX);
    *out = w;
    return 0;
}

void postgres_writer_destroy(struct sql_writer *w)
{
    if (!w)
        return;
    conn_pool_destroy(w->pool);
    mem_free(w);
}

/* Nobody knows whether a COMMIT without an answer was done, and asking later does not help: after a
 * crash PostgreSQL gives out the numbers of transactions again that left no trace, so that
 * pg_xact_status() can speak of another one. */
static int commit(struct sql_conn *conn)
{
    int err = sql_script(conn, "COMMIT");

    if (!err || !conn->is_broken)
        return err;
    log_error(TAG, "the connection broke during a COMMIT: its outcome is not known");
    return -EIO;
}

static int run_transaction(struct store_txn *txn, int (*run)(struct store_txn *txn, void *arg),
                           void *arg)
{
    int err = sql_script(txn->conn, "BEGIN");

    if (err)
        return err;
    err = store_txn_run(txn, run, arg);
    if (!err)
        return commit(txn->conn);
    /* Where even this fails the connection is of no more use, which ends the transaction too. */
    if (!txn->conn->is_broken && sql_script(txn->conn, "ROLLBACK"))
        txn->conn->is_broken = true;
    return err;
}

static int attempt(struct sql_writer *w, int (*run)(struct store_txn *txn, void *arg), void *arg)
{
    struct store_txn txn = { .store = w->store };
    int err = conn_pool_get(w->pool, &txn.conn);

    if (err)
        return err;
    err = run_transaction(&txn, run, arg);
    conn_pool_put(w->pool, txn.conn);
    return err;
}

int postgres_write(struct sql_writer *w, int (*run)(struct store_txn *txn, void *arg), void *arg)
{
    int err = -EAGAIN;

    for (int i = 0; err == -EAGAIN && i < ATTEMPTS_MAX; i++)
        err = attempt(w, run, arg);
    return err == -EAGAIN ? -ENOTCONN : err;
}
