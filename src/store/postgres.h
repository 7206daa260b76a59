/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the PostgreSQL driver share. */
#ifndef STORE_POSTGRES_H
#define STORE_POSTGRES_H

struct sql_writer;
struct store;
struct store_txn;

int postgres_writer_create(struct sql_writer **out, struct store *store);
/* NULL is fine. No write may be under way. */
void postgres_writer_destroy(struct sql_writer *writer);
int postgres_write(struct sql_writer *writer, int (*run)(struct store_txn *txn, void *arg),
                   void *arg);

#endif
