/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite driver: connections and statements. https://www.sqlite.org/c3ref/intro.html
 * WAL with synchronous=FULL: readers never wait for the writer, and a COMMIT is on the disk before
 * it returns. How writers share a COMMIT: store/group_writer.c. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/sql.h"
#include "store/statement.h"
#include "store/store.h"

#define TAG "sqlite"
/* The longest that another process, such as `weir keys`, may hold the write lock. */
#define BUSY_TIMEOUT_MS 5000
#define STATEMENT_MAX   4096
/* Pages that a burst of creates changes again and again: fewer checkpoints write them fewer times.
 * With the default of 1000 pages a checkpoint came after every fourth group of 64. */
#define SETUP_WRITER "PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 8000"

struct sqlite_conn {
    struct sql_conn base;
    sqlite3 *db;
    sqlite3_stmt *prepared[ST_END];
    sqlite3_stmt *current;
};

static struct sqlite_conn *of(struct sql_conn *conn)
{
    return (struct sqlite_conn *)conn;
}

static int errno_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CONSTRAINT:
        return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ? -EEXIST
                                                                                        : -EINVAL;
    case SQLITE_BUSY: /* nothing was changed; it is as if the database were away */
    case SQLITE_LOCKED:
        return -ENOTCONN;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EUCLEAN;
    default:
        return -EIO;
    }
}

/* What a constraint refuses is an answer; anything else is somebody's loss. */
static int fail(struct sqlite_conn *c, int code, const char *doing)
{
    int err = errno_of(code);

    if (err && err != -EEXIST)
        log_error(TAG, "%s failed: err=%s code=%d", doing, sqlite3_errmsg(c->db), code);
    return err;
}

static void setup_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);  /* a connection per thread: no locks inside */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* nor one around every allocation */
    sqlite3_initialize();
}

/* The journal's files get the mode of the database's. Never opens a file that is there: closing it
 * would drop every lock that this process holds on it (POSIX), and the next process to leave would
 * take the journal away from under our other connections. */
static int make_private_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return errno == EEXIST ? 0 : -errno;
    close(fd);
    return 0;
}

static int open_file(struct sqlite_conn *c, const char *path)
{
    int err = make_private_file(path);
    int code;

    if (err) {
        log_error(TAG, "cannot open the database: path=%s", path);
        return err;
    }
    code = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code)
        return fail(c, code, "open");
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    return sql_script(&c->base, "PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = FULL;"
                                "PRAGMA cache_size = -2000;"
                                "PRAGMA temp_store = MEMORY");
}

static void sqlite_disconnect(struct sql_conn *conn)
{
    struct sqlite_conn *c = of(conn);

    if (!c)
        return;
    for (int i = 0; i < ST_END; i++)
        sqlite3_finalize(c->prepared[i]);
    sqlite3_close(c->db);
    mem_free(c);
}

static int sqlite_connect(struct sql_conn **out, const struct store_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_conn *c = mem_zalloc(sizeof(*c));
    char *path = mem_printf("%s/weir.db", config->data_dir);
    int err;

    pthread_once(&once, setup_library);
    c->base.driver = &sqlite_driver;
    err = open_file(c, path);
    mem_free(path);
    if (err) {
        sqlite_disconnect(&c->base);
        return err;
    }
    *out = &c->base;
    return 0;
}

static int sqlite_script(struct sql_conn *conn, const char *text)
{
    return fail(of(conn), sqlite3_exec(of(conn)->db, text, NULL, NULL, NULL), "script");
}

/* $1 is a name to SQLite, ?1 a number. It tells the key of a new row without
 * RETURNING, for which it makes a table each time. */
static void to_dialect(struct buf *text)
{
    static const char ending[] = " RETURNING seq";
    const size_t ending_len = sizeof(ending) - 1;
    char *at = (char *)text->data;

    if (text->len > ending_len && !strcmp(at + text->len - ending_len, ending))
        at[text->len - ending_len] = '\0';
    while ((at = strchr(at, '$')))
        *at = '?';
}

