/* SPDX-License-Identifier: Apache-2.0 */
#include "base/brake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_few_do_not_wait(void **state)
{
    struct brake brake = { 0 };

    for (int i = 0; i < BRAKE_COUNT; i++)
        assert_int_equal(brake_add(&brake, 1000 + i), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(brake_add(&brake, 20000 + i * (int64_t)BRAKE_MS), 0);
}

static void many_wait_for_each_other(void **state)
{
    struct brake brake = { 0 };

    for (int i = 0; i < BRAKE_COUNT; i++)
        brake_add(&brake, 1000);
    assert_int_equal(brake_add(&brake, 1500), BRAKE_MS - 500);
    assert_int_equal(brake_add(&brake, 1000 + BRAKE_MS), 0);
    for (int i = 2; i < BRAKE_COUNT; i++)
        assert_int_equal(brake_add(&brake, 1000 + BRAKE_MS), 0);
    assert_int_equal(brake_add(&brake, 1000 + BRAKE_MS), BRAKE_MS); /* behind the one that waited */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_do_not_wait),
        cmocka_unit_test(many_wait_for_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
