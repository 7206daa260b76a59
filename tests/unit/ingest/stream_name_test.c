/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/stream_name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void finds_the_key_wherever_users_put_it(void **state)
{
    /* clang-format off */
    static const struct { const char *app, *name, *key, *query; } cases[] = {
        { "app",              "sk_1",              "sk_1", "" },
        { "app",              "sk_1?priority=1",   "sk_1", "priority=1" },
        { "",                 "sk_1",              "sk_1", "" },
        { "app/sk_1",         "",                  "sk_1", "" },
        { "app/sk_1?a=1&b=2", "",                  "sk_1", "a=1&b=2" },
        { "app?a=1",          "sk_1",              "sk_1", "a=1" },
        { "app?a=1",          "sk_1?b=2",          "sk_1", "b=2" },
        { "app/",             "/sk_1/",            "sk_1", "" },
        { "app",              "instance/sk_1",     "sk_1", "" },
        { "app",              "sk_1?u=a/b?c",      "sk_1", "u=a/b?c" },
        { "",                 "",                  "",     "" },
        { "///",              "?",                 "",     "" },
    };
    /* clang-format on */
    struct stream_name name;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(stream_name_parse(&name, cases[i].app, cases[i].name), 0);
        assert_string_equal(name.key, cases[i].key);
        assert_string_equal(name.query, cases[i].query);
    }
}

static void refuses_what_is_too_long(void **state)
{
    char text[STREAM_NAME_MAX + 1];
    struct stream_name name;

    memset(text, 'a', STREAM_NAME_MAX);
    text[STREAM_NAME_MAX] = '\0';
    assert_int_equal(stream_name_parse(&name, "app", text), -EMSGSIZE);
    assert_int_equal(stream_name_parse(&name, text, ""), -EMSGSIZE);
    text[STREAM_NAME_MAX - 1] = '\0';
    assert_int_equal(stream_name_parse(&name, "app", text), 0);
    assert_string_equal(name.key, text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_key_wherever_users_put_it),
        cmocka_unit_test(refuses_what_is_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
