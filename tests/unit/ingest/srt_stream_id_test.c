/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/srt_stream_id.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void finds_key_and_query_in_every_form(void **state)
{
    /* clang-format off */
    static const struct { const char *id, *key, *query; } cases[] = {
        { "sk_1",                                   "sk_1", "" },
        { "sk_1?priority=3",                        "sk_1", "priority=3" },
        { "sk_1%3Fpriority%3D3",                    "sk_1", "priority=3" },
        { "app/sk_1?a=1",                           "sk_1", "a=1" },
        { "publish:sk_1",                           "sk_1", "" },
        { "publish:sk_1?a=1&b=2",                   "sk_1", "a=1&b=2" },
        { "#!::u=sk_1,priority=3",                  "sk_1", "priority=3" },
        { "%23%21%3A%3Au=sk_1%2Cpriority=3",        "sk_1", "priority=3" },
        { "#!::priority=3,u=sk_1,keyframeInterval=2", "sk_1", "priority=3&keyframeInterval=2" },
        { "#!::r=sk_1,m=publish",                   "sk_1", "" },
        { "#!::r=/app/sk_1,m=publish,t=stream",     "sk_1", "" },
        { "#!::u=sk_1,r=elsewhere,m=publish",       "sk_1", "" },
        { "#!::h=host,s=42,u=sk_1",                 "sk_1", "" },
        { "#!::r=sk_1?a=1",                         "sk_1", "a=1" },
        { "#!::u=sk_1,m=publish,",                  "sk_1", "" },
    };
    /* clang-format on */
    struct stream_name name;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(srt_stream_id_parse(&name, cases[i].id), 0);
        assert_string_equal(name.key, cases[i].key);
        assert_string_equal(name.query, cases[i].query);
    }
}

static void refuses_what_names_no_key(void **state)
{
    static const char *const ids[] = {
        "",           "?a=1", "publish:", "#!::",      "#!::m=publish",         "#!::u=",
        "#!::u",      "#!",   "#!:{u=a}", "#!::=sk_1", "#!::u=sk_1,,m=publish", "sk_1%00",
        "#!::u=/,r=a"
    };
    struct stream_name name;

    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        assert_int_equal(srt_stream_id_parse(&name, ids[i]), -EINVAL);
}

static void refuses_what_does_not_publish(void **state)
{
    static const char *const ids[] = {
        "#!::r=sk_1,m=request",
        "#!::u=sk_1,m=bidirectional",
        "#!::u=sk_1,t=file",
        "read:sk_1",
        "play:sk_1",
        "request:sk_1",
    };
    struct stream_name name;

    for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
        assert_int_equal(srt_stream_id_parse(&name, ids[i]), -ENOTSUP);
}

static void refuses_what_is_too_long(void **state)
{
    char id[SRT_STREAM_ID_MAX + 2] = "";
    struct stream_name name;

    memset(id, 'k', SRT_STREAM_ID_MAX);
    assert_int_equal(srt_stream_id_parse(&name, id), 0);
    assert_int_equal(strlen(name.key), SRT_STREAM_ID_MAX);
    id[SRT_STREAM_ID_MAX] = 'k';
    assert_int_equal(srt_stream_id_parse(&name, id), -EMSGSIZE);
}

static void the_longest_query_fits(void **state)
{
    char id[SRT_STREAM_ID_MAX + 1] = "#!::u=k";
    struct stream_name name;

    while (strlen(id) + 4 <= SRT_STREAM_ID_MAX)
        memcpy(id + strlen(id), ",a=1", 5);
    assert_int_equal(srt_stream_id_parse(&name, id), 0);
    assert_string_equal(name.key, "k");
    assert_true(strlen(name.query) > SRT_STREAM_ID_MAX - 20);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_key_and_query_in_every_form),
        cmocka_unit_test(refuses_what_names_no_key),
        cmocka_unit_test(refuses_what_does_not_publish),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(the_longest_query_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
