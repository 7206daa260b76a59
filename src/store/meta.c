/* SPDX-License-Identifier: Apache-2.0 */
#include "store/meta.h"

#include <errno.h>

#include "base/mem.h"
#include "store/sql.h"
#include "store/statement.h"

int meta_get(struct sql_conn *conn, struct arena *arena, const char *name, char **out)
{
    struct sql_value args[] = { sql_text(name) };
    int err = sql_start(conn, ST_META_GET, args, ARRAY_LEN(args));

    if (!err)
        err = sql_step(conn);
    if (err > 0) {
        *out = sql_column_text(conn, 0, arena);
        err = 0;
    } else if (!err) {
        err = -ENOENT;
    }
    sql_finish(conn);
    return err;
}

int meta_set(struct sql_conn *conn, const char *name, const char *value)
{
    struct sql_value args[] = { sql_text(name), sql_text(value) };

    return sql_run(conn, ST_META_SET, args, ARRAY_LEN(args));
}

int meta_add(struct sql_conn *conn, const char *name, const char *value)
{
    struct sql_value args[] = { sql_text(name), sql_text(value) };

    return sql_run(conn, ST_META_ADD, args, ARRAY_LEN(args));
}
