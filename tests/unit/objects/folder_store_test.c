/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/folder_store.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "objects/bucket_policy.h"
#include "objects/object_store.h"

struct fixture {
    char dir[64];
    struct object_store *store;
};

static int setup(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));

    snprintf(f->dir, sizeof(f->dir), "/tmp/weir-buckets-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->store = folder_store_create(f->dir);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    int status;

    object_store_destroy(f->store);
    snprintf(command, sizeof(command), "rm -r %s", f->dir);
    status = system(command);
    mem_free(f);
    return status;
}

static const char *path_of(const struct fixture *f, const char *rest)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/buckets/%s", f->dir, rest);
    return path;
}

static const char *content_of(const struct fixture *f, const char *rest)
{
    static char text[64];
    FILE *file = fopen(path_of(f, rest), "r");

    assert_non_null(file);
    memset(text, 0, sizeof(text));
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    return text;
}

static int count_entries(const struct fixture *f, const char *rest)
{
    DIR *dir = opendir(path_of(f, rest));
    int count = -2; /* "." and ".." */

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static int put(struct fixture *f, const char *key, const char *text)
{
    struct object object = { .key = key, .data = text, .len = strlen(text) };

    return object_store_put(f->store, "garden", &object);
}

static void a_probe_makes_the_bucket_and_leaves_nothing_in_it(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(object_store_probe(f->store, "garden.recordings-1"), 0);
    assert_int_equal(object_store_probe(f->store, "garden.recordings-1"), 0);
    assert_int_equal(count_entries(f, "garden.recordings-1"), 0);
}

static void an_object_replaces_the_old_one_whole(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put(f, "a b/\xc3\xa9+&=%/1.ts", "the first one"), 0);
    assert_int_equal(put(f, "a b/\xc3\xa9+&=%/1.ts", "second"), 0);
    assert_string_equal(content_of(f, "garden/a b/\xc3\xa9+&=%/1.ts"), "second");
    assert_int_equal(count_entries(f, "garden/a b/\xc3\xa9+&=%"), 1);
    assert_int_equal(object_store_remove(f->store, "garden", "a b/\xc3\xa9+&=%/1.ts"), 0);
    assert_int_equal(object_store_remove(f->store, "garden", "a b/\xc3\xa9+&=%/1.ts"), 0);
    assert_int_equal(count_entries(f, "garden/a b/\xc3\xa9+&=%"), 0);
}

static void a_name_cannot_lead_elsewhere(void **state)
{
    static const char *const buckets[] = { "",     "ab",   "..",   "...",  "a/b/c",
                                           "../x", "a..b", "-abc", ".abc", "ABC" };
    static const char *const keys[] = { "",    "/a",  "a/",   "a//b",   "..",   "../a",
                                        "a/.", "./a", "a/..", "a/../b", "a\nb", "\x7f" };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(buckets); i++)
        assert_int_equal(object_store_probe(f->store, buckets[i]), -EINVAL);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_int_equal(put(f, keys[i], "x"), -EINVAL);
        assert_int_equal(object_store_remove(f->store, "garden", keys[i]), -EINVAL);
    }
    assert_int_equal(access(path_of(f, ""), F_OK), -1);
    assert_int_equal(put(f, "...", "x"), 0); /* is a name like any other */
    assert_string_equal(content_of(f, "garden/..."), "x");
}

static void what_cannot_be_written_leaves_no_draft(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(put(f, "a", "x"), 0);
    assert_int_equal(put(f, "a/b", "x"), -ENOTDIR);
    assert_int_equal(put(f, "c/d", "x"), 0);
    assert_int_equal(put(f, "c", "x"), -EISDIR);
    assert_int_equal(count_entries(f, "garden"), 2);
}

static void a_folder_has_no_policy_to_edit(void **state)
{
    struct policy_grant grant = { .bucket = "garden", .region = "us-west-2", .id = "x" };
    struct fixture *f = *state;

    assert_int_equal(object_store_grant(f->store, &grant), 0);
    assert_int_equal(object_store_revoke(f->store, &grant), 0);
    assert_int_equal(access(path_of(f, ""), F_OK), -1);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(a_probe_makes_the_bucket_and_leaves_nothing_in_it),
        FOLDER_TEST(an_object_replaces_the_old_one_whole),
        FOLDER_TEST(a_name_cannot_lead_elsewhere),
        FOLDER_TEST(what_cannot_be_written_leaves_no_draft),
        FOLDER_TEST(a_folder_has_no_policy_to_edit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
