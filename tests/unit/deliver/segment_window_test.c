/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/segment_window.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "media/playlist.h"
#include "segment_fixture.h"

#define TARGET_S 2
#define PARTS    3 /* of a segment: one second */

static struct segment_window window;

static void append(struct segment *segment, int64_t now_ms)
{
    segment_window_append(&window, segment, now_ms);
    segment_unref(segment);
}

static void append_many(int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++)
        append(make_segment(i, PARTS, PARTS), i * 1000);
}

static int set_up(void **state)
{
    segment_window_init(&window, TARGET_S);
    return 0;
}

static int tear_down(void **state)
{
    segment_window_clear(&window);
    return 0;
}

static void lists_thirty_seconds(void **state)
{
    append_many(0, 100);
    assert_int_equal(window.count - window.listed, PLAYLIST_WINDOW_S);
    assert_int_equal(window.whole[window.listed]->number, 70);
    assert_int_equal(window.elapsed, 70 * 90000);
    assert_int_equal(window.next_segment, 100);
    assert_int_equal(window.next_part, 300);
}

static void lists_six_segments_however_long_they_are(void **state)
{
    for (int64_t i = 0; i < 20; i++)
        append(make_segment(i, 30, 30), i * 10000); /* 10 s each */
    assert_int_equal(window.count - window.listed, PLAYLIST_WINDOW_MIN);
}

static void serves_what_left_for_as_long_as_the_playlist_was(void **state)
{
    append_many(0, 31); /* 0 leaves at 30 s, when the playlist had 31 s */
    assert_non_null(segment_window_find(&window, 0));
    assert_non_null(segment_window_find_part(&window, 2));
    segment_window_expire(&window, 30000 + 31999);
    assert_non_null(segment_window_find(&window, 0));
    segment_window_expire(&window, 30000 + 32000);
    assert_null(segment_window_find(&window, 0));
    assert_null(segment_window_find_part(&window, 2));
    assert_int_equal(segment_window_find(&window, 1)->number, 1);
    assert_int_equal(window.count - window.listed, 30);
}

static void counts_discontinuities_that_leave(void **state)
{
    for (int64_t i = 0; i < 40; i++) {
        struct segment *segment = make_segment(i, PARTS, PARTS);
        segment->is_discontinuity = i == 5 || i == 10;
        append(segment, i * 1000);
        assert_int_equal(window.discontinuity_sequence, (i >= 35) + 0);
    }
    append(make_segment(40, PARTS, PARTS), 40000);
    assert_int_equal(window.discontinuity_sequence, 2);
}

static void finds_parts_of_the_segment_in_production(void **state)
{
    struct segment *growing = make_segment(4, 2, PARTS);
    int64_t msn;
    int index;

    assert_false(segment_window_last_part(&window, &msn, &index));
    append_many(0, 4);
    assert_true(segment_window_last_part(&window, &msn, &index));
    assert_int_equal(msn, 3);
    assert_int_equal(index, 2);

    segment_window_grow(&window, growing);
    segment_unref(growing);
    assert_int_equal(segment_window_find_part(&window, 13)->number, 13);
    assert_null(segment_window_find_part(&window, 14));
    assert_null(segment_window_find(&window, 4));
    assert_true(segment_window_last_part(&window, &msn, &index));
    assert_int_equal(msn, 4);
    assert_int_equal(index, 1);
    assert_int_equal(window.next_part, 14);

    append(make_segment(4, PARTS, PARTS), 0);
    assert_null(window.growing);
    assert_int_equal(window.next_part, 15);
}

static void finds_init_sections_in_force(void **state)
{
    struct bytes *old = bytes_copy("old", 3), *fresh = bytes_copy("new", 3);
    struct segment *growing;

    assert_int_equal(segment_window_last_init(&window), -1);
    for (int64_t i = 0; i < 3; i++) {
        struct segment *segment = make_segment(i, PARTS, PARTS);
        give_init(segment, old, 0);
        append(segment, 0);
    }
    growing = make_segment(3, 1, PARTS);
    give_init(growing, fresh, 1);
    segment_window_grow(&window, growing);
    segment_unref(growing);
    assert_ptr_equal(segment_window_find_init(&window, 0), old);
    assert_ptr_equal(segment_window_find_init(&window, 1), fresh);
    assert_null(segment_window_find_init(&window, 2));
    assert_int_equal(segment_window_last_init(&window), 1);
    bytes_unref(old);
    bytes_unref(fresh);
}

/* `len` bytes in one part of `ms`. */
static struct segment *segment_of(int64_t number, size_t len, int64_t ms)
{
    struct segment *segment = make_segment(number, 1, 1);

    bytes_unref(segment->parts[0]->data);
    segment->parts[0]->data = bytes_create(len);
    segment->duration = ms * 90;
    return segment;
}

/* RFC 8216 4.1: sets of segments that last between half and one and a half target durations. */
static void tells_the_peak_of_contiguous_segments(void **state)
{
    append(segment_of(0, 100000, 2000), 0); /* 400 kb/s */
    append(segment_of(1, 50000, 2000), 0);  /* 200 kb/s */
    assert_int_equal(window.peak_bps, 400000);
    assert_int_equal(segment_window_average_bps(&window), 300000);
    append(segment_of(2, 90000, 900), 0); /* 800 kb/s, but too short; with the one before 386 */
    assert_int_equal(window.peak_bps, 400000);
    append(segment_of(3, 110000, 1100), 0); /* 800 kb/s, also over both */
    assert_int_equal(window.peak_bps, 800000);
}

static void begins_anew_where_numbers_do_not_follow(void **state)
{
    append_many(0, 5);
    append(make_segment(9, PARTS, PARTS), 0);
    assert_int_equal(window.count, 1);
    assert_null(segment_window_find(&window, 4));
    assert_int_equal(segment_window_find(&window, 9)->number, 9);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_thirty_seconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_six_segments_however_long_they_are, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(serves_what_left_for_as_long_as_the_playlist_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(counts_discontinuities_that_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_parts_of_the_segment_in_production, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(finds_init_sections_in_force, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_the_peak_of_contiguous_segments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(begins_anew_where_numbers_do_not_follow, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
