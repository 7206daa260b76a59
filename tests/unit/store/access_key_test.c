/* SPDX-License-Identifier: Apache-2.0 */
#include "store/access_key.h"

#include "store_fixture.h"

#include <errno.h>

#include "base/clock.h"
#include "store/access_key_cache.h"

#define NO_POLICY "nonsense"

/* A parser that counts: the policy is the document's first letter. */
static int parsed, freed;

static void *parse_policy(const char *json)
{
    static char letters[256];

    parsed++;
    letters[(uint8_t)json[0]] = json[0];
    return strcmp(json, NO_POLICY) ? &letters[(uint8_t)json[0]] : NULL;
}

static void free_policy(void *policy)
{
    freed++;
}

static struct access_key add_key(struct fixture *f, const char *policy, int session_minutes)
{
    struct access_key_spec spec = { .account = ACCOUNT,
                                    .policy_json = policy,
                                    .session_minutes = session_minutes };
    struct access_key key;

    access_key_make(&key, f->arena, &spec);
    assert_int_equal(access_key_add(f->store, &key), 0);
    return key;
}

static struct access_key_cache *create_cache(struct fixture *f)
{
    struct access_key_cache_config config = { .store = f->store,
                                              .parse_policy = parse_policy,
                                              .free_policy = free_policy };

    parsed = freed = 0;
    return access_key_cache_create(&config);
}

static void a_key_has_the_form_that_tools_expect(void **state)
{
    struct fixture *f = *state;
    struct access_key key = add_key(f, "{}", 0), session = add_key(f, "{}", 15);

    assert_int_equal(strlen(key.id), 20);
    assert_memory_equal(key.id, "AKIA", 4);
    assert_int_equal(strspn(key.id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 20);
    assert_int_equal(strlen(key.secret), 40);
    assert_null(key.session_token);
    assert_int_equal(key.expires_ms, 0);
    assert_memory_equal(session.id, "ASIA", 4);
    assert_non_null(session.session_token);
    assert_int_equal(session.expires_ms, session.created_ms + 15 * 60000);
}

static void a_key_comes_back_whole_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct access_key key = add_key(f, "{\"Statement\":[]}", 15), got;

    fixture_reopen(f);
    assert_int_equal(access_key_get(f->store, f->arena, key.id, &got), 0);
    assert_string_equal(got.id, key.id);
    assert_string_equal(got.secret, key.secret);
    assert_string_equal(got.session_token, key.session_token);
    assert_string_equal(got.account, ACCOUNT);
    assert_string_equal(got.policy_json, key.policy_json);
    assert_int_equal(got.expires_ms, key.expires_ms);
    assert_int_equal(got.created_ms, key.created_ms);
    assert_true(got.is_enabled);
    assert_int_equal(access_key_get(f->store, f->arena, "AKIA", &got), -ENOENT);
}

static void lists_show_all_keys_and_no_secret(void **state)
{
    struct fixture *f = *state;
    struct access_key a = add_key(f, "{}", 0), *keys;
    int count;

    add_key(f, "{}", 15);
    assert_int_equal(access_key_set_enabled(f->store, a.id, false), 0);
    assert_int_equal(access_key_list(f->store, f->arena, &keys, &count), 0);
    assert_int_equal(count, 2);
    for (int i = 0; i < count; i++) {
        assert_null(keys[i].secret);
        assert_null(keys[i].session_token);
        assert_int_equal(keys[i].is_enabled, strcmp(keys[i].id, a.id) != 0);
    }
    assert_int_equal(access_key_set_enabled(f->store, "AKIA", false), -ENOENT);
    assert_int_equal(access_key_delete(f->store, "AKIA"), -ENOENT);
}

