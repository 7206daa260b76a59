/* SPDX-License-Identifier: Apache-2.0 */
#include "store/resource_row.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/secret_box.h"
#include "store/sql.h"
#include "store/statement.h"

#define FIRST_ITEMS 64
#define FILTER_ARGS 8

int scope_of_query(char scope[SCOPE_SIZE], const struct resource_query *query)
{
    int len = snprintf(scope, SCOPE_SIZE, "%s:%s:%s", query->region, query->account, query->type);

    return len < SCOPE_SIZE ? 0 : -EINVAL;
}

/* arn:aws:ivs:<region>:<account>:<type>/<id> */
int scope_of_arn(char scope[SCOPE_SIZE], const char *arn)
{
    const char *at = arn, *slash = strchr(arn, '/');

    for (int colons = 0; colons < 3; colons++) {
        at = strchr(at, ':');
        if (!at)
            return -EINVAL;
        at++;
    }
    if (!slash || slash < at || slash - at >= SCOPE_SIZE)
        return -EINVAL;
    memcpy(scope, at, (size_t)(slash - at));
    scope[slash - at] = '\0';
    return 0;
}

static void read_row(struct sql_conn *conn, struct arena *arena, struct resource *r)
{
    *r = (struct resource){
        .seq = sql_column_int(conn, COL_SEQ),
        .arn = sql_column_text(conn, COL_ARN, arena),
        .name = sql_column_text(conn, COL_NAME, arena),
        .parent = sql_column_text(conn, COL_PARENT, arena),
        .state = sql_column_text(conn, COL_STATE, arena),
        .key = sql_column_text(conn, COL_KEY, arena),
        .created_ms = sql_column_int(conn, COL_CREATED_MS),
        .version = sql_column_int(conn, COL_VERSION),
        .body = sql_column_text(conn, COL_BODY, arena),
        .tags = sql_column_text(conn, COL_TAGS, arena),
    };
}

static int read_secret(struct sql_conn *conn, const struct secret_box *box, struct arena *arena,
                       struct resource *r)
{
    size_t len;
    const uint8_t *sealed = sql_column_data(conn, COL_SECRET, &len);
    char *secret = NULL;
    int err = sealed ? secret_box_open(box, arena, r->arn, sealed, len, &secret) : 0;

    if (err)
        log_error("store", "a secret does not open with secret.key: arn=%s", r->arn);
    r->secret = secret;
    return err;
}

int resource_find(struct sql_conn *conn, const struct secret_box *box, struct arena *arena,
                  int statement, const struct sql_value *args, int count, struct resource *out)
{
    int err = sql_start(conn, statement, args, count);

    if (err)
        goto out;
    err = sql_step(conn);
    if (err > 0) {
        read_row(conn, arena, out);
        err = read_secret(conn, box, arena, out);
    } else if (!err) {
        err = -ENOENT;
    }
out:
    sql_finish(conn);
    return err;
}

/* Adds the parameters of the filters asked for, in the order of enum list_filter; returns which. */
static int add_filters(const struct resource_query *query, struct sql_value *args, int *count)
{
    const char *values[] = { query->parent, query->name, query->state, query->refs_to[0],
                             query->refs_to[1] };
    int set = 0;

    if (!values[3]) { /* only the second: it is as good as the first */
        values[3] = values[4];
        values[4] = NULL;
    }
    for (int i = 0; i < (int)ARRAY_LEN(values); i++) {
        if (values[i]) {
            args[(*count)++] = sql_text(values[i]);
            set |= 1 << i;
        }
    }
    return set;
}

static struct resource *next_item(struct arena *arena, struct resource_page *page, int *capacity)
{
    if (page->count == *capacity) {
        struct resource *old = page->items;

        *capacity = *capacity ? *capacity * 2 : FIRST_ITEMS;
        page->items = arena_alloc(arena, (size_t)*capacity * sizeof(*old));
        if (page->count)
            memcpy(page->items, old, (size_t)page->count * sizeof(*old));
    }
    return &page->items[page->count++];
}

static int read_page(struct sql_conn *conn, struct arena *arena, int limit,
                     struct resource_page *out)
{
    int capacity = 0, err;

    *out = (struct resource_page){ 0 };
    while ((err = sql_step(conn)) > 0) {
        if (limit && out->count == limit)
            out->has_more = true;
        else
            read_row(conn, arena, next_item(arena, out, &capacity));
    }
    return err;
}

int resource_list(struct sql_conn *conn, struct arena *arena, const struct resource_query *query,
                  struct resource_page *out)
{
    struct sql_value args[FILTER_ARGS];
    char scope[SCOPE_SIZE];
    int count = 0, set;
    int err = scope_of_query(scope, query);

    if (err)
        return err;
    args[count++] = sql_text(scope);
    args[count++] = sql_int(query->after);
    args[count++] = sql_int(query->limit ? (int64_t)query->limit + 1 : INT64_MAX);
    set = add_filters(query, args, &count);
    err = sql_start(conn, ST_LIST + set, args, count);
    if (!err)
        err = read_page(conn, arena, query->limit, out);
    sql_finish(conn);
    return err;
}

static int count_scope(struct sql_conn *conn, const char *scope, int64_t *out)
{
    struct sql_value args[] = { sql_text(scope) };
    int err = sql_run_int(conn, ST_TALLY_GET, args, ARRAY_LEN(args), out);

    if (err != -ENOENT)
        return err;
    *out = 0;
    return 0;
}

int resource_count(struct sql_conn *conn, const struct resource_query *query, int64_t *out)
{
    struct sql_value args[FILTER_ARGS];
    char scope[SCOPE_SIZE];
    int count = 0, set;
    int err = scope_of_query(scope, query);

    if (err)
        return err;
    args[count++] = sql_text(scope);
    args[count++] = sql_int(query->after);
    set = add_filters(query, args, &count);
    if (!set && !query->after)
        return count_scope(conn, scope, out);
    return sql_run_int(conn, ST_COUNT + set, args, count, out);
}
