/* SPDX-License-Identifier: Apache-2.0 */
#include "api/arn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void takes_a_name_apart(void **state)
{
    struct arn arn;

    assert_true(arn_parse(&arn, "arn:aws:ivs:us-west-2:123456789012:stream-key/Ab1-x"));
    assert_string_equal(arn.region, "us-west-2");
    assert_string_equal(arn.account, "123456789012");
    assert_string_equal(arn.type, "stream-key");
    assert_string_equal(arn.id, "Ab1-x");
    assert_string_equal(arn_id("arn:aws:ivs:us-west-2:123456789012:stream-key/Ab1-x"), "Ab1-x");
}

static void refuses_what_is_no_name(void **state)
{
    static const char *const wrong[] = {
        "",
        "arn:aws:ivs",
        "arn:aws:s3:us-west-2:123456789012:channel/a",
        "arn:aws:ivs::123456789012:channel/a",
        "arn:aws:ivs:us-west-2:12a:channel/a",
        "arn:aws:ivs:us-west-2:123456789012:channel/",
        "arn:aws:ivs:us-west-2:123456789012:channel",
        "arn:aws:ivs:us-west-2:123456789012:channel/a/b",
        "arn:aws:ivs:us-west-2:123456789012:channel/a\n",
        "arn:aws:ivs:us-west-2:123456789012:channel/*",
    };
    char long_one[200] = "arn:aws:ivs:us-west-2:123456789012:channel/";
    struct arn arn;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(arn_parse(&arn, wrong[i]));
    memset(long_one + strlen(long_one), 'a', 128 - strlen(long_one));
    assert_true(arn_parse(&arn, long_one));
    strcat(long_one, "a");
    assert_false(arn_parse(&arn, long_one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_name_apart),
        cmocka_unit_test(refuses_what_is_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
