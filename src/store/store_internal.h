/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder know of a store. */
#ifndef STORE_STORE_INTERNAL_H
#define STORE_STORE_INTERNAL_H

#include "store/sql.h"
#include "store/store.h"

struct conn_pool;
struct group_writer;
struct secret_box;

struct store {
    struct store_config config; /* owns its strings */
    const struct sql_driver *driver;
    struct secret_box *box;
    struct conn_pool *pool;
    struct group_writer *writer;
};

struct store_txn {
    struct store *store;
    struct sql_conn *conn;
    int err; /* sticky: after a failed change the transaction must not be committed */
};

/* Runs one write function and answers what the transaction must answer. */
int store_txn_run(struct store_txn *txn, int (*run)(struct store_txn *txn, void *arg), void *arg);

#endif
