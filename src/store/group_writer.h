/* SPDX-License-Identifier: Apache-2.0 */
/* The one thread of this process that writes: runs the write functions that have queued up one
 * after the other in one transaction, and commits them together. */
#ifndef STORE_GROUP_WRITER_H
#define STORE_GROUP_WRITER_H

struct group_writer;
struct store;
struct store_txn;

/* Starts the thread weir-store. Borrows the store. */
int group_writer_create(struct group_writer **out, struct store *store);
/* NULL is fine. Finishes what is queued. */
void group_writer_destroy(struct group_writer *writer);
/* store_write() */
int group_writer_run(struct group_writer *writer, int (*run)(struct store_txn *txn, void *arg),
                     void *arg);

#endif
