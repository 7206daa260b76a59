/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, and reading on the caller's thread. Writing: store/txn.c, store/group_writer.c. */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/conn_pool.h"
#include "store/group_writer.h"
#include "store/meta.h"
#include "store/migration.h"
#include "store/resource_row.h"
#include "store/secret_box.h"
#include "store/statement.h"
#include "store/store_internal.h"

#define TAG "store"

static int open_secret_box(struct store *store)
{
    char *path = mem_printf("%s/secret.key", store->config.data_dir);
    int err = secret_box_create(&store->box, path);

    if (err)
        log_error(TAG, "cannot use the key file: path=%s err=%s", path, err_str(err));
    mem_free(path);
    return err;
}

/* The database remembers a fingerprint of the key file: with another one its secrets are lost, and
 * going on would only hide that. */
static int check_key_file(struct store *store, struct sql_conn *conn)
{
    struct arena *arena = arena_create();
    uint8_t key[SECRET_BOX_KEY];
    char print[33], *known;
    int err;

    secret_box_derive(store->box, "fingerprint", key);
    for (int i = 0; i < 16; i++)
        snprintf(print + 2 * i, 3, "%02x", key[i]);
    err = meta_get(conn, arena, "secret_key", &known);
    if (err == -ENOENT) {
        err = meta_set(conn, "secret_key", print);
    } else if (!err && strcmp(known, print)) {
        log_error(TAG, "secret.key is not the one this database was made with; all nodes need it");
        err = -EKEYREJECTED;
    }
    arena_destroy(arena);
    return err;
}

static int prepare_database(struct store *store)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = migration_run(conn, migrations, migration_count);
    if (!err)
        err = check_key_file(store, conn);
    conn_pool_put(store->pool, conn);
    return err;
}

static bool is_postgres(const char *url)
{
    return !strncmp(url, "postgresql://", 13) || !strncmp(url, "postgres://", 11);
}

bool store_is_url(const char *url)
{
    return !*url || (is_postgres(url) && postgres_is_url(url));
}

static int choose_driver(struct store *store)
{
    const char *url = store->config.url;

    if (!url || !*url)
        store->driver = &sqlite_driver;
    else if (store_is_url(url))
        store->driver = &postgres_driver;
    else
        log_error(TAG, "a store is SQLite, without URL, or postgresql://...");
    return store->driver ? 0 : -EINVAL;
}

int store_open(struct store **out, const struct store_config *config)
{
    struct store *store = mem_zalloc(sizeof(*store));
    int err;

    store->config.data_dir = mem_strdup(config->data_dir);
    store->config.url = mem_strdup(config->url);
    err = choose_driver(store);
    if (!err)
        err = open_secret_box(store);
    if (err)
        goto out;
    store->pool = conn_pool_create(store->driver, &store->config, store->driver->max_conns);
    err = prepare_database(store);
    if (err)
        goto out;
    err = group_writer_create(&store->writer, store);
    if (err)
        goto out;
    *out = store;
    store = NULL;
out:
    store_close(store);
    return err;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    group_writer_destroy(store->writer);
    conn_pool_destroy(store->pool);
    secret_box_destroy(store->box);
    mem_free((char *)store->config.data_dir);
    mem_free((char *)store->config.url);
    mem_free(store);
}

void store_derive_key(const struct store *store, const char *purpose, uint8_t key[STORE_KEY_SIZE])
{
    secret_box_derive(store->box, purpose, key);
}

int store_ping(struct store *store)
{
    struct sql_conn *conn;
    int64_t one;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = sql_run_int(conn, ST_PING, NULL, 0, &one);
    conn_pool_put(store->pool, conn);
    return err;
}

static int find(struct store *store, struct arena *arena, int statement,
                const struct sql_value *args, int count, struct resource *out)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = resource_find(conn, store->box, arena, statement, args, count, out);
    conn_pool_put(store->pool, conn);
    return err;
}

int store_get(struct store *store, struct arena *arena, const char *arn, struct resource *out)
{
    struct sql_value args[] = { sql_text(arn) };

    return find(store, arena, ST_GET, args, ARRAY_LEN(args), out);
}

int store_find_secret(struct store *store, struct arena *arena, const char *type,
                      const char *secret, struct resource *out)
{
    uint8_t lookup[SECRET_BOX_LOOKUP];
    struct sql_value args[1];

    secret_box_lookup(store->box, type, secret, lookup);
    args[0] = sql_blob(lookup, sizeof(lookup));
    return find(store, arena, ST_FIND_SECRET, args, ARRAY_LEN(args), out);
}

int store_find_key(struct store *store, struct arena *arena, const struct resource_query *query,
                   const char *key, struct resource *out)
{
    char scope[SCOPE_SIZE];
    struct sql_value args[2];
    int err = scope_of_query(scope, query);

    if (err)
        return err;
    args[0] = sql_text(scope);
    args[1] = sql_text(key);
    return find(store, arena, ST_FIND_KEY, args, ARRAY_LEN(args), out);
}

int store_list(struct store *store, struct arena *arena, const struct resource_query *query,
               struct resource_page *out)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = resource_list(conn, arena, query, out);
    conn_pool_put(store->pool, conn);
    return err;
}

int store_count(struct store *store, const struct resource_query *query, int64_t *out)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    err = resource_count(conn, query, out);
    conn_pool_put(store->pool, conn);
    return err;
}

/* A scope is "<region>:<account>:<type>". */
static void read_tally(struct sql_conn *conn, struct arena *arena, struct resource_tally *out)
{
    char *scope = sql_column_text(conn, 0, arena), *rest = NULL;

    out->region = strtok_r(scope, ":", &rest);
    out->account = strtok_r(NULL, ":", &rest);
    out->type = strtok_r(NULL, ":", &rest);
    out->count = sql_column_int(conn, 1);
}

static int list_tallies(struct sql_conn *conn, struct arena *arena, int limit,
                        struct resource_tally *tallies, int *count)
{
    struct sql_value args[] = { sql_int(limit) };
    int err = sql_start(conn, ST_TALLY_LIST, args, ARRAY_LEN(args));

    *count = 0;
    if (err)
        return err;
    while (*count < limit && (err = sql_step(conn)) > 0)
        read_tally(conn, arena, &tallies[(*count)++]);
    sql_finish(conn);
    return err < 0 ? err : 0;
}

int store_tallies(struct store *store, struct arena *arena, int limit, struct resource_tally **out,
                  int *count)
{
    struct sql_conn *conn;
    int err = conn_pool_get(store->pool, &conn);

    if (err)
        return err;
    *out = arena_alloc(arena, (size_t)limit * sizeof(**out));
    err = list_tallies(conn, arena, limit, *out, count);
    conn_pool_put(store->pool, conn);
    return err;
}

int store_write(struct store *store, int (*run)(struct store_txn *txn, void *arg), void *arg)
{
    return group_writer_run(store->writer, run, arg);
}
