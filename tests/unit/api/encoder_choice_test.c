/* SPDX-License-Identifier: Apache-2.0 */
#include "api/encoder_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static char told[256];

/* "1920x1080@60 6000, 1280x720@60 2500": what is chosen for the wish, or why nothing is. */
static const char *choose(struct encoder_wish wish)
{
    struct multitrack_config config;
    const char *error;
    size_t len = 0;

    wish.has_h264 |= !wish.has_hevc;
    error = encoder_choose(&config, &wish);
    if (error)
        return error;
    for (int i = 0; i < config.count; i++) {
        const struct multitrack_track *track = &config.tracks[i];
        len +=
            (size_t)snprintf(told + len, sizeof(told) - len, "%s%dx%d@%.3g %d%s", i ? ", " : "",
                             track->width, track->height, (double)track->fps_num / track->fps_den,
                             track->bitrate_kbps, track->codec == VIDEO_HEVC ? " hevc" : "");
    }
    return told;
}
#define CHOOSE(w, h, fps, ...)                                                                     \
    choose((struct encoder_wish){ .width = w,                                                      \
                                  .height = h,                                                     \
                                  .fps_num = fps,                                                  \
                                  .fps_den = 1,                                                    \
                                  .resolution_max = MULTITRACK_FULL_HD,                            \
                                  __VA_ARGS__ })

/* The sums that IVS names: 10.2 Mb/s for all five, 1.5 Mb/s for 480p and 360p. */
static void sends_every_rung_below_the_picture(void **state)
{
    assert_string_equal(CHOOSE(1920, 1080, 60),
                        "1920x1080@60 6000, 1280x720@60 2500, 852x480@30 1000, "
                        "640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(1280, 720, 30),
                        "1280x720@30 2000, 852x480@30 1000, 640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(284, 160, 30), "284x160@30 200");
}

static void keeps_the_picture_as_it_is(void **state)
{
    assert_string_equal(CHOOSE(1080, 1920, 50),
                        "1080x1920@50 6000, 720x1280@50 2500, 480x852@25 1000, "
                        "360x640@25 500, 160x284@25 200");
    assert_string_equal(CHOOSE(1600, 900, 30), "1600x900@30 4500, 1280x720@30 2000, "
                                               "852x480@30 1000, 640x360@30 500, 284x160@30 200");
    /* Wider than any track may be: what fits begins at 720p. */
    assert_string_equal(CHOOSE(3440, 1440, 30), "1720x720@30 2000, 1146x480@30 1000, "
                                                "860x360@30 500, 382x160@30 200");
}

static void stays_within_what_the_channel_takes(void **state)
{
    assert_string_equal(
        choose((struct encoder_wish){ 1920, 1080, 30, 1, .resolution_max = MULTITRACK_HD }),
        "1280x720@30 2000, 852x480@30 1000, 640x360@30 500, 284x160@30 200");
    assert_string_equal(
        choose((struct encoder_wish){ 1920, 1080, 30, 1, .resolution_max = MULTITRACK_SD }),
        "852x480@30 1000, 640x360@30 500, 284x160@30 200");
}

static void stays_within_the_line(void **state)
{
    assert_string_equal(CHOOSE(1920, 1080, 60, .kbps_max = 4200),
                        "1280x720@60 2500, 852x480@30 1000, 640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(1920, 1080, 60, .kbps_max = 700), "640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(640, 360, 30, .kbps_max = 600), "284x160@30 200");
    assert_string_equal(CHOOSE(1920, 1080, 60, .kbps_max = 199),
                        "The bandwidth is not enough for any track");
    assert_string_equal(CHOOSE(1920, 1080, 60, .tracks_max = 2),
                        "1920x1080@60 6000, 1280x720@60 2500");
}

static void uses_hevc_where_there_is_nothing_else(void **state)
{
    assert_string_equal(CHOOSE(1280, 720, 30, .has_hevc = true),
                        "1280x720@30 1200 hevc, 852x480@30 600 hevc, 640x360@30 300 hevc, "
                        "284x160@30 200 hevc");
    assert_string_equal(CHOOSE(640, 360, 30, .has_h264 = true, .has_hevc = true),
                        "640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(640, 360, 30, .has_hevc = true, .kbps_max = 450),
                        "284x160@30 200 hevc");
}

/* Never the only one, nor one that takes the place of what would have fitted in H.264. */
static void uses_hevc_for_a_best_track_that_does_not_fit(void **state)
{
    assert_string_equal(CHOOSE(1280, 720, 30, .has_h264 = true, .has_hevc = true, .kbps_max = 3000),
                        "1280x720@30 1200 hevc, 852x480@30 1000, 640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(1280, 720, 30, .has_h264 = true, .has_hevc = true, .kbps_max = 1500),
                        "852x480@30 600 hevc, 640x360@30 500, 284x160@30 200");
    assert_string_equal(CHOOSE(640, 360, 30, .has_h264 = true, .has_hevc = true, .kbps_max = 450),
                        "284x160@30 200");
    assert_string_equal(
        CHOOSE(640, 360, 30, .has_h264 = true, .has_hevc = true, .kbps_max = 550, .tracks_max = 1),
        "284x160@30 200");
}

static void refuses_what_makes_no_picture(void **state)
{
    static const char rate[] = "The frame rate must be 24, 25, 30, 48, 50 or 60";
    struct encoder_wish film = { 1280, 720, 24000, 1001, .resolution_max = MULTITRACK_HD };

    assert_string_equal(CHOOSE(1920, 1080, 29), rate);
    assert_string_equal(CHOOSE(1920, 1080, 120), rate);
    assert_string_equal(CHOOSE(1920, 1080, 0), rate);
    assert_string_equal(CHOOSE(1920, 8, 30), "The size of the canvas is not usable");
    assert_string_equal(CHOOSE(60000, 100, 30), "The canvas has no shape that the channel takes");
    assert_string_equal(choose(film), "1280x720@24 2000, 852x480@24 1000, 640x360@24 500, "
                                      "284x160@24 200");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_every_rung_below_the_picture),
        cmocka_unit_test(keeps_the_picture_as_it_is),
        cmocka_unit_test(stays_within_what_the_channel_takes),
        cmocka_unit_test(stays_within_the_line),
        cmocka_unit_test(uses_hevc_where_there_is_nothing_else),
        cmocka_unit_test(uses_hevc_for_a_best_track_that_does_not_fit),
        cmocka_unit_test(refuses_what_makes_no_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
