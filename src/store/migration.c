/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/meta.h"
#include "store/sql.h"
#include "store/statement.h"

#define TAG          "store"
#define VERSION_NAME "schema_version"
#define SEQUENCE_KEY "SEQUENCE_KEY"

/* The number of migrations that the database has seen. */
static int read_version(struct sql_conn *conn, int *version)
{
    struct arena *arena = arena_create();
    char *text;
    int err = meta_get(conn, arena, VERSION_NAME, &text);

    *version = err ? 0 : (int)strtol(text, NULL, 10);
    arena_destroy(arena);
    return err == -ENOENT ? 0 : err;
}

static int write_version(struct sql_conn *conn, int version)
{
    char *text = mem_printf("%d", version);
    int err = meta_set(conn, VERSION_NAME, text);

    mem_free(text);
    return err;
}

/* What databases spell differently is one word in the files. */
static char *to_dialect(const struct sql_driver *driver, const char *sql)
{
    char *text = mem_strdup(sql), *at;

    while ((at = strstr(text, SEQUENCE_KEY))) {
        char *whole = mem_printf("%.*s%s%s", (int)(at - text), text, driver->sequence_key,
                                 at + strlen(SEQUENCE_KEY));
        mem_free(text);
        text = whole;
    }
    return text;
}

static int apply(struct sql_conn *conn, const struct migration *m, int version)
{
    char *sql = to_dialect(conn->driver, m->sql);
    int err = sql_script(conn, sql);

    mem_free(sql);
    if (!err)
        err = write_version(conn, version);
    if (err)
        log_error(TAG, "migration failed: name=%s", m->name);
    return err;
}

/* One step, in a transaction of its own that no other process runs beside. */
static int apply_next(struct sql_conn *conn, const struct migration *list, int count, int *version)
{
    int err = sql_script(conn, conn->driver->begin_write);

    if (err)
        return err;
    err = sql_script(conn, "CREATE TABLE IF NOT EXISTS meta "
                           "(name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)");
    if (!err)
        err = read_version(conn, version);
    if (!err && *version < count) {
        err = apply(conn, &list[*version], *version + 1);
        *version += 1;
    }
    if (!err)
        return sql_script(conn, "COMMIT");
    sql_script(conn, "ROLLBACK");
    return err;
}

int migration_run(struct sql_conn *conn, const struct migration *list, int count)
{
    int version, err;

    do
        err = apply_next(conn, list, count, &version);
    while (!err && version < count);
    if (!err && version > count) {
        log_error(TAG, "the data was written by a newer version: schema=%d known=%d", version,
                  count);
        err = -EPROTO;
    }
    return err;
}
