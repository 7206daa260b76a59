/* SPDX-License-Identifier: Apache-2.0 */
/* What only a database server can do to a store: go away, come back, make two nodes wait. */
#include "store_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "postgres_fixture.h"
#include "store/access_key_cache.h"
#include "store/store_internal.h"

#define WRITERS 8
#define COUNTS  20

static bool wait_until(bool (*is_so)(void *arg), void *arg)
{
    const struct timespec pause = { .tv_nsec = 5000000 };
    int64_t deadline = clock_mono_ms() + 20000;

    while (!is_so(arg)) {
        if (clock_mono_ms() > deadline)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

static void while_it_is_away_calls_fail_and_work_again_after(void **state)
{
    struct fixture *f = *state;
    struct resource a = fixture_resource(f->arena, "channel", "a"), got;
    struct resource b = fixture_resource(f->arena, "channel", "b");

    assert_int_equal(fixture_add(f, &a, 0), 0);
    postgres_fixture_crash(fixture_server());
    assert_int_equal(store_get(f->store, f->arena, a.arn, &got), -ENOTCONN);
    assert_int_equal(fixture_add(f, &b, 0), -ENOTCONN);
    assert_int_equal(store_ping(f->store), -ENOTCONN);
    postgres_fixture_start(fixture_server());
    assert_int_equal(store_ping(f->store), 0);
    assert_int_equal(store_get(f->store, f->arena, a.arn, &got), 0);
    assert_int_equal(store_get(f->store, f->arena, b.arn, &got), -ENOENT);
    assert_int_equal(fixture_add(f, &b, 0), 0);
}

static void known_keys_go_on_working_while_it_is_away(void **state)
{
    struct fixture *f = *state;
    struct access_key_cache_config config = { .store = f->store };
    struct access_key_cache *cache = access_key_cache_create(&config);
    struct access_key_spec spec = { .account = ACCOUNT, .policy_json = "{}" };
    const struct cached_key *found;
    struct access_key key;

    access_key_make(&key, f->arena, &spec);
    assert_int_equal(access_key_add(f->store, &key), 0);
    assert_int_equal(access_key_cache_find(cache, key.id, &found), 0);
    cached_key_unref(found);
    postgres_fixture_crash(fixture_server());
    assert_int_equal(access_key_cache_find(cache, key.id, &found), 0);
    cached_key_unref(found);
    assert_int_equal(access_key_cache_find(cache, "AKIA", &found), -ENOTCONN);
    access_key_cache_destroy(cache);
    postgres_fixture_start(fixture_server());
}

struct writer {
    struct fixture *f;
    int number;
    int written; /* ids below it were acknowledged */
    bool failed_otherwise;
    atomic_bool *is_done;
    atomic_int *total;
};

static const char *channel_arn(struct arena *arena, const struct writer *w, int i)
{
    return arena_printf(arena, ARN("channel", "w%di%d"), w->number, i);
}

/* After an error that leaves it open whether it was written: looks until it can be told. */
static int look(struct writer *w, struct arena *arena, const char *arn)
{
    struct resource r;
    int err;

    do
        err = store_get(w->f->store, arena, arn, &r);
    while (err == -ENOTCONN && !atomic_load(w->is_done));
    return err;
}

/* Goes on with the same id until it is acknowledged: had a refused one been written all the same,
 * -EEXIST would tell. */
static void *write_through_crashes(void *arg)
{
    struct writer *w = arg;
    struct arena *arena = arena_create();

    while (!atomic_load(w->is_done) && !w->failed_otherwise) {
        struct resource r = fixture_resource(arena, "channel", "x");
        int err;

        r.arn = channel_arn(arena, w, w->written);
        err = fixture_add(w->f, &r, 0);
        if (err == -EIO && look(w, arena, r.arn) == -ENOENT)
            continue;
        if (!err || err == -EIO) {
            w->written++;
            atomic_fetch_add(w->total, 1);
        } else if (err != -ENOTCONN) {
            w->failed_otherwise = true;
        }
    }
    arena_destroy(arena);
    return NULL;
}

struct progress {
    atomic_int total;
    int target;
};

static bool has_progressed(void *arg)
{
    struct progress *p = arg;

    return atomic_load(&p->total) >= p->target;
}

static void crash_while_they_write(struct progress *progress)
{
    for (int i = 0; i < 3; i++) {
        progress->target = atomic_load(&progress->total) + 100;
        assert_true(wait_until(has_progressed, progress));
        postgres_fixture_crash(fixture_server());
        postgres_fixture_start(fixture_server());
    }
    progress->target = atomic_load(&progress->total) + 100;
    assert_true(wait_until(has_progressed, progress));
}

static void a_crash_loses_nothing_acknowledged_and_keeps_nothing_refused(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    struct progress progress = { 0 };
    pthread_t threads[WRITERS];
    atomic_bool is_done = false;
    struct resource_query query = fixture_query("channel");
    struct resource got;
    int64_t n;

    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ f, i, 0, false, &is_done, &progress.total };
        pthread_create(&threads[i], NULL, write_through_crashes, &writers[i]);
    }
    crash_while_they_write(&progress);
    atomic_store(&is_done, true);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < WRITERS; i++) {
        assert_false(writers[i].failed_otherwise);
        for (int j = 0; j < writers[i].written; j++)
            assert_int_equal(
                store_get(f->store, f->arena, channel_arn(f->arena, &writers[i], j), &got), 0);
    }
    assert_int_equal(store_count(f->store, &query, &n), 0);
    assert_int_equal(n, atomic_load(&progress.total));
}

