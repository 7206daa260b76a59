/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of the SQLite driver share. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <stdbool.h>
#include <stdint.h>

struct sql_conn;
struct sql_writer;
struct store;
struct store_txn;

/* After some failures SQLite has rolled back by itself. */
bool sqlite_in_transaction(struct sql_conn *conn);
/* Grows with every row that is changed. */
int64_t sqlite_total_changes(struct sql_conn *conn);

/* The thread weir-store, which runs all writes of this process. */
int sqlite_writer_create(struct sql_writer **out, struct store *store);
/* NULL is fine. Finishes what is queued. */
void sqlite_writer_destroy(struct sql_writer *writer);
int sqlite_write(struct sql_writer *writer, int (*run)(struct store_txn *txn, void *arg),
                 void *arg);

#endif
