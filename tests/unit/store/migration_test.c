/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migration.h"

#include "store_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postgres_fixture.h"
#include "store/meta.h"
#include "store/sql.h"

struct place {
    char dir[64];
    char url[320];
    struct store_config config;
    struct sql_conn *conn;
};

static int setup(void **state)
{
    const struct sql_driver *driver = &sqlite_driver;
    struct place *p = mem_zalloc(sizeof(*p));

    strcpy(p->dir, "/tmp/weir-migration-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    p->config.data_dir = p->dir;
    if (fixture_server()) {
        snprintf(p->url, sizeof(p->url), "%s", postgres_fixture_new_url(fixture_server()));
        p->config.url = p->url;
        driver = &postgres_driver;
    }
    assert_int_equal(driver->connect(&p->conn, &p->config), 0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    p->conn->driver->disconnect(p->conn);
    fixture_remove_dir(p->dir);
    mem_free(p);
    return 0;
}

static const struct migration steps[] = {
    { "001_one.sql", "CREATE TABLE one (seq SEQUENCE_KEY, a TEXT);" },
    { "002_two.sql", "CREATE TABLE two (seq SEQUENCE_KEY); INSERT INTO one (a) VALUES ('x');" },
    { "003_three.sql", "INSERT INTO one (a) VALUES ('y'); INSERT INTO nowhere VALUES (1);" },
};

static int version_of(struct sql_conn *conn)
{
    struct arena *arena = arena_create();
    char *text;
    int version;

    assert_int_equal(meta_get(conn, arena, "schema_version", &text), 0);
    version = (int)strtol(text, NULL, 10);
    arena_destroy(arena);
    return version;
}

static void applies_what_is_missing_once(void **state)
{
    struct place *p = *state;

    assert_int_equal(migration_run(p->conn, steps, 1), 0);
    assert_int_equal(version_of(p->conn), 1);
    assert_int_equal(migration_run(p->conn, steps, 2), 0);
    assert_int_equal(migration_run(p->conn, steps, 2), 0);
    assert_int_equal(version_of(p->conn), 2);
    assert_int_equal(sql_script(p->conn, "INSERT INTO two DEFAULT VALUES"), 0);
}

static void a_step_that_fails_leaves_the_one_before(void **state)
{
    struct place *p = *state;

    assert_true(migration_run(p->conn, steps, 3) < 0);
    assert_int_equal(version_of(p->conn), 2);
    assert_int_equal(sql_script(p->conn, "CREATE UNIQUE INDEX only_once ON one (a);"
                                         "INSERT INTO one (a) VALUES ('y')"),
                     0);
}

static void refuses_data_of_a_newer_version(void **state)
{
    struct place *p = *state;

    assert_int_equal(migration_run(p->conn, steps, 2), 0);
    assert_int_equal(migration_run(p->conn, steps, 1), -EPROTO);
    assert_int_equal(version_of(p->conn), 2);
}

static void ours_apply_one_after_the_other(void **state)
{
    struct place *p = *state;

    for (int i = 1; i <= migration_count; i++) {
        assert_int_equal(migration_run(p->conn, migrations, i), 0);
        assert_int_equal(version_of(p->conn), i);
    }
}

/* Several processes start at once on an empty folder. */
static void starts_at_the_same_time_agree(void **state)
{
    struct place *p = *state;
    pid_t pids[4];
    int status;

    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (!pids[i]) {
            struct store *store;
            int err = store_open(&store, &p->config);

            if (!err)
                store_close(store);
            _exit(err ? 1 : 0);
        }
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(version_of(p->conn), migration_count);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(applies_what_is_missing_once),    TEST(a_step_that_fails_leaves_the_one_before),
        TEST(refuses_data_of_a_newer_version), TEST(ours_apply_one_after_the_other),
        TEST(starts_at_the_same_time_agree),
    };

    return fixture_run_on_both(tests, ARRAY_LEN(tests));
}
