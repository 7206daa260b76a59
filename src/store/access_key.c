/* SPDX-License-Identifier: Apache-2.0 */
#include "store/access_key.h"

#include <errno.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/conn_pool.h"
#include "store/meta.h"
#include "store/secret_box.h"
#include "store/statement.h"
#include "store/store_internal.h"

#define ID_RANDOM       16
#define SECRET_LEN      40
#define TOKEN_LEN       160
#define MINUTE_MS       60000
#define VERSION_NAME    "access_keys"
#define FIRST_NAME      "first_access_key"
#define KEEP_EXPIRED_MS ((int64_t)24 * 3600 * 1000) /* so that it answers "expired" for a day */

const char access_key_administrator[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":"
    "[{\"Effect\":\"Allow\",\"Action\":\"ivs:*\",\"Resource\":\"*\"}]}";

enum key_column {
    KEY_ID,
    KEY_ACCOUNT,
    KEY_SECRET,
    KEY_SESSION_TOKEN,
    KEY_POLICY,
    KEY_IS_ENABLED,
    KEY_EXPIRES_MS,
    KEY_CREATED_MS,
    KEY_LAST_USED_MS,
};

static const char *make_id(struct arena *arena, const char *prefix)
{
    static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t random[ID_RANDOM];
    char text[ID_RANDOM + 1] = { 0 };

    id_random(random, sizeof(random));
    for (int i = 0; i < ID_RANDOM; i++)
        text[i] = base32[random[i] % 32];
    return arena_printf(arena, "%s%s", prefix, text);
}

static const char *make_secret(struct arena *arena, size_t len)
{
    char *text = arena_alloc(arena, len + 1);

    id_alnum(text, len);
    return text;
}

void access_key_make(struct access_key *out, struct arena *arena,
                     const struct access_key_spec *spec)
{
    int64_t now = clock_wall_ms();

    *out = (struct access_key){
        .id = make_id(arena, spec->session_minutes ? "ASIA" : "AKIA"),
        .secret = make_secret(arena, SECRET_LEN),
        .session_token = spec->session_minutes ? make_secret(arena, TOKEN_LEN) : NULL,
        .account = arena_strdup(arena, spec->account),
        .policy_json = arena_strdup(arena, spec->policy_json),
        .expires_ms = spec->session_minutes ? now + (int64_t)spec->session_minutes * MINUTE_MS : 0,
        .created_ms = now,
        .is_enabled = true,
    };
}

/* Every change of a key gives the table another version. */
static int raise_version(struct store_txn *txn)
{
    char version[37];

    id_uuid(version);
    return meta_set(txn->conn, VERSION_NAME, version);
}

static int delete_long_expired(struct store_txn *txn)
{
    struct sql_value args[] = { sql_int(clock_wall_ms() - KEEP_EXPIRED_MS) };

    return sql_run(txn->conn, ST_KEY_DELETE_EXPIRED, args, ARRAY_LEN(args));
}

static uint8_t *seal(struct store_txn *txn, const char *id, const char *kind, const char *secret,
                     size_t *len)
{
    char *owner = mem_printf("%s/%s", kind, id);
    uint8_t *sealed = secret ? secret_box_seal(txn->store->box, owner, secret, len) : NULL;

    mem_free(owner);
    return sealed;
}

static int insert_key(struct store_txn *txn, const struct access_key *key)
{
    size_t secret_len = 0, token_len = 0;
    uint8_t *secret = seal(txn, key->id, "secret", key->secret, &secret_len);
    uint8_t *token = seal(txn, key->id, "session-token", key->session_token, &token_len);
    struct sql_value args[] = {
        sql_text(key->id),          sql_text(key->account),     sql_blob(secret, secret_len),
        sql_blob(token, token_len), sql_text(key->policy_json), sql_int(key->expires_ms),
        sql_int(key->created_ms),
    };
    int err = sql_run(txn->conn, ST_KEY_ADD, args, ARRAY_LEN(args));

    mem_free(secret);
    mem_free(token);
    return err;
}

static int run_add(struct store_txn *txn, void *arg)
{
    int err = delete_long_expired(txn);

    if (!err)
        err = insert_key(txn, arg);
    return err ? err : raise_version(txn);
}

static int run_add_first(struct store_txn *txn, void *arg)
{
    const struct access_key *key = arg;
    int err = meta_add(txn->conn, FIRST_NAME, key->id);

    return err ? err : run_add(txn, arg);
}

int access_key_add(struct store *store, const struct access_key *key)
{
    return store_write(store, run_add, (void *)key);
}

int access_key_add_first(struct store *store, const struct access_key *key)
{
    return store_write(store, run_add_first, (void *)key);
}

static int read_meta(struct store *store, struct arena *arena, const char *name, char **out)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = meta_get(conn, arena, name, out);
    conn_pool_put(store->pool, conn);
    return err;
}

int access_key_is_first(struct store *store)
{
    struct arena *arena = arena_create();
    char *id;
    int err = read_meta(store, arena, FIRST_NAME, &id);

    arena_destroy(arena);
    if (err == -ENOENT)
        return 0;
    return err ? err : -EEXIST;
}

