/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void gives_back_what_was_added(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, "channel", "one"), got;
    struct resource parent = fixture_resource(f->arena, "stage", "s");

    assert_int_equal(fixture_add(f, &parent, 0), 0);
    r.name = "caf\xc3\xa9";
    r.state = "ACTIVE";
    r.key = "fingerprint";
    r.parent = parent.arn;
    r.body = "{\"type\":\"STANDARD\"}";
    r.tags = "{\"a\":\"b\"}";
    r.secret = "a passphrase";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    fixture_reopen(f);
    assert_int_equal(store_get(f->store, f->arena, r.arn, &got), 0);
    assert_string_equal(got.arn, r.arn);
    assert_string_equal(got.name, r.name);
    assert_string_equal(got.state, r.state);
    assert_string_equal(got.key, r.key);
    assert_string_equal(got.parent, r.parent);
    assert_string_equal(got.body, r.body);
    assert_string_equal(got.tags, r.tags);
    assert_string_equal(got.secret, r.secret);
    assert_int_equal(got.created_ms, r.created_ms);
    assert_int_equal(got.version, 1);
    assert_int_equal(got.seq, r.seq);
    assert_int_equal(store_get(f->store, f->arena, ARN("channel", "two"), &got), -ENOENT);
    assert_int_equal(store_ping(f->store), 0);
}

static void refuses_a_second_of_the_same_arn_or_key(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, "playback-key", "one"), got;
    struct resource_query query = fixture_query("playback-key");

    r.key = "fp";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(fixture_add(f, &r, 0), -EEXIST);
    r.arn = ARN("playback-key", "two");
    assert_int_equal(fixture_add(f, &r, 0), -EEXIST);
    assert_int_equal(store_find_key(f->store, f->arena, &query, "fp", &got), 0);
    assert_string_equal(got.arn, ARN("playback-key", "one"));
    query.account = "999999999999";
    assert_int_equal(store_find_key(f->store, f->arena, &query, "fp", &got), -ENOENT);
    r.arn = "arn:aws:ivs:" REGION ":999999999999:playback-key/two";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    r.arn = "no ARN";
    assert_int_equal(fixture_add(f, &r, 0), -EINVAL);
}

static void add_numbered(struct fixture *f, int count)
{
    for (int i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof(id), "c%03d", i);
        struct resource r = fixture_resource(f->arena, "channel", id);
        r.name = i % 2 ? "odd" : "even";
        assert_int_equal(fixture_add(f, &r, 0), 0);
    }
}

static void pages_go_on_while_items_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct resource_query query = fixture_query("channel");
    struct resource r = fixture_resource(f->arena, "channel", "new");
    struct resource_page page;

    add_numbered(f, 10);
    query.limit = 4;
    assert_int_equal(store_list(f->store, f->arena, &query, &page), 0);
    assert_int_equal(page.count, 4);
    assert_true(page.has_more);
    assert_string_equal(page.items[3].arn, ARN("channel", "c003"));
    query.after = page.items[3].seq;
    assert_int_equal(fixture_delete(f, ARN("channel", "c003")), 0);
    assert_int_equal(fixture_delete(f, ARN("channel", "c005")), 0);
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(store_list(f->store, f->arena, &query, &page), 0);
    assert_string_equal(page.items[0].arn, ARN("channel", "c004"));
    assert_string_equal(page.items[1].arn, ARN("channel", "c006"));
    query.after = page.items[3].seq;
    assert_int_equal(store_list(f->store, f->arena, &query, &page), 0);
    assert_int_equal(page.count, 2);
    assert_false(page.has_more);
    assert_string_equal(page.items[1].arn, r.arn);
}

static void the_place_of_the_newest_is_not_given_away_again(void **state)
{
    struct fixture *f = *state;
    struct resource a = fixture_resource(f->arena, "channel", "a");
    struct resource b = fixture_resource(f->arena, "channel", "b");

    assert_int_equal(fixture_add(f, &a, 0), 0);
    assert_int_equal(fixture_delete(f, a.arn), 0);
    assert_int_equal(fixture_add(f, &b, 0), 0);
    assert_true(b.seq > a.seq);
}