static int prepare(struct sqlite_conn *c, int statement)
{
    struct buf text;
    int code;

    buf_init(&text, STATEMENT_MAX);
    statement_text(statement, &text);
    to_dialect(&text);
    code = sqlite3_prepare_v3(c->db, buf_str(&text), -1, SQLITE_PREPARE_PERSISTENT,
                              &c->prepared[statement], NULL);
    buf_clear(&text);
    return fail(c, code, "prepare");
}

static int bind(sqlite3_stmt *stmt, int index, const struct sql_value *value)
{
    switch (value->type) {
    case SQL_INT:
        return sqlite3_bind_int64(stmt, index, value->number);
    case SQL_TEXT:
        return sqlite3_bind_text(stmt, index, value->data, (int)value->len, SQLITE_STATIC);
    case SQL_BLOB:
        return sqlite3_bind_blob(stmt, index, value->data, (int)value->len, SQLITE_STATIC);
    case SQL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, index);
}

static int sqlite_start(struct sql_conn *conn, int statement, const struct sql_value *args,
                        int count)
{
    struct sqlite_conn *c = of(conn);
    int err = c->prepared[statement] ? 0 : prepare(c, statement);

    if (err)
        return err;
    c->current = c->prepared[statement];
    for (int i = 0; i < count; i++) {
        err = fail(c, bind(c->current, i + 1, &args[i]), "bind");
        if (err)
            return err;
    }
    return 0;
}

static int sqlite_step(struct sql_conn *conn)
{
    int code = sqlite3_step(of(conn)->current);

    if (code == SQLITE_ROW)
        return 1;
    return code == SQLITE_DONE ? 0 : fail(of(conn), code, "statement");
}

static void sqlite_finish(struct sql_conn *conn)
{
    if (of(conn)->current)
        sqlite3_reset(of(conn)->current);
    of(conn)->current = NULL;
}

static bool sqlite_is_alive(struct sql_conn *conn)
{
    return true;
}

static int64_t sqlite_changes(struct sql_conn *conn)
{
    return sqlite3_changes64(of(conn)->db);
}

static int64_t sqlite_added_key(struct sql_conn *conn)
{
    return sqlite3_last_insert_rowid(of(conn)->db);
}

static int64_t sqlite_column_int(struct sql_conn *conn, int column)
{
    return sqlite3_column_int64(of(conn)->current, column);
}

static const void *sqlite_column_data(struct sql_conn *conn, int column, size_t *len)
{
    sqlite3_stmt *stmt = of(conn)->current;
    const void *data;

    if (sqlite3_column_type(stmt, column) == SQLITE_BLOB)
        data = sqlite3_column_blob(stmt, column);
    else
        data = sqlite3_column_text(stmt, column);
    *len = (size_t)sqlite3_column_bytes(stmt, column);
    return data;
}

/* After some failures, such as a full disk, SQLite has rolled back by itself. */
static bool sqlite_in_transaction(struct sql_conn *conn)
{
    return !sqlite3_get_autocommit(of(conn)->db);
}

static int64_t sqlite_total_changes(struct sql_conn *conn)
{
    return sqlite3_total_changes64(of(conn)->db);
}

const struct sql_driver sqlite_driver = {
    .name = "sqlite",
    .max_conns = 16, /* a read takes microseconds: more would only cost memory */
    .begin_write = "BEGIN IMMEDIATE",
    .setup_writer = SETUP_WRITER,
    .sequence_key = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .is_alive = sqlite_is_alive,
    .script = sqlite_script,
    .start = sqlite_start,
    .step = sqlite_step,
    .finish = sqlite_finish,
    .changes = sqlite_changes,
    .added_key = sqlite_added_key,
    .column_int = sqlite_column_int,
    .column_data = sqlite_column_data,
    .in_transaction = sqlite_in_transaction,
    .needs_rollback = sqlite_in_transaction,
    .total_changes = sqlite_total_changes,
};
