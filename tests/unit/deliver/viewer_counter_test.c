/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/viewer_counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define SPAN_MS 6000
#define MANY    5000

static struct viewer_counter *counter;

static int set_up(void **state)
{
    counter = viewer_counter_create(2, SPAN_MS);
    return 0;
}

static int tear_down(void **state)
{
    viewer_counter_unref(counter);
    return 0;
}

static void note_many(int loop_index, int from, int to, int64_t now_ms)
{
    char address[32];

    for (int i = from; i < to; i++) {
        snprintf(address, sizeof(address), "10.0.%d.%d", i / 256, i % 256);
        viewer_counter_note(counter, loop_index, address, "player", now_ms);
    }
}

static void tells_address_and_agent_apart(void **state)
{
    assert_int_equal(viewer_counter_count(counter, 1000), 0);
    viewer_counter_note(counter, 0, "10.0.0.1", "a", 1000);
    viewer_counter_note(counter, 0, "10.0.0.1", "a", 1001);
    viewer_counter_note(counter, 0, "10.0.0.1", "b", 1002);
    viewer_counter_note(counter, 0, "10.0.0.2", "a", 1003);
    viewer_counter_note(counter, 0, "10.0.0.2", "", 1003);
    assert_int_equal(viewer_counter_count(counter, 1003), 4);
}

static void counts_a_viewer_of_two_loops_once(void **state)
{
    note_many(0, 0, 100, 0);
    note_many(1, 50, 150, 0);
    assert_int_equal(viewer_counter_count(counter, 0), 150);
}

static void forgets_who_has_not_come_back(void **state)
{
    note_many(0, 0, MANY, 0);
    note_many(1, 0, 10, 5000);
    assert_int_equal(viewer_counter_count(counter, 5999), MANY);
    assert_int_equal(viewer_counter_count(counter, 6000), 10);
    assert_int_equal(viewer_counter_count(counter, 11000), 0);
}

static void stays_right_while_audiences_change(void **state)
{
    for (int i = 0; i < 20; i++) {
        note_many(0, i * 1000, i * 1000 + 2000, i * SPAN_MS);
        assert_int_equal(viewer_counter_count(counter, i * SPAN_MS), 2000);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_address_and_agent_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_a_viewer_of_two_loops_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_who_has_not_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stays_right_while_audiences_change, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