struct counter {
    struct store *store;
    const char *arn;
    bool failed;
};

/* Reads, adds one, writes: what comes between is lost. */
static int count_up(struct store_txn *txn, void *arg)
{
    struct arena *arena = arena_create();
    struct resource r;
    int err = txn_get(txn, arena, arg, &r);

    if (!err) {
        r.body = arena_printf(arena, "%ld", strtol(r.body, NULL, 10) + 1);
        err = txn_update(txn, &r);
    }
    arena_destroy(arena);
    return err;
}

static void *count_up_often(void *arg)
{
    struct counter *c = arg;

    for (int i = 0; i < COUNTS; i++)
        c->failed |= store_write(c->store, count_up, (void *)c->arn) != 0;
    return NULL;
}

static void writers_of_two_nodes_take_turns(void **state)
{
    struct fixture *f = *state;
    struct store_config config = fixture_config(f);
    struct resource r = fixture_resource(f->arena, "channel", "a");
    struct counter counters[WRITERS];
    pthread_t threads[WRITERS];
    struct store *other;

    r.body = "0";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(store_open(&other, &config), 0);
    for (int i = 0; i < WRITERS; i++) {
        counters[i] = (struct counter){ i % 2 ? other : f->store, r.arn, false };
        pthread_create(&threads[i], NULL, count_up_often, &counters[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(counters[i].failed);
    }
    assert_int_equal(store_get(f->store, f->arena, r.arn, &r), 0);
    assert_int_equal(strtol(r.body, NULL, 10), WRITERS * COUNTS);
    store_close(other);
}

static void two_nodes_share_one_quota(void **state)
{
    struct fixture *f = *state;
    struct store_config config = fixture_config(f);
    struct resource a = fixture_resource(f->arena, "channel", "a"), got;
    struct resource b = fixture_resource(f->arena, "channel", "b");
    struct fixture other = *f;

    assert_int_equal(store_open(&other.store, &config), 0);
    assert_int_equal(fixture_add(f, &a, 1), 0);
    assert_int_equal(store_get(other.store, f->arena, a.arn, &got), 0);
    assert_int_equal(fixture_add(&other, &b, 1), -EDQUOT);
    assert_int_equal(fixture_delete(&other, a.arn), 0);
    assert_int_equal(fixture_add(f, &b, 1), 0);
    store_close(other.store);
}

static void a_server_that_is_not_there_is_no_store(void **state)
{
    struct fixture *f = *state;
    struct store_config config = { .data_dir = f->dir,
                                   .url = "postgresql:///x?host=/nowhere/at/all" };
    struct store *store;

    assert_int_equal(store_open(&store, &config), -ENOTCONN);
    config.url = "mysql://somewhere";
    assert_int_equal(store_open(&store, &config), -EINVAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(while_it_is_away_calls_fail_and_work_again_after),
        TEST(known_keys_go_on_working_while_it_is_away),
        TEST(a_crash_loses_nothing_acknowledged_and_keeps_nothing_refused),
        TEST(writers_of_two_nodes_take_turns),
        TEST(two_nodes_share_one_quota),
        TEST(a_server_that_is_not_there_is_no_store),
    };

    return fixture_run_on_postgres(tests, ARRAY_LEN(tests));
}
