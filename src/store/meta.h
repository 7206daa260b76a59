/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what the store remembers of itself: texts by name.
 * Thread: that of the connection. */
#ifndef STORE_META_H
#define STORE_META_H

struct arena;
struct sql_conn;

/* -ENOENT if there is none. */
int meta_get(struct sql_conn *conn, struct arena *arena, const char *name, char **out);
int meta_set(struct sql_conn *conn, const char *name, const char *value);
/* -EEXIST if there is one. */
int meta_add(struct sql_conn *conn, const char *name, const char *value);

#endif
