/* SPDX-License-Identifier: Apache-2.0 */
#include "store/credentials.h"

#include "store_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/access_key.h"
#include "store/data_dir.h"

static const char *path_in(struct fixture *f, const char *name)
{
    return arena_printf(f->arena, "%s/%s", f->dir, name);
}

static const char *read_all(struct fixture *f, const char *name)
{
    char text[2048] = "";
    FILE *file = fopen(path_in(f, name), "r");

    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    return arena_strdup(f->arena, text);
}

static bool make_first(struct fixture *f)
{
    bool is_new;

    assert_int_equal(credentials_make_first(f->store, f->dir, ACCOUNT, &is_new), 0);
    return is_new;
}

static void the_first_start_leaves_a_working_administrators_key(void **state)
{
    struct fixture *f = *state;
    char id[32], secret[64];
    struct access_key key;
    struct stat st;

    assert_true(make_first(f));
    assert_int_equal(sscanf(read_all(f, "credentials"),
                            "[default]\naws_access_key_id = %31s\naws_secret_access_key = %63s\n",
                            id, secret),
                     2);
    assert_int_equal(stat(path_in(f, "credentials"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(access_key_get(f->store, f->arena, id, &key), 0);
    assert_string_equal(key.secret, secret);
    assert_string_equal(key.account, ACCOUNT);
    assert_string_equal(key.policy_json, access_key_administrator);
}

static void later_starts_change_nothing(void **state)
{
    struct fixture *f = *state;
    const char *before;
    struct access_key *keys;
    int count;

    assert_true(make_first(f));
    before = read_all(f, "credentials");
    fixture_reopen(f);
    assert_false(make_first(f));
    assert_string_equal(read_all(f, "credentials"), before);
    assert_int_equal(access_key_list(f->store, f->arena, &keys, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(access_key_delete(f->store, keys[0].id), 0);
    assert_false(make_first(f));
}

static void a_start_that_died_before_adding_the_key_is_made_up_for(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(path_in(f, "credentials"), "w");

    fputs("[default]\naws_access_key_id = AKIALOST\n", file);
    fclose(file);
    assert_true(make_first(f));
    assert_null(strstr(read_all(f, "credentials"), "AKIALOST"));
}

static void the_config_names_region_and_endpoint(void **state)
{
    struct fixture *f = *state;
    const char *text;

    assert_int_equal(credentials_write_config(f->dir, REGION, "http://127.0.0.1:1"), 0);
    assert_int_equal(credentials_write_config(f->dir, REGION, "http://127.0.0.1:8080"), 0);
    text = read_all(f, "config");
    assert_non_null(strstr(text, "[default]\nregion = us-west-2\nservices = weir\n"));
    assert_non_null(strstr(text, "ivs =\n  endpoint_url = http://127.0.0.1:8080\n"));
    assert_non_null(strstr(text, "ivs_realtime =\n  endpoint_url = http://127.0.0.1:8080\n"));
    assert_null(strstr(text, "127.0.0.1:1\n"));
}

static void one_server_at_a_time_holds_the_data_directory(void **state)
{
    struct fixture *f = *state;
    int lock, second;

    assert_int_equal(data_dir_make(f->dir), 0);
    assert_int_equal(data_dir_lock(f->dir, &lock), 0);
    assert_int_equal(data_dir_lock(f->dir, &second), -EBUSY);
    close(lock);
    assert_int_equal(data_dir_lock(f->dir, &second), 0);
    close(second);
}

static void a_new_data_directory_is_the_owners_alone(void **state)
{
    struct fixture *f = *state;
    const char *path = path_in(f, "new");
    struct stat st;

    assert_int_equal(data_dir_make(path), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(data_dir_make(path_in(f, "not/there")), -ENOENT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_first_start_leaves_a_working_administrators_key),
        TEST(later_starts_change_nothing),
        TEST(a_start_that_died_before_adding_the_key_is_made_up_for),
        TEST(the_config_names_region_and_endpoint),
        TEST(one_server_at_a_time_holds_the_data_directory),
        TEST(a_new_data_directory_is_the_owners_alone),
    };

    return fixture_run_on_both(tests, ARRAY_LEN(tests));
}
