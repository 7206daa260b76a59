/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/publish_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct publish_query parse(const char *query)
{
    struct publish_query out;

    publish_query_parse(&out, query);
    return out;
}

static void reads_a_priority_within_its_limits(void **state)
{
    /* clang-format off */
    static const struct { const char *query; int64_t priority; } cases[] = {
        { "",                        0 },
        { "priority=1",              1 },
        { "priority=2147483647",     2147483647 },
        { "priority=007",            7 },
        { "a=b&priority=5&c",        5 },
        { "priority=3&priority=4",   4 },
        { "priority=0",              PUBLISH_INVALID },
        { "priority=2147483648",     PUBLISH_INVALID },
        { "priority=9999999999",     PUBLISH_INVALID },
        { "priority=18446744073709551617", PUBLISH_INVALID },
        { "priority=-1",             PUBLISH_INVALID },
        { "priority=+1",             PUBLISH_INVALID },
        { "priority= 1",             PUBLISH_INVALID },
        { "priority=1.5",            PUBLISH_INVALID },
        { "priority=0x10",           PUBLISH_INVALID },
        { "priority=%31",            PUBLISH_INVALID },
        { "priority=",               PUBLISH_INVALID },
        { "priority",                PUBLISH_INVALID },
        { "Priority=1",              0 },
        { "priorit=1&priorityy=1",   0 },
        { "=1&&&==priority=1",       0 },
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(parse(cases[i].query).priority, cases[i].priority);
}

static void reads_a_keyframe_interval_of_two_to_six_seconds(void **state)
{
    assert_int_equal(parse("").keyframe_interval_s, 0);
    assert_int_equal(parse("keyframeInterval=2").keyframe_interval_s, 2);
    assert_int_equal(parse("priority=1&keyframeInterval=6").keyframe_interval_s, 6);
    assert_int_equal(parse("keyframeInterval=1").keyframe_interval_s, PUBLISH_INVALID);
    assert_int_equal(parse("keyframeInterval=7").keyframe_interval_s, PUBLISH_INVALID);
    assert_int_equal(parse("keyframeInterval=2.0").keyframe_interval_s, PUBLISH_INVALID);
    assert_int_equal(parse("keyframeInterval=4294967298").keyframe_interval_s, PUBLISH_INVALID);
    assert_int_equal(parse("keyframeInterval").keyframe_interval_s, PUBLISH_INVALID);
}

static void keeps_the_name_of_a_configuration(void **state)
{
    assert_string_equal(parse("").client_config_id, "");
    assert_string_equal(
        parse("a=1&clientConfigId=0f0c8d6e-0a1b-4c7d-8e9f-1a2b3c4d5e6f&b=2").client_config_id,
        "0f0c8d6e-0a1b-4c7d-8e9f-1a2b3c4d5e6f");
    assert_int_equal(
        strlen(parse("clientConfigId=0123456789012345678901234567890123456789x").client_config_id),
        PUBLISH_CONFIG_ID_SIZE - 1);
}

static void knows_a_bandwidth_test(void **state)
{
    assert_false(parse("").is_bandwidth_test);
    assert_true(parse("bandwidthtest=1").is_bandwidth_test);
    assert_true(parse("x&bandwidthtest=true").is_bandwidth_test);
    assert_false(parse("bandwidthtest=0").is_bandwidth_test);
    assert_false(parse("bandwidthtest=11").is_bandwidth_test);
    assert_false(parse("bandwidthtest").is_bandwidth_test);
    assert_false(parse("bandwidthtest=1&bandwidthtest=false").is_bandwidth_test);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_priority_within_its_limits),
        cmocka_unit_test(reads_a_keyframe_interval_of_two_to_six_seconds),
        cmocka_unit_test(knows_a_bandwidth_test),
        cmocka_unit_test(keeps_the_name_of_a_configuration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
