/* SPDX-License-Identifier: Apache-2.0 */
/* What every store has in common, over one that keeps a single bucket in memory. */
#include "objects/object_store.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "objects/bucket_policy.h"

#define NEIGHBOUR "{\"Statement\":[{\"Sid\":\"neighbour\"}]}"

struct bucket {
    struct object_store store;
    char policy[16384];
    bool is_probed, is_clean;
    int remove_err;
    int intrusions; /* how often a neighbour still overwrites what was written */
    int reads, writes;
};

static struct bucket *of(struct object_store *store)
{
    return CONTAINER_OF(store, struct bucket, store);
}

static int put(struct object_store *store, const char *name, const struct object *object)
{
    of(store)->is_probed = object->len == 0;
    return 0;
}

static int remove_object(struct object_store *store, const char *name, const char *key)
{
    of(store)->is_clean = !of(store)->remove_err;
    return of(store)->remove_err;
}

static int get_policy(struct object_store *store, const char *name, struct buf *out)
{
    of(store)->reads++;
    return buf_append_str(out, of(store)->policy);
}

static int put_policy(struct object_store *store, const char *name, const char *json)
{
    struct bucket *b = of(store);

    sched_yield(); /* between reading and writing there is time for others */
    b->writes++;
    snprintf(b->policy, sizeof(b->policy), "%s", b->intrusions > 0 ? NEIGHBOUR : json);
    b->intrusions--;
    return 0;
}

static const struct object_store_driver memory = {
    .put = put,
    .remove = remove_object,
    .get_policy = get_policy,
    .put_policy = put_policy,
};

static int setup(void **state)
{
    struct bucket *b = mem_zalloc(sizeof(*b));

    object_store_init(&b->store, &memory);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bucket *b = *state;

    object_store_clear(&b->store);
    mem_free(b);
    return 0;
}

static struct policy_grant grant_to(const char *id)
{
    return (struct policy_grant){ .bucket = "garden", .region = "us-west-2", .id = id };
}

static void a_probe_writes_nothing_and_takes_it_away(void **state)
{
    struct bucket *b = *state;

    assert_int_equal(object_store_probe(&b->store, "garden"), 0);
    assert_true(b->is_probed);
    assert_true(b->is_clean);
    b->remove_err = -EACCES; /* who may write need not be allowed to delete */
    assert_int_equal(object_store_probe(&b->store, "garden"), 0);
}

static void a_statement_is_written_once_and_looked_at_again(void **state)
{
    struct policy_grant grant = grant_to("one");
    struct bucket *b = *state;

    assert_int_equal(object_store_grant(&b->store, &grant), 0);
    assert_int_equal(b->writes, 1);
    assert_int_equal(b->reads, 2);
    assert_int_equal(object_store_grant(&b->store, &grant), 0);
    assert_int_equal(b->writes, 1);
    assert_int_equal(object_store_revoke(&b->store, &grant), 0);
    assert_string_equal(b->policy, "");
    assert_int_equal(object_store_revoke(&b->store, &grant), 0);
    assert_int_equal(b->writes, 2);
}

static void a_statement_that_a_neighbour_overwrote_is_written_again(void **state)
{
    struct policy_grant grant = grant_to("one");
    struct bucket *b = *state;

    b->intrusions = 1;
    assert_int_equal(object_store_grant(&b->store, &grant), 0);
    assert_non_null(strstr(b->policy, "CompositeWrite-one"));
    assert_non_null(strstr(b->policy, "neighbour"));
}

static void a_policy_that_never_lasts_is_no_grant(void **state)
{
    struct policy_grant grant = grant_to("one");
    struct bucket *b = *state;

    b->intrusions = 1000;
    assert_int_equal(object_store_grant(&b->store, &grant), -EBUSY);
    assert_in_range(b->writes, 2, 10);
}

struct granter {
    struct bucket *bucket;
    char id[16];
};

static void *grant_in_a_thread(void *arg)
{
    struct granter *granter = arg;
    struct policy_grant grant = grant_to(granter->id);

    assert_int_equal(object_store_grant(&granter->bucket->store, &grant), 0);
    return NULL;
}

static void statements_of_many_threads_all_stand(void **state)
{
    struct granter granters[16];
    pthread_t threads[ARRAY_LEN(granters)];
    struct bucket *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(granters); i++) {
        granters[i].bucket = b;
        snprintf(granters[i].id, sizeof(granters[i].id), "id-%02zu", i);
        assert_int_equal(pthread_create(&threads[i], NULL, grant_in_a_thread, &granters[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(granters); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < ARRAY_LEN(granters); i++)
        assert_non_null(strstr(b->policy, granters[i].id));
    assert_int_equal(b->writes, ARRAY_LEN(granters));
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_probe_writes_nothing_and_takes_it_away),
        STORE_TEST(a_statement_is_written_once_and_looked_at_again),
        STORE_TEST(a_statement_that_a_neighbour_overwrote_is_written_again),
        STORE_TEST(a_policy_that_never_lasts_is_no_grant),
        STORE_TEST(statements_of_many_threads_all_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
