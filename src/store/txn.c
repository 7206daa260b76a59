/* SPDX-License-Identifier: Apache-2.0 */
/* What a write function may do inside its transaction. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/resource_row.h"
#include "store/secret_box.h"
#include "store/statement.h"
#include "store/store_internal.h"

/* What is an answer about resources, not a failure of the database. */
static bool is_answer(int err)
{
    return err == -EEXIST || err == -EDQUOT || err == -EINVAL;
}

/* run() may make of an answer what it likes; a failure stands whatever run() makes of it. */
int store_txn_run(struct store_txn *txn, int (*run)(struct store_txn *txn, void *arg), void *arg)
{
    int err;

    txn->err = 0;
    err = run(txn, arg);
    if (txn->err && (!err || !is_answer(txn->err)))
        return txn->err;
    return err;
}

/* Remembers what makes the transaction worthless: everything but a question answered with no. */
static int noted(struct store_txn *txn, int err)
{
    if (err && err != -ENOENT && !txn->err)
        txn->err = err;
    return err;
}

int txn_get(struct store_txn *txn, struct arena *arena, const char *arn, struct resource *out)
{
    struct sql_value args[] = { sql_text(arn) };

    return noted(
        txn, resource_find(txn->conn, txn->store->box, arena, ST_GET, args, ARRAY_LEN(args), out));
}

int txn_find_key(struct store_txn *txn, struct arena *arena, const struct resource_query *query,
                 const char *key, struct resource *out)
{
    char scope[SCOPE_SIZE];
    struct sql_value args[2];
    int err = scope_of_query(scope, query);

    if (err)
        return err;
    args[0] = sql_text(scope);
    args[1] = sql_text(key);
    return noted(txn, resource_find(txn->conn, txn->store->box, arena, ST_FIND_KEY, args,
                                    ARRAY_LEN(args), out));
}

int txn_list(struct store_txn *txn, struct arena *arena, const struct resource_query *query,
             struct resource_page *out)
{
    return noted(txn, resource_list(txn->conn, arena, query, out));
}

int txn_count(struct store_txn *txn, const struct resource_query *query, int64_t *out)
{
    return noted(txn, resource_count(txn->conn, query, out));
}

int txn_refs_to(struct store_txn *txn, const char *arn, int64_t *out)
{
    struct sql_value args[] = { sql_text(arn) };

    return noted(txn, sql_run_int(txn->conn, ST_REF_COUNT_TO, args, ARRAY_LEN(args), out));
}

static int add_refs(struct store_txn *txn, const struct resource *r)
{
    int err = 0;

    for (int i = 0; !err && i < r->ref_count; i++) {
        struct sql_value args[] = { sql_text(r->refs[i]), sql_int(r->seq) };
        err = sql_run(txn->conn, ST_REF_ADD, args, ARRAY_LEN(args));
    }
    return err;
}

static int delete_refs(struct store_txn *txn, int64_t seq)
{
    struct sql_value args[] = { sql_int(seq) };

    return sql_run(txn->conn, ST_REF_DELETE_FROM, args, ARRAY_LEN(args));
}

static int find_parent(struct store_txn *txn, const char *arn, struct sql_value *out)
{
    struct sql_value args[] = { sql_text(arn) };
    int64_t seq;
    int err;

    *out = (struct sql_value){ .type = SQL_NULL };
    if (!*arn)
        return 0;
    err = sql_run_int(txn->conn, ST_SEQ, args, ARRAY_LEN(args), &seq);
    if (!err)
        *out = sql_int(seq);
    return err;
}

static int insert_row(struct store_txn *txn, struct resource *r, const char *scope,
                      struct sql_value parent_seq)
{
    const struct secret_box *box = txn->store->box;
    uint8_t lookup[SECRET_BOX_LOOKUP], *sealed = NULL;
    size_t sealed_len = 0;
    int err;

