/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"

struct sql_value sql_int(int64_t number)
{
    return (struct sql_value){ .type = SQL_INT, .number = number };
}

struct sql_value sql_text(const char *text)
{
    if (!text)
        return (struct sql_value){ .type = SQL_NULL };
    return (struct sql_value){ .type = SQL_TEXT, .data = text, .len = strlen(text) };
}

struct sql_value sql_blob(const void *data, size_t len)
{
    if (!data)
        return (struct sql_value){ .type = SQL_NULL };
    return (struct sql_value){ .type = SQL_BLOB, .data = data, .len = len };
}

int sql_start(struct sql_conn *conn, int statement, const struct sql_value *args, int count)
{
    return conn->driver->start(conn, statement, args, count);
}

int sql_step(struct sql_conn *conn)
{
    return conn->driver->step(conn);
}

void sql_finish(struct sql_conn *conn)
{
    conn->driver->finish(conn);
}

int64_t sql_column_int(struct sql_conn *conn, int column)
{
    return conn->driver->column_int(conn, column);
}

const void *sql_column_data(struct sql_conn *conn, int column, size_t *len)
{
    return conn->driver->column_data(conn, column, len);
}

char *sql_column_text(struct sql_conn *conn, int column, struct arena *arena)
{
    size_t len;
    const void *data = sql_column_data(conn, column, &len);

    return data ? arena_dup(arena, data, len + 1) : NULL;
}

int sql_run(struct sql_conn *conn, int statement, const struct sql_value *args, int count)
{
    int err = sql_start(conn, statement, args, count);

    while (!err && (err = sql_step(conn)) > 0)
        err = 0;
    sql_finish(conn);
    return err;
}

int sql_change(struct sql_conn *conn, int statement, const struct sql_value *args, int count)
{
    int err = sql_start(conn, statement, args, count);

    if (!err)
        err = sql_step(conn);
    if (!err && !conn->driver->changes(conn))
        err = -ENOENT;
    sql_finish(conn);
    return err;
}

int sql_add(struct sql_conn *conn, int statement, const struct sql_value *args, int count,
            int64_t *key)
{
    int err = sql_start(conn, statement, args, count);

    if (!err)
        err = sql_step(conn);
    if (err >= 0) {
        *key = conn->driver->added_key(conn);
        err = 0;
    }
    sql_finish(conn);
    return err;
}

int sql_run_int(struct sql_conn *conn, int statement, const struct sql_value *args, int count,
                int64_t *out)
{
    int err = sql_start(conn, statement, args, count);

    if (err)
        goto out;
    err = sql_step(conn);
    if (err > 0) {
        *out = sql_column_int(conn, 0);
        while ((err = sql_step(conn)) > 0)
            continue;
    } else if (!err) {
        err = -ENOENT;
    }
out:
    sql_finish(conn);
    return err;
}

int sql_script(struct sql_conn *conn, const char *text)
{
    return conn->driver->script(conn, text);
}
