/* SPDX-License-Identifier: Apache-2.0 */
/* The PostgreSQL driver: connections and statements over libpq.
 * https://www.postgresql.org/docs/current/libpq.html. Results come in binary, as
 * sql_column_int() and sql_column_data() want them. Writers of all nodes take turns by an advisory
 * lock: store/group_writer.c. */
#include <errno.h>
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/sql.h"
#include "store/statement.h"
#include "store/store.h"

#define TAG           "postgres"
#define STATEMENT_MAX 4096
#define ARGS_MAX      16
#define NUMBER_SIZE   24

struct postgres_conn {
    struct sql_conn base;
    PGconn *pg;
    bool is_prepared[ST_END];
    PGresult *result; /* of the statement that was started */
    int row;          /* the one that columns are read from; -1 before the first step */
    int64_t total_changes;
};

/* SQLSTATEs that mean something else than "this should not have happened".
 * https://www.postgresql.org/docs/current/errcodes-appendix.html */
/* clang-format off */
static const struct {
    const char *prefix;
    int err;
    bool is_broken;
} sql_states[] = {
    { "23505", -EEXIST,   false }, /* unique_violation */
    { "40P01", -ENOTCONN, false }, /* deadlock_detected: with somebody who is not Weir */
    { "57014", -ENOTCONN, false }, /* query_canceled: statement_timeout */
    { "55P03", -ENOTCONN, false }, /* lock_not_available */
    { "53100", -ENOSPC,   false }, /* disk_full */
    { "25006", -ENOTCONN, true },  /* read_only_sql_transaction: it has become a standby */
    { "25P03", -ENOTCONN, true },  /* idle_in_transaction_session_timeout */
    { "53",    -ENOTCONN, true },  /* insufficient resources, such as too many connections */
    { "57P",   -ENOTCONN, true },  /* operator intervention, such as a shutdown */
    { "08",    -ENOTCONN, true },  /* connection exception */
};
/* clang-format on */

/* While the database is away every call fails: one line when it goes, one when it is back. */
static atomic_bool is_away;

static struct postgres_conn *of(struct sql_conn *conn)
{
    return (struct postgres_conn *)conn;
}

/* libpq's messages end with a line break and may have several lines: the first says it. */
static const char *first_line(char line[256], const char *message)
{
    snprintf(line, 256, "%.*s", (int)strcspn(message, "\n"), message);
    return line;
}

static void note_away(const char *message)
{
    char line[256];

    if (!atomic_exchange(&is_away, true))
        log_error(TAG, "the database is away: err=%s", first_line(line, message));
}

static void note_back(void)
{
    if (atomic_exchange(&is_away, false))
        log_info(TAG, "the database is back");
}

static int errno_of_state(struct postgres_conn *c, const char *state)
{
    for (size_t i = 0; state && i < ARRAY_LEN(sql_states); i++) {
        if (!strncmp(state, sql_states[i].prefix, strlen(sql_states[i].prefix))) {
            c->base.is_broken |= sql_states[i].is_broken;
            return sql_states[i].err;
        }
    }
    return -EIO;
}

/* Judges a result that is not a success. */
static int fail(struct postgres_conn *c, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    char line[256];
    int err;

    if (PQstatus(c->pg) == CONNECTION_BAD) {
        c->base.is_broken = true;
        note_away(PQerrorMessage(c->pg));
        return -ENOTCONN;
    }
    err = errno_of_state(c, state);
    if (c->base.is_broken)
        note_away(PQerrorMessage(c->pg));
    else if (err != -EEXIST)
        log_error(TAG, "statement failed: err=%s state=%s", first_line(line, PQerrorMessage(c->pg)),
                  state ? state : "none");
    return err;
}

static int check(struct postgres_conn *c, const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        return 0;
    default:
        return fail(c, result);
    }
}

static void ignore_notice(void *arg, const char *message)
{
}

bool postgres_is_url(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);

    PQconninfoFree(options);
    return options != NULL;
}

/* What the URL says itself comes later and wins. The timeouts bound how long a call can hang on a
 * network that swallows packets, and how long a node that hangs can keep others from a row. */
static PGconn *dial(const char *url)
{
    const char *const keywords[] = { "client_encoding",
                                     "fallback_application_name",
                                     "connect_timeout",
                                     "tcp_user_timeout",
                                     "keepalives_idle",
                                     "keepalives_interval",
                                     "keepalives_count",
                                     "dbname",
                                     NULL };
    const char *const values[] = { "UTF8", "weir", "3", "10000", "10", "5", "2", url, NULL };

    return PQconnectdbParams(keywords, values, 1);
}

/* A COMMIT must not return before it is durable, whatever the server's default. */
#define SESSION                                                                                    \
    "SELECT set_config('synchronous_commit', 'on', false)"                                         \
    " WHERE current_setting('synchronous_commit') = 'off';"                                        \
    "SET statement_timeout = '10s';"                                                               \
    "SET idle_in_transaction_session_timeout = '5s'"

static void postgres_disconnect(struct sql_conn *conn)
{
    if (!conn)
        return;
    PQclear(of(conn)->result);
    PQfinish(of(conn)->pg);
    mem_free(of(conn));
}

