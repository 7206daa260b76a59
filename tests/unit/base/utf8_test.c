/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static void knows_valid_text(void **state)
{
    static const char *const valid[] = {
        "",
        "abc",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "a\xe2\x82\xac"
        "b",
    };
    static const char *const invalid[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xc2",
        "\xc2"
        "a",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xe2\x82",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xf0\x90\x80",
        "ab\xe2\x28\xa1",
    };

    for (size_t i = 0; i < ARRAY_LEN(valid); i++)
        assert_true(utf8_is_valid(valid[i], strlen(valid[i])));
    for (size_t i = 0; i < ARRAY_LEN(invalid); i++)
        assert_false(utf8_is_valid(invalid[i], strlen(invalid[i])));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_valid_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
