/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_depth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool is_deeper(const char *text, int max)
{
    return json_is_deeper(text, strlen(text), max);
}

static void counts_what_is_open_at_once(void **state)
{
    assert_false(is_deeper("", 0));
    assert_true(is_deeper("{}", 0));
    assert_false(is_deeper("[{},{},[]]", 2));
    assert_true(is_deeper("[{},{},[[]]]", 2));
    assert_false(is_deeper("]]]][[", 2)); /* no JSON: the parser says so */
}

static void brackets_in_strings_are_text(void **state)
{
    assert_false(is_deeper("[\"[[[{\"]", 1));
    assert_false(is_deeper("[\"\\\"[[[\"]", 1));
    assert_true(is_deeper("[\"\\\\\",[]]", 1));
    assert_false(is_deeper("[\"[[[\\", 1)); /* ends within the string */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_is_open_at_once),
        cmocka_unit_test(brackets_in_strings_are_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