static int postgres_connect(struct sql_conn **out, const struct store_config *config)
{
    struct postgres_conn *c = mem_zalloc(sizeof(*c));
    int err = 0;

    c->base.driver = &postgres_driver;
    c->pg = dial(config->url);
    if (PQstatus(c->pg) != CONNECTION_OK) {
        note_away(PQerrorMessage(c->pg));
        err = -ENOTCONN;
        goto out;
    }
    PQsetNoticeProcessor(c->pg, ignore_notice, NULL);
    err = sql_script(&c->base, SESSION);
    if (err)
        goto out;
    note_back();
    *out = &c->base;
    c = NULL;
out:
    if (c)
        postgres_disconnect(&c->base);
    return err;
}

/* A server that has ended says so on the socket; nothing else comes unasked but that. */
static bool postgres_is_alive(struct sql_conn *conn)
{
    char byte;
    ssize_t n = recv(PQsocket(of(conn)->pg), &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static int postgres_script(struct sql_conn *conn, const char *text)
{
    PGresult *result = PQexec(of(conn)->pg, text);
    int err = check(of(conn), result);

    PQclear(result);
    return err;
}

static int prepare(struct postgres_conn *c, int statement, const char *name)
{
    struct buf text;
    PGresult *result;
    int err;

    buf_init(&text, STATEMENT_MAX);
    statement_text(statement, &text);
    result = PQprepare(c->pg, name, buf_str(&text), 0, NULL);
    err = check(c, result);
    PQclear(result);
    buf_clear(&text);
    c->is_prepared[statement] = !err;
    return err;
}

static PGresult *execute(struct postgres_conn *c, const char *name, const struct sql_value *args,
                         int count)
{
    char numbers[ARGS_MAX][NUMBER_SIZE];
    const char *values[ARGS_MAX];
    int lengths[ARGS_MAX], formats[ARGS_MAX];

    for (int i = 0; i < count; i++) {
        values[i] = args[i].data; /* NULL for SQL's NULL; a NUL ends text */
        lengths[i] = (int)args[i].len;
        formats[i] = args[i].type == SQL_BLOB;
        if (args[i].type == SQL_INT) {
            snprintf(numbers[i], NUMBER_SIZE, "%lld", (long long)args[i].number);
            values[i] = numbers[i];
        }
    }
    return PQexecPrepared(c->pg, name, count, values, lengths, formats, 1);
}

static int64_t postgres_changes(struct sql_conn *conn)
{
    return strtoll(PQcmdTuples(of(conn)->result), NULL, 10);
}

static int postgres_start(struct sql_conn *conn, int statement, const struct sql_value *args,
                          int count)
{
    struct postgres_conn *c = of(conn);
    char name[16];
    int err = 0;

    snprintf(name, sizeof(name), "s%d", statement);
    if (!c->is_prepared[statement])
        err = prepare(c, statement, name);
    if (err)
        return err;
    c->result = execute(c, name, args, count);
    c->row = -1;
    err = check(c, c->result);
    if (!err && strncmp(PQcmdStatus(c->result), "SELECT", 6))
        c->total_changes += postgres_changes(conn);
    return err;
}

static int postgres_step(struct sql_conn *conn)
{
    return ++of(conn)->row < PQntuples(of(conn)->result);
}

static void postgres_finish(struct sql_conn *conn)
{
    PQclear(of(conn)->result);
    of(conn)->result = NULL;
}

static int64_t postgres_column_int(struct sql_conn *conn, int column)
{
    struct postgres_conn *c = of(conn);
    const uint8_t *data = (const uint8_t *)PQgetvalue(c->result, c->row, column);
    int len = PQgetlength(c->result, c->row, column); /* 0 for NULL; 4 or 8, big-endian */
    uint64_t value = 0;

    for (int i = 0; i < len; i++)
        value = value << 8 | data[i];
    return len == 4 ? (int32_t)value : (int64_t)value;
}

static const void *postgres_column_data(struct sql_conn *conn, int column, size_t *len)
{
    struct postgres_conn *c = of(conn);

    *len = (size_t)PQgetlength(c->result, c->row, column);
    if (PQgetisnull(c->result, c->row, column))
        return NULL;
    return PQgetvalue(c->result, c->row, column);
}

static int64_t postgres_added_key(struct sql_conn *conn)
{
    return postgres_column_int(conn, 0);
}

static bool postgres_in_transaction(struct sql_conn *conn)
{
    return PQtransactionStatus(of(conn)->pg) == PQTRANS_INTRANS;
}

/* Also after a statement has failed, when the server refuses anything else. */
static bool postgres_needs_rollback(struct sql_conn *conn)
{
    return PQtransactionStatus(of(conn)->pg) != PQTRANS_IDLE;
}

static int64_t postgres_total_changes(struct sql_conn *conn)
{
    return of(conn)->total_changes;
}

const struct sql_driver postgres_driver = {
    .name = "postgres",
    .max_conns = 16,
    .begin_write = "BEGIN; SELECT pg_advisory_xact_lock(8752906314)",
    .setup_writer = "",
    .sequence_key = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    .connect = postgres_connect,
    .disconnect = postgres_disconnect,
    .is_alive = postgres_is_alive,
    .script = postgres_script,
    .start = postgres_start,
    .step = postgres_step,
    .finish = postgres_finish,
    .changes = postgres_changes,
    .added_key = postgres_added_key,
    .column_int = postgres_column_int,
    .column_data = postgres_column_data,
    .in_transaction = postgres_in_transaction,
    .needs_rollback = postgres_needs_rollback,
    .total_changes = postgres_total_changes,
};
