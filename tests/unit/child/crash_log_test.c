/* SPDX-License-Identifier: Apache-2.0 */
#include "child/crash_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void pauses_grow_until_it_is_given_up(void **state)
{
    struct crash_log log = { 0 };

    assert_int_equal(crash_log_add(&log, 1000), 0);
    assert_int_equal(crash_log_add(&log, 2000), 500);
    assert_int_equal(crash_log_add(&log, 3000), 1000);
    assert_int_equal(crash_log_add(&log, 4000), 2000);
    assert_int_equal(crash_log_add(&log, 60999), -1);
    assert_int_equal(log.count, 5);
}

static void rare_crashes_are_forgotten(void **state)
{
    struct crash_log log = { 0 };

    for (int i = 0; i < 20; i++)
        assert_int_equal(crash_log_add(&log, i * (int64_t)60000), 0);
    assert_int_equal(log.count, 20);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_until_it_is_given_up),
        cmocka_unit_test(rare_crashes_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
