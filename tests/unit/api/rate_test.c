/* SPDX-License-Identifier: Apache-2.0 */
#include "api/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)

static void allows_two_seconds_worth_at_once_then_the_rate(void **state)
{
    struct rates *rates = rates_create();
    int64_t now = 1000 * SECOND;

    for (int i = 0; i < 10; i++)
        assert_int_equal(rates_take(rates, "a/GetChannel", 5, now), 0);
    assert_int_equal(rates_take(rates, "a/GetChannel", 5, now), 200);
    assert_int_equal(rates_take(rates, "a/GetChannel", 5, now + SECOND / 10), 100);
    assert_int_equal(rates_take(rates, "a/GetChannel", 5, now + SECOND / 5), 0);
    assert_int_equal(rates_take(rates, "a/GetChannel", 5, now + SECOND / 5), 200);
    now += 100 * SECOND;
    for (int i = 0; i < 10; i++)
        assert_int_equal(rates_take(rates, "a/GetChannel", 5, now), 0);
    assert_int_not_equal(rates_take(rates, "a/GetChannel", 5, now), 0);
    rates_destroy(rates);
}

static void names_have_buckets_of_their_own(void **state)
{
    struct rates *rates = rates_create();

    assert_int_equal(rates_take(rates, "a/InsertAdBreak", 1, SECOND), 0);
    assert_int_equal(rates_take(rates, "a/InsertAdBreak", 1, SECOND), 0);
    assert_int_equal(rates_take(rates, "a/InsertAdBreak", 1, SECOND), 1000);
    assert_int_equal(rates_take(rates, "b/InsertAdBreak", 1, SECOND), 0);
    rates_destroy(rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_two_seconds_worth_at_once_then_the_rate),
        cmocka_unit_test(names_have_buckets_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
