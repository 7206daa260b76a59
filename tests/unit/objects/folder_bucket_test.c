/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/folder_bucket.h"

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

static void makes_the_folder_and_leaves_nothing_in_it(void **state)
{
    char dir[] = "/tmp/weir-buckets-XXXXXX", path[128];
    struct stat st;

    assert_non_null(mkdtemp(dir));
    assert_int_equal(folder_bucket_probe(dir, "garden.recordings-1"), 0);
    assert_int_equal(folder_bucket_probe(dir, "garden.recordings-1"), 0);
    snprintf(path, sizeof(path), "%s/buckets/garden.recordings-1", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(rmdir(path), 0); /* empty */
    snprintf(path, sizeof(path), "%s/buckets", dir);
    rmdir(path);
    rmdir(dir);
}

static void a_name_cannot_lead_elsewhere(void **state)
{
    static const char *const wrong[] = { "",     "ab",   "..",   "...",  "a/b/c",
                                         "../x", "a..b", "-abc", ".abc", "ABC" };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(folder_bucket_probe("/tmp/weir-nowhere", wrong[i]), -EINVAL);
    assert_int_equal(folder_bucket_probe("/tmp/weir-nowhere", "abc"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_the_folder_and_leaves_nothing_in_it),
        cmocka_unit_test(a_name_cannot_lead_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