static void the_cache_reads_a_key_once(void **state)
{
    struct fixture *f = *state;
    struct access_key key = add_key(f, "{}", 0);
    struct access_key_cache *cache = create_cache(f);
    const struct cached_key *a, *b;

    assert_int_equal(access_key_cache_find(cache, key.id, &a), 0);
    assert_int_equal(access_key_cache_find(cache, key.id, &b), 0);
    assert_ptr_equal(a, b);
    assert_int_equal(parsed, 1);
    assert_int_equal(*(char *)a->policy, '{');
    assert_string_equal(a->key.secret, key.secret);
    assert_int_equal(access_key_cache_find(cache, "AKIA", &b), -ENOENT);
    cached_key_unref(a);
    access_key_cache_destroy(cache);
    assert_int_equal(freed, 0);
    cached_key_unref(a);
    assert_int_equal(freed, 1);
}

static void the_cache_sees_changes_within_half_a_second(void **state)
{
    struct fixture *f = *state;
    struct access_key key = add_key(f, "{}", 0);
    struct access_key_cache *cache = create_cache(f);
    const struct cached_key *found, *before;

    clock_set_fake(1000000, (int64_t)1700000000 * 1000000);
    assert_int_equal(access_key_cache_find(cache, key.id, &before), 0);
    assert_int_equal(access_key_set_enabled(f->store, key.id, false), 0);
    clock_advance_us(500000);
    assert_int_equal(access_key_cache_find(cache, key.id, &found), 0);
    assert_false(found->key.is_enabled);
    assert_true(before->key.is_enabled);
    cached_key_unref(found);
    cached_key_unref(before);
    assert_int_equal(access_key_delete(f->store, key.id), 0);
    clock_advance_us(500000);
    assert_int_equal(access_key_cache_find(cache, key.id, &found), -ENOENT);
    access_key_cache_destroy(cache);
}

static void a_document_that_is_no_policy_gives_none(void **state)
{
    struct fixture *f = *state;
    struct access_key key = add_key(f, NO_POLICY, 0);
    struct access_key_cache *cache = create_cache(f);
    const struct cached_key *found;

    assert_int_equal(access_key_cache_find(cache, key.id, &found), 0);
    assert_null(found->policy);
    cached_key_unref(found);
    access_key_cache_destroy(cache);
}

static void a_use_is_written_down_at_most_once_a_minute(void **state)
{
    struct fixture *f = *state;
    const int64_t start_ms = 1700000000000;
    struct access_key key = add_key(f, "{}", 0), got;
    struct access_key_cache *cache = create_cache(f);
    const struct cached_key *found;

    clock_set_fake(1000000, start_ms * 1000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(access_key_cache_find(cache, key.id, &found), 0);
        cached_key_unref(found);
        clock_advance_us(29000000);
    }
    assert_int_equal(access_key_get(f->store, f->arena, key.id, &got), 0);
    assert_int_equal(got.last_used_ms, start_ms);
    assert_int_equal(access_key_cache_find(cache, key.id, &found), 0);
    cached_key_unref(found);
    assert_int_equal(access_key_get(f->store, f->arena, key.id, &got), 0);
    assert_int_equal(got.last_used_ms, start_ms + 87000);
    access_key_cache_destroy(cache);
}

static void sessions_are_forgotten_a_day_after_their_end(void **state)
{
    struct fixture *f = *state;
    struct access_key session, got;

    clock_set_fake(1000000, (int64_t)1700000000 * 1000000);
    session = add_key(f, "{}", 1);
    clock_advance_us((int64_t)24 * 3600 * 1000000);
    add_key(f, "{}", 0);
    assert_int_equal(access_key_get(f->store, f->arena, session.id, &got), 0);
    clock_advance_us(61000000);
    add_key(f, "{}", 0);
    assert_int_equal(access_key_get(f->store, f->arena, session.id, &got), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_key_has_the_form_that_tools_expect),
        TEST(a_key_comes_back_whole_after_a_restart),
        TEST(lists_show_all_keys_and_no_secret),
        TEST(the_cache_reads_a_key_once),
        TEST(the_cache_sees_changes_within_half_a_second),
        TEST(a_document_that_is_no_policy_gives_none),
        TEST(a_use_is_written_down_at_most_once_a_minute),
        TEST(sessions_are_forgotten_a_day_after_their_end),
    };

    return fixture_run_on_both(tests, ARRAY_LEN(tests));
}
