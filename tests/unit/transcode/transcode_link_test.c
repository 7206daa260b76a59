/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/transcode_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct ladder_input full_hd = { "ADVANCED_HD", "", 1920, 1080, 59.94, true };

static struct transcode_setup make_setup(void)
{
    struct transcode_setup setup;
    struct ladder ladder;

    assert_int_equal(ladder_build(&ladder, &full_hd), 0);
    assert_true(transcode_setup_of(&setup, &ladder, "superfast"));
    return setup;
}

static void asks_for_each_encoding_once(void **state)
{
    struct transcode_setup setup = make_setup();

    assert_int_equal(setup.video_count, 4);
    assert_int_equal(setup.video[0].width, 1280);
    assert_int_equal(setup.video[0].frame_divisor, 1);
    assert_int_equal(setup.video[3].frame_divisor, 2);
    assert_int_equal(setup.audio_count, 3); /* 128, 64, 48: of five renditions */
    assert_true(setup.has_own_keyframes);
}

static void needs_no_worker_for_a_source(void **state)
{
    struct ladder_input input = { "BASIC", "", 1280, 720, 30, true };
    struct transcode_setup setup;
    struct ladder ladder;

    assert_int_equal(ladder_build(&ladder, &input), 0);
    assert_false(transcode_setup_of(&setup, &ladder, "superfast"));
}

static void a_setup_arrives_as_it_was(void **state)
{
    struct transcode_setup in = make_setup(), out;
    uint8_t data[TRANSCODE_SETUP_MAX];
    struct worker_frame frame = { FRAME_SETUP, data, transcode_setup_write(data, &in) };

    assert_int_equal(transcode_setup_parse(&out, &frame), 0);
    assert_string_equal(out.preset, in.preset);
    assert_int_equal((int)(out.fps * 100 + 0.5), 5994);
    assert_int_equal(out.has_own_keyframes, in.has_own_keyframes);
    assert_memory_equal(out.video, in.video, sizeof(in.video));
    assert_memory_equal(out.audio_bps, in.audio_bps, sizeof(in.audio_bps));
    for (size_t len = 0; len < frame.len; len++) {
        struct worker_frame cut = { FRAME_SETUP, data, len };
        assert_int_equal(transcode_setup_parse(&out, &cut), -EPROTO);
    }
}

static void statistics_arrive_as_they_were(void **state)
{
    struct transcode_stats in, out;
    uint8_t data[LINK_HEAD_MAX];
    struct worker_frame frame = { FRAME_STATS, data, 0 };

    memset(&in, 0, sizeof(in)); /* and its padding: the structures are compared whole */
    memset(&out, 0, sizeof(out));
    in.frames_decoded = 7;
    in.decode_errors = 8;
    in.gops_dropped = 9;
    in.video[3].frames = 11;
    in.video[3].gops_dropped = 12;
    frame.len = transcode_stats_write(data, &in);
    assert_int_equal(transcode_stats_parse(&out, &frame), 0);
    assert_memory_equal(&out, &in, sizeof(in));
    frame.len++;
    assert_int_equal(transcode_stats_parse(&out, &frame), -EPROTO);
}

static void odd_sizes_are_no_setup(void **state)
{
    struct transcode_setup in = make_setup(), out;
    uint8_t data[TRANSCODE_SETUP_MAX];
    struct worker_frame frame = { FRAME_SETUP, data, 0 };

    in.video[1].width = 853;
    frame.len = transcode_setup_write(data, &in);
    assert_int_equal(transcode_setup_parse(&out, &frame), -EPROTO);
    in.video[1].width = 852;
    in.video_count = TRANSCODE_VIDEO_MAX;
    in.fps = 0;
    frame.len = transcode_setup_write(data, &in);
    assert_int_equal(transcode_setup_parse(&out, &frame), -EPROTO);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_each_encoding_once),
        cmocka_unit_test(needs_no_worker_for_a_source),
        cmocka_unit_test(a_setup_arrives_as_it_was),
        cmocka_unit_test(statistics_arrive_as_they_were),
        cmocka_unit_test(odd_sizes_are_no_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
