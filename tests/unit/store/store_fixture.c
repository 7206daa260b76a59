/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "postgres_fixture.h"

static struct postgres_fixture *server;

struct postgres_fixture *fixture_server(void)
{
    return server;
}

struct store_config fixture_config(struct fixture *f)
{
    return (struct store_config){ .data_dir = f->dir, .url = f->url };
}

static void open_store(struct fixture *f)
{
    struct store_config config = fixture_config(f);

    assert_int_equal(store_open(&f->store, &config), 0);
}

int fixture_setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));

    strcpy(f->dir, "/tmp/weir-store-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->arena = arena_create();
    if (server)
        snprintf(f->url, sizeof(f->url), "%s", postgres_fixture_new_url(server));
    open_store(f);
    *state = f;
    return 0;
}

void fixture_remove_dir(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;

    while (d && (entry = readdir(d))) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    closedir(d);
    rmdir(dir);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    arena_destroy(f->arena);
    fixture_remove_dir(f->dir);
    mem_free(f);
    return 0;
}

void fixture_reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    open_store(f);
}

struct resource fixture_resource(struct arena *arena, const char *type, const char *id)
{
    return (struct resource){
        .arn = arena_printf(arena, ARN("%s", "%s"), type, id),
        .name = "",
        .parent = "",
        .state = "",
        .created_ms = 1700000000000,
        .body = "{}",
        .tags = "{}",
    };
}

struct add {
    struct resource *r;
    int64_t quota;
};

static int run_add(struct store_txn *txn, void *arg)
{
    struct add *add = arg;

    return txn_add(txn, add->r, add->quota);
}

int fixture_add(struct fixture *f, struct resource *r, int64_t quota)
{
    struct add add = { r, quota };

    return store_write(f->store, run_add, &add);
}

static int run_update(struct store_txn *txn, void *arg)
{
    return txn_update(txn, arg);
}

int fixture_update(struct fixture *f, struct resource *r)
{
    return store_write(f->store, run_update, r);
}

static int run_delete(struct store_txn *txn, void *arg)
{
    return txn_delete(txn, arg);
}

int fixture_delete(struct fixture *f, const char *arn)
{
    return store_write(f->store, run_delete, (void *)arn);
}

struct resource_query fixture_query(const char *type)
{
    return (struct resource_query){ .account = ACCOUNT, .region = REGION, .type = type };
}

int fixture_run_on_postgres(const struct CMUnitTest *tests, size_t count)
{
    int failed = 0;

    server = postgres_fixture_create();
    if (server)
        failed = _cmocka_run_group_tests("on PostgreSQL", tests, count, NULL, NULL);
    postgres_fixture_destroy(server);
    server = NULL;
    return failed;
}

int fixture_run_on_both(const struct CMUnitTest *tests, size_t count)
{
    int failed = _cmocka_run_group_tests("on SQLite", tests, count, NULL, NULL);

    return failed + fixture_run_on_postgres(tests, count);
}
