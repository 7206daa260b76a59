/* SPDX-License-Identifier: Apache-2.0 */
#include "store/statement.h"

#include "base/buf.h"
#include "base/mem.h"

#define COLUMNS                                                                                    \
    "r.seq, r.arn, r.name, r.parent, r.state, r.unique_key, r.created_ms, r.version, r.body, "     \
    "r.tags, r.secret"
#define FIND "SELECT " COLUMNS " FROM resource r WHERE "

/* clang-format off */
static const char *const texts[ST_LIST] = {
    [ST_PING] = "SELECT 1",
    [ST_META_GET] = "SELECT value FROM meta WHERE name = $1",
    [ST_META_SET] = "INSERT INTO meta (name, value) VALUES ($1, $2) "
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [ST_META_ADD] = "INSERT INTO meta (name, value) VALUES ($1, $2)",

    [ST_GET] = FIND "r.arn = $1",
    [ST_SEQ] = "SELECT seq FROM resource WHERE arn = $1",
    [ST_FIND_SECRET] = FIND "r.lookup = $1",
    [ST_FIND_KEY] = FIND "r.scope = $1 AND r.unique_key = $2",
    [ST_ADD] = "INSERT INTO resource (arn, scope, name, parent, parent_seq, state, unique_key, "
               "lookup, created_ms, version, body, tags, secret) "
               "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12) RETURNING seq",
    [ST_UPDATE] = "UPDATE resource SET name = $2, state = $3, unique_key = $4, body = $5, "
                  "tags = $6, version = version + 1 WHERE arn = $1 RETURNING seq, version",
    [ST_DELETE] = "DELETE FROM resource WHERE arn = $1 RETURNING seq, scope",
    [ST_DELETE_CHILDREN] = "DELETE FROM resource WHERE parent_seq = $1 RETURNING seq, scope",

    [ST_REF_ADD] = "INSERT INTO resource_ref (to_arn, from_seq) VALUES ($1, $2) "
                   "ON CONFLICT (to_arn, from_seq) DO NOTHING",
    [ST_REF_DELETE_FROM] = "DELETE FROM resource_ref WHERE from_seq = $1",
    [ST_REF_COUNT_TO] = "SELECT COUNT(*) FROM resource_ref WHERE to_arn = $1",

    [ST_TALLY_GET] = "SELECT n FROM tally WHERE scope = $1",
    [ST_TALLY_RAISE] = "INSERT INTO tally (scope, n) VALUES ($1, 1) "
                       "ON CONFLICT (scope) DO UPDATE SET n = tally.n + 1 WHERE tally.n < $2",
    [ST_TALLY_LOWER] = "UPDATE tally SET n = n - 1 WHERE scope = $1",
    [ST_TALLY_LIST] = "SELECT scope, n FROM tally WHERE n > 0 ORDER BY n DESC, scope LIMIT $1",

    [ST_KEY_ADD] = "INSERT INTO access_key (id, account, secret, session_token, policy, "
                   "is_enabled, expires_ms, created_ms, last_used_ms) "
                   "VALUES ($1, $2, $3, $4, $5, 1, $6, $7, 0)",
    [ST_KEY_GET] = "SELECT id, account, secret, session_token, policy, is_enabled, expires_ms, "
                   "created_ms, last_used_ms FROM access_key WHERE id = $1",
    [ST_KEY_LIST] = "SELECT id, account, secret, session_token, policy, is_enabled, expires_ms, "
                    "created_ms, last_used_ms FROM access_key ORDER BY created_ms, id",
    [ST_KEY_ENABLE] = "UPDATE access_key SET is_enabled = $2 WHERE id = $1",
    [ST_KEY_USED] = "UPDATE access_key SET last_used_ms = $2 WHERE id = $1 AND last_used_ms < $2",
    [ST_KEY_DELETE] = "DELETE FROM access_key WHERE id = $1",
    [ST_KEY_DELETE_EXPIRED] = "DELETE FROM access_key WHERE expires_ms > 0 AND expires_ms < $1",
};

/* In the order of enum list_filter. */
static const char *const filters[] = {
    " AND r.parent_seq = (SELECT seq FROM resource WHERE arn = $%d)",
    " AND r.name = $%d AND r.name <> ''", /* <>: what the partial index promises */
    " AND r.state = $%d",
    " AND f.to_arn = $%d",
    " AND EXISTS (SELECT 1 FROM resource_ref g WHERE g.to_arn = $%d AND g.from_seq = f.from_seq)",
};
/* clang-format on */

/* By reference: walk its index, which is in the order of the list, instead of the whole scope. */
static void append_from(struct buf *out, int set)
{
    if (set & FILTER_REF)
        buf_append_str(out, " FROM resource_ref f JOIN resource r ON r.seq = f.from_seq"
                            " WHERE f.from_seq > $2 AND r.scope = $1");
    else
        buf_append_str(out, " FROM resource r WHERE r.seq > $2 AND r.scope = $1");
}

static void append_filters(struct buf *out, int set, int next)
{
    for (int i = 0; i < (int)ARRAY_LEN(filters); i++) {
        if (set & 1 << i)
            buf_printf(out, filters[i], next++);
    }
}

static void append_list(struct buf *out, int set)
{
    buf_append_str(out, "SELECT " COLUMNS);
    append_from(out, set);
    append_filters(out, set, 4);
    buf_append_str(out, set & FILTER_REF ? " ORDER BY f.from_seq" : " ORDER BY r.seq");
    buf_append_str(out, " LIMIT $3");
}

static void append_count(struct buf *out, int set)
{
    buf_append_str(out, "SELECT COUNT(*)");
    append_from(out, set);
    append_filters(out, set, 3);
}

void statement_text(int statement, struct buf *out)
{
    if (statement >= ST_COUNT)
        append_count(out, statement - ST_COUNT);
    else if (statement >= ST_LIST)
        append_list(out, statement - ST_LIST);
    else
        buf_append_str(out, texts[statement]);
}