static int count_of(struct fixture *f, const struct resource_query *query)
{
    struct resource_page page;
    int64_t n;

    assert_int_equal(store_count(f->store, query, &n), 0);
    assert_int_equal(store_list(f->store, f->arena, query, &page), 0);
    assert_int_equal(page.count, n);
    return page.count;
}

static void filters_narrow_lists_and_counts(void **state)
{
    struct fixture *f = *state;
    static const char *const refs[] = { ARN("stage", "s"), ARN("encoder-configuration", "e"),
                                        ARN("stage", "s") };
    struct resource r = fixture_resource(f->arena, "composition", "1");
    struct resource_query query = fixture_query("composition");

    r.refs = refs;
    r.ref_count = ARRAY_LEN(refs);
    r.state = "RUNNING";
    r.name = "n";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    r.arn = ARN("composition", "2");
    r.ref_count = 1;
    r.state = "ENDED";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(count_of(f, &query), 2);
    query.name = "n";
    assert_int_equal(count_of(f, &query), 2);
    query.state = "ENDED";
    assert_int_equal(count_of(f, &query), 1);
    query.parent = ARN("channel", "other");
    assert_int_equal(count_of(f, &query), 0);
    query = fixture_query("composition");
    query.refs_to[0] = refs[0];
    assert_int_equal(count_of(f, &query), 2);
    query.refs_to[1] = refs[1];
    assert_int_equal(count_of(f, &query), 1);
    query.refs_to[0] = NULL;
    assert_int_equal(count_of(f, &query), 1);
    query.refs_to[0] = ARN("stage", "none");
    assert_int_equal(count_of(f, &query), 0);
    query = fixture_query("composition");
    query.account = "999999999999";
    assert_int_equal(count_of(f, &query), 0);
}

static int count_refs(struct store_txn *txn, void *arg)
{
    return txn_refs_to(txn, ARN("recording-configuration", "r"), arg);
}

