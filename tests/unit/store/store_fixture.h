/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a temporary folder, or in a PostgreSQL server of the test's own with its key file in
 * that folder, and shorthands for resources in it. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "store/store.h"

#define REGION        "us-west-2"
#define ACCOUNT       "123456789012"
#define ARN(type, id) "arn:aws:ivs:" REGION ":" ACCOUNT ":" type "/" id

struct fixture {
    char dir[64];
    char url[320]; /* "": SQLite in the folder */
    struct store *store;
    struct arena *arena;
};

/* cmocka's setup and teardown. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Runs tests that use the two on SQLite and, where it is installed, on PostgreSQL. Returns what
 * main() returns. */
int fixture_run_on_both(const struct CMUnitTest *tests, size_t count);
int fixture_run_on_postgres(const struct CMUnitTest *tests, size_t count);
/* During these: the server, or NULL on SQLite. */
struct postgres_fixture *fixture_server(void);
struct store_config fixture_config(struct fixture *f);
/* Closes and opens the store, as a restart does. */
void fixture_reopen(struct fixture *f);
/* Removes a folder made by mkdtemp(). */
void fixture_remove_dir(const char *dir);

/* A resource with nothing special about it. */
struct resource fixture_resource(struct arena *arena, const char *type, const char *id);
/* Writes one resource, with store_write()'s result. */
int fixture_add(struct fixture *f, struct resource *r, int64_t quota);
int fixture_update(struct fixture *f, struct resource *r);
int fixture_delete(struct fixture *f, const char *arn);
struct resource_query fixture_query(const char *type);

#endif
