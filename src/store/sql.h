/* SPDX-License-Identifier: Apache-2.0 */
/* The seam between the store and a database: a connection that runs numbered statements
 * (store/statement.h). A driver is a const struct of functions; everything else in this folder is
 * the same for all of them.
 * Thread: a connection belongs to one thread at a time. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct store_config;

enum sql_type { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB };

struct sql_value {
    enum sql_type type;
    int64_t number;
    const void *data;
    size_t len;
};

/* A connection; each driver's own struct begins with it. */
struct sql_conn {
    const struct sql_driver *driver;
    bool is_broken; /* of no more use */
};

struct sql_driver {
    const char *name;
    int max_conns; /* that reading threads share */
    /* Opens a transaction that no other writer, of this process or another, runs beside. */
    const char *begin_write;
    /* What the one connection that writes is set up with. */
    const char *setup_writer;
    /* What a schema file calls SEQUENCE_KEY: a key that counts up and never repeats. */
    const char *sequence_key;

    int (*connect)(struct sql_conn **out, const struct store_config *config);
    void (*disconnect)(struct sql_conn *conn);
    /* False if the other end has gone while it waited. */
    bool (*is_alive)(struct sql_conn *conn);
    /* Runs several statements without parameters and results. */
    int (*script)(struct sql_conn *conn, const char *text);
    /* See sql_start() and below. */
    int (*start)(struct sql_conn *conn, int statement, const struct sql_value *args, int count);
    int (*step)(struct sql_conn *conn);
    void (*finish)(struct sql_conn *conn);
    /* After the last step: how many rows were changed, and the key of the one that was added. */
    int64_t (*changes)(struct sql_conn *conn);
    int64_t (*added_key)(struct sql_conn *conn);
    int64_t (*column_int)(struct sql_conn *conn, int column);
    const void *(*column_data)(struct sql_conn *conn, int column, size_t *len);

    /* For the writer: what shares a transaction with others. */
    bool (*in_transaction)(struct sql_conn *conn); /* in one that can still be committed */
    bool (*needs_rollback)(struct sql_conn *conn);
    int64_t (*total_changes)(struct sql_conn *conn); /* grows with every row that is changed */
};

extern const struct sql_driver sqlite_driver;
extern const struct sql_driver postgres_driver;
/* Can libpq read it? */
bool postgres_is_url(const char *url);

struct sql_value sql_int(int64_t number);
struct sql_value sql_text(const char *text); /* NULL: SQL's NULL */
struct sql_value sql_blob(const void *data, size_t len);

/* Starts a statement with its parameters, which are borrowed until sql_finish(). One at a time. */
int sql_start(struct sql_conn *conn, int statement, const struct sql_value *args, int count);
/* 1: there is a row; 0: no more; negative: an error, such as -EEXIST. */
int sql_step(struct sql_conn *conn);
void sql_finish(struct sql_conn *conn);
/* Of the row of the last sql_step(); 0 for NULL. */
int64_t sql_column_int(struct sql_conn *conn, int column);
/* Borrowed until the next step; a NUL follows text. NULL for NULL. */
const void *sql_column_data(struct sql_conn *conn, int column, size_t *len);
/* A copy; NULL for NULL. */
char *sql_column_text(struct sql_conn *conn, int column, struct arena *arena);

/* For statements that answer no row. */
int sql_run(struct sql_conn *conn, int statement, const struct sql_value *args, int count);
/* -ENOENT if it changed none. */
int sql_change(struct sql_conn *conn, int statement, const struct sql_value *args, int count);
/* For an INSERT into a table with a sequence key. */
int sql_add(struct sql_conn *conn, int statement, const struct sql_value *args, int count,
            int64_t *key);
/* The first column of the first row; -ENOENT without a row. */
int sql_run_int(struct sql_conn *conn, int statement, const struct sql_value *args, int count,
                int64_t *out);
int sql_script(struct sql_conn *conn, const char *text);

#endif
