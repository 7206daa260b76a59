/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that wait for their next user. They are opened when needed and handed out newest
 * first, so that there are as many as are used at the same time.
 * Thread: any. */
#ifndef STORE_CONN_POOL_H
#define STORE_CONN_POOL_H

struct conn_pool;
struct sql_conn;
struct sql_driver;
struct store_config;

/* At most `max` at a time. Borrows `config`. Returns owned. */
struct conn_pool *conn_pool_create(const struct sql_driver *driver,
                                   const struct store_config *config, int max);
/* NULL is fine. All connections have been put back. */
void conn_pool_destroy(struct conn_pool *pool);
/* Waits while all are in use. Fails only as connecting does. */
int conn_pool_get(struct conn_pool *pool, struct sql_conn **out);
/* Takes it back, to be used again unless it is broken. */
void conn_pool_put(struct conn_pool *pool, struct sql_conn *conn);

#endif
