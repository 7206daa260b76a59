/* SPDX-License-Identifier: Apache-2.0 */
/* draft-pantos-hls-rfc8216bis 6.2.5.2, sentence by sentence. */
#include "deliver/reload_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "deliver/segment_window.h"
#include "segment_fixture.h"

#define PARTS       3
#define PART_TARGET (FIXTURE_PART + 3000)

static struct segment_window window;

static void append(int64_t number)
{
    struct segment *segment = make_segment(number, PARTS, PARTS);

    segment_window_append(&window, segment, 0);
    segment_unref(segment);
}

static void grow(int64_t number, int parts)
{
    struct segment *segment = make_segment(number, parts, PARTS);

    segment_window_grow(&window, segment);
    segment_unref(segment);
}

/* Segments 10 and 11 are whole, of 12 there are two parts. */
static int set_up(void **state)
{
    segment_window_init(&window, 2);
    append(10);
    append(11);
    grow(12, 2);
    return 0;
}

static int tear_down(void **state)
{
    segment_window_clear(&window);
    return 0;
}

static enum reload rule(int64_t msn, int part)
{
    return reload_rule(&window, msn, part, PART_TARGET);
}

static void answers_what_is_there_or_has_left(void **state)
{
    assert_int_equal(rule(RELOAD_ANY_MSN, RELOAD_WHOLE), RELOAD_READY);
    assert_int_equal(rule(0, RELOAD_WHOLE), RELOAD_READY);
    assert_int_equal(rule(3, 77), RELOAD_READY);
    assert_int_equal(rule(11, RELOAD_WHOLE), RELOAD_READY);
    assert_int_equal(rule(11, 2), RELOAD_READY);
    assert_int_equal(rule(12, 1), RELOAD_READY);
}

static void waits_for_what_comes_next(void **state)
{
    assert_int_equal(rule(12, RELOAD_WHOLE), RELOAD_WAIT);
    assert_int_equal(rule(12, 2), RELOAD_WAIT);
    assert_int_equal(rule(13, RELOAD_WHOLE), RELOAD_WAIT);
    assert_int_equal(rule(13, 0), RELOAD_WAIT);
}

static void part_beyond_a_whole_segment_is_the_first_of_the_next(void **state)
{
    assert_int_equal(rule(11, 3), RELOAD_READY);
    assert_int_equal(rule(10, 9), RELOAD_READY);
    append(12);
    assert_int_equal(rule(12, 3), RELOAD_WAIT);
    grow(13, 1);
    assert_int_equal(rule(12, 3), RELOAD_READY);
}

static void refuses_more_than_two_segments_ahead(void **state)
{
    assert_int_equal(rule(14, RELOAD_WHOLE), RELOAD_TOO_FAR);
    assert_int_equal(rule(14, 0), RELOAD_TOO_FAR);
    assert_int_equal(rule(999999999999999, 0), RELOAD_TOO_FAR);
}

/* Three divided by the part target: 8 parts behind the last one, of index 1. */
static void refuses_parts_beyond_the_advance_part_limit(void **state)
{
    assert_int_equal(rule(12, 9), RELOAD_WAIT);
    assert_int_equal(rule(12, 10), RELOAD_TOO_FAR);
    assert_int_equal(reload_rule(&window, 12, 4, 90000), RELOAD_WAIT);
    assert_int_equal(reload_rule(&window, 12, 5, 90000), RELOAD_TOO_FAR);
}

static void waits_while_no_segment_is_whole(void **state)
{
    segment_window_clear(&window);
    assert_int_equal(rule(RELOAD_ANY_MSN, RELOAD_WHOLE), RELOAD_WAIT);
    grow(0, 2);
    assert_int_equal(rule(RELOAD_ANY_MSN, RELOAD_WHOLE), RELOAD_WAIT);
    assert_int_equal(rule(0, 0), RELOAD_WAIT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_what_is_there_or_has_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waits_for_what_comes_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(part_beyond_a_whole_segment_is_the_first_of_the_next,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_more_than_two_segments_ahead, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_parts_beyond_the_advance_part_limit, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(waits_while_no_segment_is_whole, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
