/* SPDX-License-Identifier: Apache-2.0 */
/* Numbered steps from an empty database to the newest schema: the files of store/schema/, embedded
 * at build time. Each is applied once, in its own transaction, and never edited after a release. */
#ifndef STORE_MIGRATION_H
#define STORE_MIGRATION_H

struct sql_conn;

struct migration {
    const char *name; /* its file */
    const char *sql;
};

extern const struct migration migrations[];
extern const int migration_count;

/* Applies the first `count` migrations as far as they are missing; several processes may do so at
 * once. -EPROTO if the database knows more than them. */
int migration_run(struct sql_conn *conn, const struct migration *list, int count);

#endif