static void update_replaces_what_it_is_given(void **state)
{
    struct fixture *f = *state;
    static const char *const refs[] = { ARN("recording-configuration", "r") };
    struct resource r = fixture_resource(f->arena, "channel", "one");
    int64_t n;

    r.secret = "passphrase";
    r.refs = refs;
    r.ref_count = 1;
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(store_get(f->store, f->arena, r.arn, &r), 0);
    r.body = "{\"name\":\"new\"}";
    r.name = "new";
    assert_int_equal(fixture_update(f, &r), 0);
    assert_int_equal(r.version, 2);
    assert_int_equal(store_write(f->store, count_refs, &n), 0);
    assert_int_equal(n, 1);
    r.refs = refs;
    r.ref_count = 0;
    assert_int_equal(fixture_update(f, &r), 0);
    assert_int_equal(store_write(f->store, count_refs, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(store_get(f->store, f->arena, r.arn, &r), 0);
    assert_int_equal(r.version, 3);
    assert_string_equal(r.name, "new");
    assert_string_equal(r.secret, "passphrase");
    r.arn = ARN("channel", "none");
    assert_int_equal(fixture_update(f, &r), -ENOENT);
}

static void delete_takes_children_and_references_along(void **state)
{
    struct fixture *f = *state;
    static const char *const refs[] = { ARN("recording-configuration", "r") };
    struct resource channel = fixture_resource(f->arena, "channel", "one");
    struct resource other = fixture_resource(f->arena, "channel", "other");
    struct resource key = fixture_resource(f->arena, "stream-key", "k");
    struct resource_query keys = fixture_query("stream-key");
    int64_t n;

    channel.refs = refs;
    channel.ref_count = 1;
    key.parent = channel.arn;
    assert_int_equal(fixture_add(f, &key, 0), -ENOENT);
    assert_int_equal(fixture_add(f, &channel, 0), 0);
    assert_int_equal(fixture_add(f, &other, 0), 0);
    assert_int_equal(fixture_add(f, &key, 0), 0);
    keys.parent = other.arn;
    assert_int_equal(count_of(f, &keys), 0);
    keys.parent = channel.arn;
    assert_int_equal(count_of(f, &keys), 1);
    assert_int_equal(fixture_delete(f, channel.arn), 0);
    assert_int_equal(store_get(f->store, f->arena, key.arn, &key), -ENOENT);
    assert_int_equal(count_of(f, &keys), 0);
    assert_int_equal(store_write(f->store, count_refs, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(fixture_delete(f, channel.arn), -ENOENT);
}

static void the_quota_holds_and_is_given_back(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, "channel", "one");

    assert_int_equal(fixture_add(f, &r, 2), 0);
    r.arn = ARN("channel", "two");
    assert_int_equal(fixture_add(f, &r, 2), 0);
    r.arn = ARN("channel", "three");
    assert_int_equal(fixture_add(f, &r, 2), -EDQUOT);
    assert_int_equal(store_get(f->store, f->arena, r.arn, &r), -ENOENT);
    r.arn = "arn:aws:ivs:" REGION ":999999999999:channel/x";
    assert_int_equal(fixture_add(f, &r, 2), 0);
    assert_int_equal(fixture_delete(f, ARN("channel", "one")), 0);
    r.arn = ARN("channel", "three");
    assert_int_equal(fixture_add(f, &r, 2), 0);
}

static int add_two_then_refuse(struct store_txn *txn, void *arg)
{
    struct fixture *f = arg;
    struct resource a = fixture_resource(f->arena, "channel", "a");
    struct resource b = fixture_resource(f->arena, "stream-key", "b");

    assert_int_equal(txn_add(txn, &a, 0), 0);
    assert_int_equal(txn_add(txn, &b, 0), 0);
    return -EPERM;
}

static void a_refused_write_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct resource_query channels = fixture_query("channel"), keys = fixture_query("stream-key");

    assert_int_equal(store_write(f->store, add_two_then_refuse, f), -EPERM);
    assert_int_equal(count_of(f, &channels), 0);
    assert_int_equal(count_of(f, &keys), 0);
}

static int add_twice_and_look_away(struct store_txn *txn, void *arg)
{
    struct resource r = fixture_resource(arg, "channel", "a");

    txn_add(txn, &r, 0);
    txn_add(txn, &r, 0);
    return 0;
}

static void a_failure_inside_cannot_be_overlooked(void **state)
{
    struct fixture *f = *state;
    struct resource r;

    assert_int_equal(store_write(f->store, add_twice_and_look_away, f->arena), -EEXIST);
    assert_int_equal(store_get(f->store, f->arena, ARN("channel", "a"), &r), -ENOENT);
}

static int look_around(struct store_txn *txn, void *arg)
{
    struct fixture *f = arg;
    struct resource_query query = fixture_query("channel");
    struct resource r = fixture_resource(f->arena, "channel", "a"), got;
    struct resource_page page;
    int64_t n;

    r.key = "k";
    assert_int_equal(txn_get(txn, f->arena, r.arn, &got), -ENOENT);
    assert_int_equal(txn_count(txn, &query, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(txn_add(txn, &r, 0), 0);
    assert_int_equal(txn_get(txn, f->arena, r.arn, &got), 0);
    assert_int_equal(txn_find_key(txn, f->arena, &query, "k", &got), 0);
    assert_int_equal(txn_find_key(txn, f->arena, &query, "other", &got), -ENOENT);
    assert_int_equal(txn_count(txn, &query, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(txn_list(txn, f->arena, &query, &page), 0);
    assert_int_equal(page.count, 1);
    return 0;
}

static void a_transaction_sees_its_own_changes(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(store_write(f->store, look_around, f), 0);
}

static void finds_by_secret_only_the_whole_secret_of_that_type(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, "stream-key", "k"), got;

    r.secret = "sk_us-west-2_abcdefghijkl_0123456789";
    r.is_found_by_secret = true;
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(store_find_secret(f->store, f->arena, "stream-key", r.secret, &got), 0);
    assert_string_equal(got.arn, r.arn);
    assert_string_equal(got.secret, r.secret);
    assert_int_equal(store_find_secret(f->store, f->arena, "stage", r.secret, &got), -ENOENT);
    assert_int_equal(store_find_secret(f->store, f->arena, "stream-key", "sk_", &got), -ENOENT);
    assert_int_equal(store_find_secret(f->store, f->arena, "stream-key", "", &got), -ENOENT);
}

static void lists_carry_no_secrets(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, "stream-key", "k");
    struct resource_query query = fixture_query("stream-key");
    struct resource_page page;

    r.secret = "secret";
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_int_equal(store_list(f->store, f->arena, &query, &page), 0);
    assert_null(page.items[0].secret);
}

static bool file_contains(const char *dir, const char *name, const char *text)
{
    char path[128];
    size_t len = 1 << 20;
    char *data = mem_zalloc(len);
    int fd;
    bool found;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    len = (size_t)read(fd, data, len);
    found = memmem(data, len, text, strlen(text));
    close(fd);
    mem_free(data);
    return found;
}

static void secrets_are_nowhere_on_the_disk_in_clear(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, "stream-key", "k");

    if (fixture_server())
        skip();
    r.secret = "sk_needle_in_the_haystack";
    r.name = "visible";
    r.is_found_by_secret = true;
    assert_int_equal(fixture_add(f, &r, 0), 0);
    assert_true(file_contains(f->dir, "weir.db-wal", "visible"));
    assert_false(file_contains(f->dir, "weir.db-wal", "needle"));
    store_close(f->store);
    f->store = NULL;
    assert_true(file_contains(f->dir, "weir.db", "visible"));
    assert_false(file_contains(f->dir, "weir.db", "needle"));
}

static void its_files_are_the_owners_alone(void **state)
{
    static const char *const names[] = { "weir.db", "weir.db-wal", "weir.db-shm", "secret.key" };
    struct fixture *f = *state;

    if (fixture_server())
        skip();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[128];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void refuses_another_key_file(void **state)
{
    struct fixture *f = *state;
    struct store_config config = fixture_config(f);
    char path[128];

    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof(path), "%s/secret.key", f->dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_open(&f->store, &config), -EKEYREJECTED);
}

static void keys_for_other_purposes_differ_and_last(void **state)
{
    struct fixture *f = *state;
    uint8_t page[STORE_KEY_SIZE], again[STORE_KEY_SIZE], other[STORE_KEY_SIZE];

    store_derive_key(f->store, "page-token", page);
    store_derive_key(f->store, "viewer", other);
    fixture_reopen(f);
    store_derive_key(f->store, "page-token", again);
    assert_memory_equal(page, again, sizeof(page));
    assert_memory_not_equal(page, other, sizeof(page));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(gives_back_what_was_added),
        TEST(refuses_a_second_of_the_same_arn_or_key),
        TEST(pages_go_on_while_items_come_and_go),
        TEST(the_place_of_the_newest_is_not_given_away_again),
        TEST(filters_narrow_lists_and_counts),
        TEST(update_replaces_what_it_is_given),
        TEST(delete_takes_children_and_references_along),
        TEST(the_quota_holds_and_is_given_back),
        TEST(a_refused_write_leaves_nothing),
        TEST(a_failure_inside_cannot_be_overlooked),
        TEST(a_transaction_sees_its_own_changes),
        TEST(finds_by_secret_only_the_whole_secret_of_that_type),
        TEST(lists_carry_no_secrets),
        TEST(secrets_are_nowhere_on_the_disk_in_clear),
        TEST(its_files_are_the_owners_alone),
        TEST(refuses_another_key_file),
        TEST(keys_for_other_purposes_differ_and_last),
    };

    return fixture_run_on_both(tests, ARRAY_LEN(tests));
}