int access_key_version(struct store *store, struct arena *arena, char **out)
{
    int err = read_meta(store, arena, VERSION_NAME, out);

    if (err != -ENOENT)
        return err;
    *out = arena_strdup(arena, "");
    return 0;
}

static void read_row(struct sql_conn *conn, struct arena *arena, struct access_key *out)
{
    *out = (struct access_key){
        .id = sql_column_text(conn, KEY_ID, arena),
        .account = sql_column_text(conn, KEY_ACCOUNT, arena),
        .policy_json = sql_column_text(conn, KEY_POLICY, arena),
        .is_enabled = sql_column_int(conn, KEY_IS_ENABLED) != 0,
        .expires_ms = sql_column_int(conn, KEY_EXPIRES_MS),
        .created_ms = sql_column_int(conn, KEY_CREATED_MS),
        .last_used_ms = sql_column_int(conn, KEY_LAST_USED_MS),
    };
}

static int open_column(struct store *store, struct sql_conn *conn, struct arena *arena, int column,
                       const char *owner, const char **out)
{
    size_t len;
    const uint8_t *sealed = sql_column_data(conn, column, &len);
    char *text = NULL;
    int err = sealed ? secret_box_open(store->box, arena, owner, sealed, len, &text) : 0;

    *out = text;
    return err;
}

static int read_secrets(struct store *store, struct sql_conn *conn, struct arena *arena,
                        struct access_key *key)
{
    int err = open_column(store, conn, arena, KEY_SECRET, arena_printf(arena, "secret/%s", key->id),
                          &key->secret);

    if (!err)
        err = open_column(store, conn, arena, KEY_SESSION_TOKEN,
                          arena_printf(arena, "session-token/%s", key->id), &key->session_token);
    if (err)
        log_error("store", "an access key does not open with secret.key: id=%s", key->id);
    return err;
}

static int select_key(struct store *store, struct sql_conn *conn, struct arena *arena,
                      const char *id, struct access_key *out)
{
    struct sql_value args[] = { sql_text(id) };
    int err = sql_start(conn, ST_KEY_GET, args, ARRAY_LEN(args));

    if (!err)
        err = sql_step(conn);
    if (err > 0) {
        read_row(conn, arena, out);
        err = read_secrets(store, conn, arena, out);
    } else if (!err) {
        err = -ENOENT;
    }
    sql_finish(conn);
    return err;
}

int access_key_get(struct store *store, struct arena *arena, const char *id, struct access_key *out)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = select_key(store, conn, arena, id, out);
    conn_pool_put(store->pool, conn);
    return err;
}

struct enable {
    const char *id;
    bool is_enabled;
};

static int run_enable(struct store_txn *txn, void *arg)
{
    const struct enable *enable = arg;
    struct sql_value args[] = { sql_text(enable->id), sql_int(enable->is_enabled) };
    int err = sql_change(txn->conn, ST_KEY_ENABLE, args, ARRAY_LEN(args));

    return err ? err : raise_version(txn);
}

int access_key_set_enabled(struct store *store, const char *id, bool is_enabled)
{
    struct enable enable = { id, is_enabled };

    return store_write(store, run_enable, &enable);
}

static int run_delete(struct store_txn *txn, void *arg)
{
    struct sql_value args[] = { sql_text(arg) };
    int err = sql_change(txn->conn, ST_KEY_DELETE, args, ARRAY_LEN(args));

    return err ? err : raise_version(txn);
}

int access_key_delete(struct store *store, const char *id)
{
    return store_write(store, run_delete, (void *)id);
}

struct touch {
    const char *id;
    int64_t used_ms;
};

static int run_touch(struct store_txn *txn, void *arg)
{
    const struct touch *touch = arg;
    struct sql_value args[] = { sql_text(touch->id), sql_int(touch->used_ms) };

    return sql_run(txn->conn, ST_KEY_USED, args, ARRAY_LEN(args));
}

int access_key_touch(struct store *store, const char *id, int64_t used_ms)
{
    struct touch touch = { id, used_ms };

    return store_write(store, run_touch, &touch);
}

struct key_node {
    struct key_node *next;
    struct access_key key;
};

static int select_all(struct sql_conn *conn, struct arena *arena, struct key_node **first,
                      int *count)
{
    struct key_node **end = first;
    int err = sql_start(conn, ST_KEY_LIST, NULL, 0);

    *count = 0;
    while (!err && (err = sql_step(conn)) > 0) {
        *end = arena_zalloc(arena, sizeof(**end));
        read_row(conn, arena, &(*end)->key);
        end = &(*end)->next;
        *count += 1;
        err = 0;
    }
    sql_finish(conn);
    return err;
}

int access_key_list(struct store *store, struct arena *arena, struct access_key **out, int *count)
{
    struct key_node *first = NULL;
    struct sql_conn *conn;
    int i = 0, err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = select_all(conn, arena, &first, count);
    conn_pool_put(store->pool, conn);
    *out = arena_alloc(arena, (size_t)*count * sizeof(**out));
    for (struct key_node *node = first; node; node = node->next)
        (*out)[i++] = node->key;
    return err;
}
