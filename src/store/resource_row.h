/* SPDX-License-Identifier: Apache-2.0 */
/* Resources from rows, for reads inside and outside of transactions.
 * Thread: that of the connection. */
#ifndef STORE_RESOURCE_ROW_H
#define STORE_RESOURCE_ROW_H

#include <stddef.h>

#include "store/store.h"

struct secret_box;
struct sql_conn;
struct sql_value;

#define SCOPE_SIZE 192

/* "<region>:<account>:<type>", which all resources of a list and a quota share. -EINVAL if too
 * long or not an ARN. */
int scope_of_query(char scope[SCOPE_SIZE], const struct resource_query *query);
int scope_of_arn(char scope[SCOPE_SIZE], const char *arn);

/* The one row that a statement finds, secret included. -ENOENT if it finds none. */
int resource_find(struct sql_conn *conn, const struct secret_box *box, struct arena *arena,
                  int statement, const struct sql_value *args, int count, struct resource *out);
int resource_list(struct sql_conn *conn, struct arena *arena, const struct resource_query *query,
                  struct resource_page *out);
int resource_count(struct sql_conn *conn, const struct resource_query *query, int64_t *out);

#endif