    if (r->secret)
        sealed = secret_box_seal(box, r->arn, r->secret, &sealed_len);
    if (r->is_found_by_secret)
        secret_box_lookup(box, strrchr(scope, ':') + 1, r->secret, lookup);
    struct sql_value args[] = {
        sql_text(r->arn),
        sql_text(scope),
        sql_text(r->name),
        sql_text(r->parent),
        parent_seq,
        sql_text(r->state),
        sql_text(r->key),
        sql_blob(r->is_found_by_secret ? lookup : NULL, sizeof(lookup)),
        sql_int(r->created_ms),
        sql_text(r->body),
        sql_text(r->tags),
        sql_blob(sealed, sealed_len),
    };
    err = sql_add(txn->conn, ST_ADD, args, ARRAY_LEN(args), &r->seq);
    mem_free(sealed);
    return err;
}

/* The tally comes first: a refusal for the quota then leaves nothing to undo. */
static int raise_tally(struct store_txn *txn, const char *scope, int64_t quota)
{
    struct sql_value args[] = { sql_text(scope), sql_int(quota ? quota : INT64_MAX) };
    int err = sql_change(txn->conn, ST_TALLY_RAISE, args, ARRAY_LEN(args));

    return err == -ENOENT ? -EDQUOT : err;
}

int txn_add(struct store_txn *txn, struct resource *r, int64_t quota)
{
    struct sql_value parent_seq;
    char scope[SCOPE_SIZE];
    int err = scope_of_arn(scope, r->arn);

    if (!err)
        err = find_parent(txn, r->parent, &parent_seq);
    if (!err)
        err = raise_tally(txn, scope, quota);
    if (!err)
        err = insert_row(txn, r, scope, parent_seq);
    if (!err)
        err = add_refs(txn, r);
    if (!err)
        r->version = 1;
    return noted(txn, err);
}

static int update_row(struct store_txn *txn, struct resource *r)
{
    struct sql_value args[] = {
        sql_text(r->arn), sql_text(r->name), sql_text(r->state),
        sql_text(r->key), sql_text(r->body), sql_text(r->tags),
    };
    int err = sql_start(txn->conn, ST_UPDATE, args, ARRAY_LEN(args));

    if (!err)
        err = sql_step(txn->conn);
    if (err > 0) {
        r->seq = sql_column_int(txn->conn, 0);
        r->version = sql_column_int(txn->conn, 1);
        err = sql_step(txn->conn);
    } else if (!err) {
        err = -ENOENT;
    }
    sql_finish(txn->conn);
    return err;
}

int txn_update(struct store_txn *txn, struct resource *r)
{
    int err = update_row(txn, r);

    if (!err && r->refs) {
        err = delete_refs(txn, r->seq);
        if (!err)
            err = add_refs(txn, r);
    }
    return noted(txn, err);
}

struct deleted {
    int64_t seq;
    char scope[SCOPE_SIZE];
};

/* Collects what a DELETE answers: one statement at a time runs on a connection. */
static int delete_rows(struct store_txn *txn, int statement, struct sql_value which,
                       struct deleted **rows, int *count)
{
    int err = sql_start(txn->conn, statement, &which, 1);
    size_t len;

    while (!err && (err = sql_step(txn->conn)) > 0) {
        *rows = mem_realloc(*rows, (size_t)(*count + 1) * sizeof(**rows));
        (*rows)[*count].seq = sql_column_int(txn->conn, 0);
        snprintf((*rows)[*count].scope, SCOPE_SIZE, "%s",
                 (const char *)sql_column_data(txn->conn, 1, &len));
        (*count)++;
        err = 0;
    }
    sql_finish(txn->conn);
    return err;
}

static int forget(struct store_txn *txn, const struct deleted *row)
{
    struct sql_value args[] = { sql_text(row->scope) };
    int err = delete_refs(txn, row->seq);

    return err ? err : sql_run(txn->conn, ST_TALLY_LOWER, args, ARRAY_LEN(args));
}

int txn_delete(struct store_txn *txn, const char *arn)
{
    struct deleted *rows = NULL;
    int count = 0;
    int err = delete_rows(txn, ST_DELETE, sql_text(arn), &rows, &count);

    if (!err && !count)
        err = -ENOENT;
    if (!err)
        err = delete_rows(txn, ST_DELETE_CHILDREN, sql_int(rows[0].seq), &rows, &count);
    for (int i = 0; !err && i < count; i++)
        err = forget(txn, &rows[i]);
    mem_free(rows);
    return noted(txn, err);
}
