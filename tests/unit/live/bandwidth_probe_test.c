/* SPDX-License-Identifier: Apache-2.0 */
#include "live/bandwidth_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "packet_fixture.h"

static struct bandwidth_probe probe;
static struct codec_config *video, *audio;

static int setup(void **state)
{
    video = make_video_config();
    audio = make_audio_config(48000);
    bandwidth_probe_init(&probe, 5000);
    return 0;
}

static int teardown(void **state)
{
    codec_config_unref(video);
    codec_config_unref(audio);
    return 0;
}

static bool add(struct packet *packet, int64_t now_ms)
{
    bool goes_on = bandwidth_probe_add(&probe, packet, now_ms);

    packet_unref(packet);
    return goes_on;
}

static void assert_results(const char *expected)
{
    char text[BANDWIDTH_PROBE_RESULTS];

    assert_string_equal(bandwidth_probe_results(&probe, text), expected);
}

static void tells_rates_over_the_whole_time_and_of_the_slowest_second(void **state)
{
    for (int i = 0; i <= 40; i++) { /* ten a second, smaller ones in the third second */
        assert_true(
            add(make_picture(video, i, i == 0, i >= 20 && i < 30 ? 500 : 1000), 5000 + i * 100));
        assert_true(add(make_sound(audio, i, 100), 5000 + i * 100));
    }
    assert_results("seconds=4.0 video_bps=72000 audio_bps=8200 fps=10.2 slowest_bps=48000");
}

static void a_second_without_anything_is_the_slowest(void **state)
{
    add(make_picture(video, 0, true, 1000), 5000);
    add(make_picture(video, 0, false, 1000), 8500);
    assert_results("seconds=3.5 video_bps=4571 audio_bps=0 fps=0.6 slowest_bps=0");
}

static void has_results_from_the_start(void **state)
{
    assert_results("seconds=0.0 video_bps=0 audio_bps=0 fps=0.0 slowest_bps=0");
    add(make_sound(audio, 0, 100), 5000);
    assert_results("seconds=0.0 video_bps=0 audio_bps=800000 fps=0.0 slowest_bps=0");
}

static void ends_after_ten_minutes(void **state)
{
    assert_true(add(make_sound(audio, 0, 100), 5000 + BANDWIDTH_PROBE_MAX_MS - 1));
    assert_false(add(make_sound(audio, 0, 100), 5000 + BANDWIDTH_PROBE_MAX_MS));
}

static void results_always_fit(void **state)
{
    char text[BANDWIDTH_PROBE_RESULTS];

    probe = (struct bandwidth_probe){ .start_ms = 0,
                                      .last_ms = INT64_MAX / 9000,
                                      .bytes = { INT64_MAX / 9000, INT64_MAX / 9000 },
                                      .frames = INT64_MAX / 9000,
                                      .slowest_bps = INT64_MAX };
    assert_true(strlen(bandwidth_probe_results(&probe, text)) < sizeof(text) - 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_rates_over_the_whole_time_and_of_the_slowest_second,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_without_anything_is_the_slowest, setup, teardown),
        cmocka_unit_test_setup_teardown(has_results_from_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_after_ten_minutes, setup, teardown),
        cmocka_unit_test_setup_teardown(results_always_fit, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
