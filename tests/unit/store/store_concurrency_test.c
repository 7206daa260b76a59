/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads on one store: quotas hold to the last one, readers see whole changes, and a write
 * that refuses takes nobody else's along. */
#include "store_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#define THREADS    8
#define PER_THREAD 25
#define QUOTA      100

struct worker {
    struct fixture *f;
    int number;
    int added;
    int refused;
};

struct pair {
    struct resource channel, key;
    int64_t quota;
    bool refuses_late;
};

static int add_pair(struct store_txn *txn, void *arg)
{
    struct pair *pair = arg;
    int err = txn_add(txn, &pair->channel, pair->quota);

    if (!err)
        err = txn_add(txn, &pair->key, 0);
    return err ? err : pair->refuses_late ? -EPERM : 0;
}

/* A channel with its stream key, whose ids tell the pair. */
static struct pair make_pair(struct arena *arena, int thread, int i)
{
    struct pair pair = { .quota = 0 };
    char id[32];

    snprintf(id, sizeof(id), "t%di%d", thread, i);
    pair.channel = fixture_resource(arena, "channel", id);
    pair.key = fixture_resource(arena, "stream-key", id);
    pair.key.parent = pair.channel.arn;
    return pair;
}

static void run_threads(struct fixture *f, void *(*run)(void *arg), struct worker *workers)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .f = f, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, run, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static int64_t count_type(struct fixture *f, const char *type)
{
    struct resource_query query = fixture_query(type);
    struct resource_page page;
    int64_t n;

    assert_int_equal(store_count(f->store, &query, &n), 0);
    assert_int_equal(store_list(f->store, f->arena, &query, &page), 0);
    assert_int_equal(page.count, n);
    return n;
}

static void *add_up_to_the_quota(void *arg)
{
    struct worker *w = arg;
    struct arena *arena = arena_create();

    for (int i = 0; i < PER_THREAD; i++) {
        struct pair pair = make_pair(arena, w->number, i);
        int err;

        pair.quota = QUOTA;
        err = store_write(w->f->store, add_pair, &pair);
        if (!err)
            w->added++;
        else if (err == -EDQUOT)
            w->refused++;
    }
    arena_destroy(arena);
    return NULL;
}

static void a_quota_holds_when_all_add_at_once(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    int added = 0, refused = 0;

    run_threads(f, add_up_to_the_quota, workers);
    for (int i = 0; i < THREADS; i++) {
        added += workers[i].added;
        refused += workers[i].refused;
    }
    assert_int_equal(added, QUOTA);
    assert_int_equal(refused, THREADS * PER_THREAD - QUOTA);
    assert_int_equal(count_type(f, "channel"), QUOTA);
    assert_int_equal(count_type(f, "stream-key"), QUOTA);
}

/* Every third write changes something first and refuses then. */
static void *add_and_sometimes_refuse(void *arg)
{
    struct worker *w = arg;
    struct arena *arena = arena_create();

    for (int i = 0; i < PER_THREAD; i++) {
        struct pair pair = make_pair(arena, w->number, i);
        int err;

        pair.refuses_late = i % 3 == 0;
        err = store_write(w->f->store, add_pair, &pair);
        w->added += !err;
        w->refused += err == -EPERM;
    }
    arena_destroy(arena);
    return NULL;
}

static void who_refuses_takes_nobody_along(void **state)
{
    struct fixture *f = *state;
    const int refusals = (PER_THREAD + 2) / 3;
    struct worker workers[THREADS];

    run_threads(f, add_and_sometimes_refuse, workers);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(workers[i].refused, refusals);
        assert_int_equal(workers[i].added, PER_THREAD - refusals);
    }
    assert_int_equal(count_type(f, "channel"), THREADS * (PER_THREAD - refusals));
    assert_int_equal(count_type(f, "stream-key"), THREADS * (PER_THREAD - refusals));
}

static atomic_bool is_done;
static atomic_int half_seen;

/* Whoever sees a stream key finds its channel, and what was answered is seen at once. */
static void *read_while_others_write(void *arg)
{
    struct fixture *f = arg;

    while (!atomic_load(&is_done)) {
        struct arena *arena = arena_create();
        struct resource_query query = fixture_query("stream-key");
        struct resource_page page;
        struct resource channel;

        query.limit = 100;
        if (store_list(f->store, arena, &query, &page))
            atomic_fetch_add(&half_seen, 1);
        for (int i = 0; i < page.count; i++) {
            if (store_get(f->store, arena, page.items[i].parent, &channel))
                atomic_fetch_add(&half_seen, 1);
        }
        arena_destroy(arena);
    }
    return NULL;
}

static void *add_and_read_back(void *arg)
{
    struct worker *w = arg;
    struct arena *arena = arena_create();

    for (int i = 0; i < PER_THREAD; i++) {
        struct pair pair = make_pair(arena, w->number, i);
        struct resource got;

        if (!store_write(w->f->store, add_pair, &pair) &&
            !store_get(w->f->store, arena, pair.channel.arn, &got))
            w->added++;
    }
    arena_destroy(arena);
    return NULL;
}

static void readers_see_whole_changes_and_see_them_at_once(void **state)
{
    struct fixture *f = *state;
    struct worker workers[THREADS];
    pthread_t readers[2];

    atomic_store(&is_done, false);
    atomic_store(&half_seen, 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&readers[i], NULL, read_while_others_write, f);
    run_threads(f, add_and_read_back, workers);
    atomic_store(&is_done, true);
    for (int i = 0; i < 2; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&half_seen), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(workers[i].added, PER_THREAD);
}

/* One stream key per channel: the check and the change are one step. */
static int add_key_if_none(struct store_txn *txn, void *arg)
{
    struct resource *key = arg, channel;
    struct resource_query query = fixture_query("stream-key");
    struct arena *arena = arena_create();
    int64_t n = 0;
    int err = txn_get(txn, arena, key->parent, &channel);

    query.parent = key->parent;
    if (!err)
        err = txn_count(txn, &query, &n);
    if (!err && n)
        err = -EDQUOT;
    arena_destroy(arena);
    return err ? err : txn_add(txn, key, 0);
}

static void *add_keys_to_one_channel(void *arg)
{
    struct worker *w = arg;
    struct arena *arena = arena_create();
    char id[32];

    snprintf(id, sizeof(id), "k%d", w->number);
    struct resource key = fixture_resource(arena, "stream-key", id);
    key.parent = ARN("channel", "one");
    w->added = !store_write(w->f->store, add_key_if_none, &key);
    arena_destroy(arena);
    return NULL;
}

static void a_check_and_its_change_are_one_step(void **state)
{
    struct fixture *f = *state;
    struct resource channel = fixture_resource(f->arena, "channel", "one");
    struct worker workers[THREADS];
    int added = 0;

    assert_int_equal(fixture_add(f, &channel, 0), 0);
    run_threads(f, add_keys_to_one_channel, workers);
    for (int i = 0; i < THREADS; i++)
        added += workers[i].added;
    assert_int_equal(added, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_quota_holds_when_all_add_at_once),
        TEST(who_refuses_takes_nobody_along),
        TEST(readers_see_whole_changes_and_see_them_at_once),
        TEST(a_check_and_its_change_are_one_step),
    };

    return fixture_run_on_both(tests, ARRAY_LEN(tests));
}
