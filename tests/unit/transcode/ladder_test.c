/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/ladder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "media/multitrack.h"

#define HIGHER      "HIGHER_BANDWIDTH_DELIVERY"
#define CONSTRAINED "CONSTRAINED_BANDWIDTH_DELIVERY"

struct golden {
    const char *type, *preset;
    int width, height;
    double fps;
    const char *expected; /* a line per rendition: id name size@fps video kb/s, audio kb/s */
};

/* clang-format off */
static const struct golden goldens[] = {
    /* STANDARD, from the published table */
    { "STANDARD", "", 1920, 1080, 60,
      "1080p60 1080p60 1920x1080@60 source source\n"
      "720p60 720p60 1280x720@60 3400 source\n"
      "480p30 480p 852x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1920, 1080, 30,
      "1080p30 1080p 1920x1080@30 source source\n"
      "720p30 720p 1280x720@30 2400 source\n"
      "480p30 480p 852x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1280, 720, 60,
      "720p60 720p60 1280x720@60 3400 source\n"
      "480p30 480p 852x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1280, 720, 30,
      "720p30 720p 1280x720@30 2400 source\n"
      "480p30 480p 852x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 960, 540, 30,
      "480p30 480p 852x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 854, 480, 60,
      "480p30 480p 854x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    /* 50 and 25 frames per second, and rates that are nearly those */
    { "STANDARD", "", 1920, 1080, 50,
      "1080p60 1080p60 1920x1080@50 source source\n"
      "720p60 720p60 1280x720@50 3400 source\n"
      "480p30 480p 852x480@25 1400 source\n"
      "360p30 360p 640x360@25 630 64\n"
      "160p30 160p 284x160@25 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1280, 720, 25,
      "720p30 720p 1280x720@25 2400 source\n"
      "480p30 480p 852x480@25 1400 source\n"
      "360p30 360p 640x360@25 630 64\n"
      "160p30 160p 284x160@25 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 854, 480, 30.02,
      "480p30 480p 854x480@30.02 1400 source\n"
      "360p30 360p 640x360@30.02 630 64\n"
      "160p30 160p 284x160@30.02 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 854, 480, 59.94,
      "480p30 480p 854x480@29.97 1400 source\n"
      "360p30 360p 640x360@29.97 630 64\n"
      "160p30 160p 284x160@29.97 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    /* portrait, 4:3, odd sizes, between the classes */
    { "STANDARD", "", 1080, 1920, 30,
      "1080p30 1080p 1080x1920@30 source source\n"
      "720p30 720p 720x1280@30 2400 source\n"
      "480p30 480p 480x852@30 1400 source\n"
      "360p30 360p 360x640@30 630 64\n"
      "160p30 160p 160x284@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 720, 1280, 30,
      "720p30 720p 720x1280@30 2400 source\n"
      "480p30 480p 480x852@30 1400 source\n"
      "360p30 360p 360x640@30 630 64\n"
      "160p30 160p 160x284@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1440, 1080, 30,
      "1080p30 1080p 1440x1080@30 source source\n"
      "720p30 720p 960x720@30 2400 source\n"
      "480p30 480p 640x480@30 1400 source\n"
      "360p30 360p 480x360@30 630 64\n"
      "160p30 160p 212x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1281, 723, 30,
      "723p30 723p 1281x723@30 source source\n"
      "720p30 720p 1274x720@30 2400 source\n"
      "480p30 480p 850x480@30 1400 source\n"
      "360p30 360p 636x360@30 630 64\n"
      "160p30 160p 282x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 1279, 719, 60,
      "480p30 480p 852x480@30 1400 source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    /* STANDARD below 480p: the source, and what is strictly smaller */
    { "STANDARD", "", 640, 360, 30,
      "360p30 360p 640x360@30 source source\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 768, 432, 60,
      "432p60 432p60 768x432@60 source source\n"
      "360p30 360p 640x360@30 630 64\n"
      "160p30 160p 284x160@30 230 48\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "STANDARD", "", 284, 160, 30,
      "160p30 160p 284x160@30 source source\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    /* BASIC: the source alone */
    { "BASIC", "", 1920, 1080, 60,
      "1080p60 1080p60 1920x1080@60 source source\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    { "BASIC", "", 320, 240, 15,
      "240p30 240p 320x240@15 source source\n"
      "audio_only audio_only 0x0@0 none source on-demand\n" },
    /* ADVANCED_HD */
    { "ADVANCED_HD", HIGHER, 1920, 1080, 60,
      "720p60 720p60 1280x720@60 3000 128\n"
      "480p30 480p 852x480@30 1300 128\n"
      "360p30 360p 640x360@30 700 64\n"
      "160p30 160p 284x160@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", CONSTRAINED, 1280, 720, 60,
      "720p60 720p60 1280x720@60 2200 128\n"
      "480p30 480p 852x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", "", 1280, 720, 30,
      "720p30 720p 1280x720@30 2300 128\n"
      "480p30 480p 852x480@30 1300 128\n"
      "360p30 360p 640x360@30 700 64\n"
      "160p30 160p 284x160@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", CONSTRAINED, 1920, 1080, 30,
      "720p30 720p 1280x720@30 1900 128\n"
      "480p30 480p 852x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", HIGHER, 1025, 577, 30,
      "577p30 577p 1024x576@30 2300 128\n"
      "480p30 480p 852x480@30 1300 128\n"
      "360p30 360p 638x360@30 700 64\n"
      "160p30 160p 284x160@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", CONSTRAINED, 1024, 576, 60,
      "576p30 576p 1024x576@30 1900 128\n"
      "480p30 480p 852x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", HIGHER, 480, 854, 30,
      "480p30 480p 480x854@30 1300 128\n"
      "360p30 360p 360x640@30 700 64\n"
      "160p30 160p 160x284@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", CONSTRAINED, 854, 480, 30,
      "480p30 480p 854x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", HIGHER, 1024, 576, 60,
      "576p30 576p 1024x576@30 2300 128\n"
      "480p30 480p 852x480@30 1300 128\n"
      "360p30 360p 640x360@30 700 64\n"
      "160p30 160p 284x160@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_HD", CONSTRAINED, 1024, 576, 30,
      "576p30 576p 1024x576@30 1900 128\n"
      "480p30 480p 852x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    /* ADVANCED_SD */
    { "ADVANCED_SD", HIGHER, 854, 480, 30,
      "480p30 480p 854x480@30 1300 128\n"
      "360p30 360p 640x360@30 700 64\n"
      "160p30 160p 284x160@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_SD", CONSTRAINED, 1280, 720, 60,
      "480p30 480p 852x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_SD", CONSTRAINED, 1920, 1080, 30,
      "480p30 480p 852x480@30 800 128\n"
      "360p30 360p 640x360@30 400 64\n"
      "160p30 160p 284x160@30 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_SD", HIGHER, 1920, 1080, 60,
      "480p30 480p 852x480@30 1300 128\n"
      "360p30 360p 640x360@30 700 64\n"
      "160p30 160p 284x160@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_SD", CONSTRAINED, 854, 480, 25,
      "480p30 480p 854x480@25 800 128\n"
      "360p30 360p 640x360@25 400 64\n"
      "160p30 160p 284x160@25 220 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_SD", HIGHER, 704, 396, 50,
      "396p30 396p 704x396@25 1300 128\n"
      "360p30 360p 640x360@25 700 64\n"
      "160p30 160p 284x160@25 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
    { "ADVANCED_SD", HIGHER, 178, 100, 30,
      "100p30 100p 178x100@30 270 48\n"
      "audio_only audio_only 0x0@0 none 64\n" },
};
/* clang-format on */

static void append_track(struct buf *text, enum track_origin origin, int bps)
{
    static const char *const words[] = { "none", "source" };

    if (origin == TRACK_ENCODED)
        buf_printf(text, " %d", bps / 1000);
    else
        buf_printf(text, " %s", words[origin]);
}

static void describe(struct buf *text, const struct ladder *ladder)
{
    buf_reset(text);
    for (int i = 0; i < ladder->count; i++) {
        const struct rendition *r = &ladder->renditions[i];
        buf_printf(text, "%s %s %dx%d@%g", r->id, r->name, r->width, r->height, r->fps);
        append_track(text, r->video, r->video_bps);
        append_track(text, r->audio, r->audio_bps);
        buf_printf(text, "%s\n", r->is_on_demand ? " on-demand" : "");
    }
}

static int build(struct ladder *ladder, const struct golden *golden, bool has_audio)
{
    struct ladder_input input = { golden->type,   golden->preset, golden->width,
                                  golden->height, golden->fps,    has_audio };

    return ladder_build(ladder, &input);
}

static void makes_the_published_ladders(void **state)
{
    struct ladder ladder;
    struct buf text;

    buf_init(&text, 10000);
    for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
        print_message("%s %s %dx%d@%g\n", goldens[i].type, goldens[i].preset, goldens[i].width,
                      goldens[i].height, goldens[i].fps);
        assert_int_equal(build(&ladder, &goldens[i], true), 0);
        describe(&text, &ladder);
        assert_string_equal(buf_str(&text), goldens[i].expected);
    }
    buf_clear(&text);
}

static void gives_no_sound_to_a_silent_source(void **state)
{
    struct ladder ladder;

    for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
        assert_int_equal(build(&ladder, &goldens[i], false), 0);
        for (int k = 0; k < ladder.count; k++) {
            assert_int_equal(ladder.renditions[k].audio, TRACK_NONE);
            assert_int_not_equal(ladder.renditions[k].video, TRACK_NONE);
        }
    }
}

static void halves_the_rate_only_in_rungs_named_30(void **state)
{
    struct ladder ladder;

    assert_int_equal(build(&ladder, &goldens[0], true), 0);
    assert_int_equal(ladder.renditions[1].frame_divisor, 1); /* 720p60 */
    assert_int_equal(ladder.renditions[2].frame_divisor, 2); /* 480p30 */
}

static void only_advanced_types_set_their_own_keyframes(void **state)
{
    struct ladder ladder;

    for (size_t i = 0; i < ARRAY_LEN(goldens); i++) {
        assert_int_equal(build(&ladder, &goldens[i], true), 0);
        assert_int_equal(ladder.has_own_keyframes, strncmp(goldens[i].type, "ADV", 3) == 0);
        assert_int_equal(ladder_needs_worker(&ladder),
                         strcmp(goldens[i].type, "BASIC") != 0 && goldens[i].height != 160);
    }
}

static void names_are_unique_and_sizes_even(void **state)
{
    for (int edge = 16; edge <= 1080; edge++) {
        for (size_t type = 0; type < ARRAY_LEN(goldens); type++) {
            struct golden g = goldens[type];
            struct ladder ladder;
            g.width = edge * 16 / 9;
            g.height = edge;
            assert_int_equal(build(&ladder, &g, true), 0);
            assert_in_range(ladder.count, 1, LADDER_MAX);
            for (int i = 0; i < ladder.count; i++) {
                const struct rendition *r = &ladder.renditions[i];
                assert_true(r->video != TRACK_ENCODED || r->width * r->height > 0);
                assert_true(r->video != TRACK_ENCODED || (r->width | r->height) % 2 == 0);
                assert_true(r->width <= g.width && r->height <= g.height);
                for (int k = 0; k < i; k++)
                    assert_string_not_equal(ladder.renditions[k].id, r->id);
            }
        }
    }
}

static void refuses_what_it_does_not_know(void **state)
{
    static const struct golden wrong[] = {
        { "PREMIUM", "", 1280, 720, 30 },         { "ADVANCED_HD", "LOW", 1280, 720, 30 },
        { "STANDARD", "", 0, 720, 30 },           { "STANDARD", "", 1280, 2, 30 },
        { "STANDARD", "", 1280, 720, 0 },         { "STANDARD", "", 1280, 720, -1 },
        { "STANDARD", "", 1280, 720, 0.0 / 0.0 },
    };
    struct ladder ladder;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(build(&ladder, &wrong[i], true), -EINVAL);
}

static void tells_whether_one_may_follow_another(void **state)
{
    struct golden landscape = { "STANDARD", "", 1920, 1080, 30 };
    struct golden portrait = { "STANDARD", "", 1080, 1920, 30 };
    struct golden smaller = { "STANDARD", "", 1280, 720, 30 };
    struct ladder a, b;

    build(&a, &landscape, true);
    build(&b, &portrait, true);
    assert_true(ladder_has_same_renditions(&a, &b));
    build(&b, &smaller, true);
    assert_false(ladder_has_same_renditions(&a, &b));
    build(&b, &landscape, false);
    assert_false(ladder_has_same_renditions(&a, &b));
}

static void makes_a_rendition_of_each_track(void **state)
{
    static const struct multitrack_config tracks = {
        3, { { 1280, 720, 60, 1, 2500 }, { 852, 480, 60, 2, 1000 }, { 640, 360, 30, 1, 500 } }
    };
    static const struct multitrack_config broken = { 1, { { 0, 720, 60, 1, 2500 } } };
    static const struct multitrack_config many = { .count = 6 };
    static const char *const ids[] = { "720p60", "480p30", "360p30", "audio_only" };
    struct ladder ladder;

    assert_int_equal(ladder_build_multitrack(&ladder, &tracks, true), 0);
    assert_int_equal(ladder.count, 4);
    assert_false(ladder_needs_worker(&ladder));
    for (int i = 0; i < 4; i++)
        assert_string_equal(ladder.renditions[i].id, ids[i]);
    for (int i = 0; i < 3; i++) {
        const struct rendition *r = &ladder.renditions[i];

        assert_int_equal(r->source_track, i);
        assert_int_equal(r->video, TRACK_SOURCE);
        assert_int_equal(r->audio, TRACK_SOURCE);
        assert_int_equal(r->width, tracks.tracks[i].width);
        assert_int_equal(r->video_bps, tracks.tracks[i].bitrate_kbps * 1000);
    }
    assert_true(ladder.renditions[3].is_on_demand);
    assert_int_equal(ladder_build_multitrack(&ladder, &tracks, false), 0);
    assert_int_equal(ladder.count, 3);
    assert_int_equal(ladder_build_multitrack(&ladder, &broken, false), -EINVAL);
    assert_int_equal(ladder_build_multitrack(&ladder, &many, false), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_rendition_of_each_track),
        cmocka_unit_test(makes_the_published_ladders),
        cmocka_unit_test(gives_no_sound_to_a_silent_source),
        cmocka_unit_test(halves_the_rate_only_in_rungs_named_30),
        cmocka_unit_test(only_advanced_types_set_their_own_keyframes),
        cmocka_unit_test(names_are_unique_and_sizes_even),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(tells_whether_one_may_follow_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
