/* SPDX-License-Identifier: Apache-2.0 */
#include "package/cut_plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/packet_fixture.h"

#define S        MEDIA_TIMESCALE
#define CUTS_MAX 512

struct fixture {
    struct codec_config *video, *other_video, *audio, *other_audio;
    struct cut_plan *plan;
    struct cut cuts[CUTS_MAX];
    int count;
};

static void on_cut(const struct cut *cut, void *ctx)
{
    struct fixture *f = ctx;

    assert_true(f->count < CUTS_MAX);
    f->cuts[f->count++] = *cut;
}

static void begin_filling(struct fixture *f, double fps, int target_duration_s, bool fills_target)
{
    const struct cut_plan_config config = {
        .has_video = fps > 0,
        .fills_target = fills_target,
        .fps = fps,
        .target_duration_s = target_duration_s,
        .part_duration = cut_plan_part_duration(fps),
        .tag = "test",
    };

    *f = (struct fixture){ 0 };
    f->video = make_video_config();
    f->other_video = make_small_video_config();
    f->audio = make_audio_config(48000);
    f->other_audio = make_audio_config(44100);
    f->plan = cut_plan_create(&config, on_cut, f);
}

static void begin(struct fixture *f, double fps, int target_duration_s)
{
    begin_filling(f, fps, target_duration_s, false);
}

static void end(struct fixture *f)
{
    cut_plan_destroy(f->plan);
    codec_config_unref(f->video);
    codec_config_unref(f->other_video);
    codec_config_unref(f->audio);
    codec_config_unref(f->other_audio);
}

static void push(struct fixture *f, struct packet *packet)
{
    cut_plan_push(f->plan, packet);
    packet_unref(packet);
}

static void picture(struct fixture *f, int64_t dts, bool is_idr)
{
    push(f, make_picture(f->video, dts, is_idr, 16));
}

static void sound(struct fixture *f, int64_t dts)
{
    push(f, make_sound(f->audio, dts, 16));
}

/* The cuts at which segments begin. */
static int segments(const struct fixture *f, const struct cut *out[], int max)
{
    int count = 0;

    for (int i = 0; i < f->count; i++)
        if (f->cuts[i].part == 0 && !f->cuts[i].is_end && count < max)
            out[count++] = &f->cuts[i];
    return count;
}

/* Whole milliseconds, as RTMP has them. */
static int64_t in_ms(double seconds)
{
    return llround(seconds * 1000) * 90;
}

static void video(struct fixture *f, double fps, double gop_s, double length_s)
{
    int gop = (int)lround(gop_s * fps);

    for (int i = 0; i < lround(length_s * fps); i++)
        picture(f, 10 * S + in_ms(i / fps), i % gop == 0);
}

static void takes_the_multiple_of_a_frame_nearest_to_a_third(void **state)
{
    assert_int_equal(cut_plan_part_duration(30), 30000);
    assert_int_equal(cut_plan_part_duration(60), 30000);
    assert_int_equal(cut_plan_part_duration(25), 28800);
    assert_int_equal(cut_plan_part_duration(15), 30000);
    assert_int_equal(cut_plan_part_duration(24000 / 1001.0), 30030);
    assert_int_equal(cut_plan_part_duration(30000 / 1001.0), 30030);
    assert_int_equal(cut_plan_part_duration(1), 90000);
    assert_int_equal(cut_plan_part_duration(0), 29700);
}

/* GOPs of different lengths: at every IDR, but with half a second only at every other one. */
static void cuts_at_the_first_idr_after_nine_tenths(void **state)
{
    static const struct {
        double gop, segment;
        int target;
    } cases[] = { { 0.5, 1, 2 }, { 1, 1, 2 }, { 2, 2, 2 }, { 4, 4, 4 } };
    const struct cut *starts[CUTS_MAX];
    struct fixture f;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(&f, 30, cases[i].target);
        video(&f, 30, cases[i].gop, 20);
        assert_int_equal(segments(&f, starts, CUTS_MAX), (int)(20 / cases[i].segment));
        for (int k = 0; k < 20 / cases[i].segment; k++) {
            assert_int_equal(starts[k]->segment, k);
            assert_int_equal(starts[k]->start, 10 * S + in_ms(k * cases[i].segment));
            assert_int_equal(starts[k]->previous_end, starts[k]->start);
            assert_false(starts[k]->is_discontinuity);
        }
        end(&f);
    }
}

/* A GOP longer than the target duration: cut where rounding would pass it, and again at the IDR. */
/* As many GOPs as the target duration has room for; never one that would have to be torn. */
static void fills_segments_with_whole_gops_where_asked_to(void **state)
{
    static const struct {
        double gop, segment;
        int target;
    } cases[] = { { 0.5, 2, 2 }, { 1, 2, 2 },   { 2, 2, 2 }, { 1.5, 1.5, 2 }, { 1, 4, 4 },
                  { 1.5, 3, 4 }, { 2.5, 5, 6 }, { 4, 4, 6 }, { 0.5, 6, 6 } };
    const struct cut *starts[CUTS_MAX];
    struct fixture f;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int count;

        begin_filling(&f, 30, cases[i].target, true);
        video(&f, 30, cases[i].gop, 24);
        count = segments(&f, starts, CUTS_MAX);
        assert_int_equal(count, (int)ceil(24 / cases[i].segment));
        for (int k = 0; k < count; k++)
            assert_int_equal(starts[k]->start, 10 * S + in_ms(k * cases[i].segment));
        end(&f);
    }
}

static void never_rounds_above_the_target_duration(void **state)
{
    static const double gops[] = { 8, 20 };
    const struct cut *starts[CUTS_MAX];
    struct fixture f;

    for (size_t i = 0; i < ARRAY_LEN(gops); i++) {
        bool is_idr_cut = false;
        int count;

        begin(&f, 30, 6);
        video(&f, 30, gops[i], 60);
        count = segments(&f, starts, CUTS_MAX);
        for (int k = 1; k < count; k++) {
            int64_t length = starts[k]->previous_end - starts[k - 1]->start;

            assert_true(lround((double)length / S) <= 6);
            is_idr_cut |= starts[k]->start == 10 * S + in_ms(gops[i]);
        }
        assert_true(is_idr_cut);
        end(&f);
    }
}

/* Every part but the last of a segment has the grid's duration, whatever the milliseconds do. */
static void cuts_parts_on_a_grid_at_all_frame_rates(void **state)
{
    static const double rates[] = { 15, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60 };
    struct fixture f;

    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        int64_t part = cut_plan_part_duration(rates[i]);
        int64_t frame = (int64_t)(S / rates[i]);

        begin(&f, rates[i], 2);
        video(&f, rates[i], 2, 20);
        for (int k = 1; k < f.count; k++) {
            const struct cut *cut = &f.cuts[k];
            int64_t length = cut->previous_end - f.cuts[k - 1].start;

            if (cut->part)
                assert_int_equal(length, part);
            else
                assert_in_range(length, frame / 2, part + frame);
            /* content and declared time differ by less than a frame */
            assert_in_range(cut->video_from - cut->start + frame, 1, 2 * frame);
        }
        end(&f);
    }
}

/* A part of sound alone just before the IDR would be a sliver. */
static void makes_no_sliver_of_sound_before_an_idr(void **state)
{
    struct fixture f;

    begin(&f, 30, 2);
    for (int i = 0, a = 0; i < 300; i++) {
        int64_t time = 10 * S + in_ms(i / 30.0) + (i % 60 ? 0 : 90);

        for (; 10 * S + a * 1920 < time; a++)
            if (10 * S + a * 1920 >= 10 * S + 90)
                sound(&f, 10 * S + a * 1920);
        picture(&f, time, i % 60 == 0);
    }
    for (int k = 1; k < f.count; k++)
        assert_true(f.cuts[k].previous_end - f.cuts[k - 1].start > 20000);
    end(&f);
}

static void goes_on_with_sound_where_video_pauses(void **state)
{
    const struct cut *starts[CUTS_MAX];
    struct fixture f;
    int count;

    begin(&f, 30, 2);
    video(&f, 30, 1, 1);
    for (int64_t t = 10 * S; t < 20 * S; t += 1920)
        sound(&f, t + S);
    picture(&f, 21 * S, true);
    count = segments(&f, starts, CUTS_MAX);
    assert_int_equal(count, 6);
    for (int k = 1; k < count; k++)
        assert_true(starts[k]->previous_end - starts[k - 1]->start < 2.5 * S);
    assert_int_equal(starts[count - 1]->start, 21 * S);
    assert_true(f.count > 30); /* parts too */
    end(&f);
}

static void leaves_parts_empty_that_nothing_came_for(void **state)
{
    struct fixture f;

    begin(&f, 30, 2);
    picture(&f, 10 * S, true);
    picture(&f, 10 * S + 3000, false);
    picture(&f, 11 * S, true);
    assert_int_equal(f.count, 4);
    assert_int_equal(f.cuts[1].start, 10 * S + 30000);
    assert_int_equal(f.cuts[2].start, 10 * S + 60000);
    assert_int_equal(f.cuts[1].video_from, 11 * S);
    assert_int_equal(f.cuts[3].part, 0);
    assert_int_equal(f.cuts[3].previous_end, 11 * S);
    end(&f);
}

static void cuts_sound_alone_at_the_target_duration(void **state)
{
    const struct cut *starts[CUTS_MAX];
    struct fixture f;

    begin(&f, 0, 2);
    for (int64_t t = 10 * S; t < 20 * S; t += 1920)
        sound(&f, t);
    assert_int_equal(segments(&f, starts, CUTS_MAX), 5);
    assert_int_equal(f.cuts[f.count - 1].segment, 4);
    end(&f);
}

static void marks_a_discontinuity_and_sets_the_wall_clock_anew(void **state)
{
    const struct cut *starts[CUTS_MAX];
    struct packet *packet;
    struct fixture f;

    begin(&f, 30, 2);
    video(&f, 30, 1, 1.5);
    packet = make_picture(f.video, 10 * S + 15 * S / 10, true, 16);
    packet->is_discontinuity = true;
    packet->arrival_us += 5000000;
    push(&f, packet);
    assert_int_equal(segments(&f, starts, CUTS_MAX), 3);
    assert_true(starts[2]->is_discontinuity);
    assert_int_equal(starts[2]->segment, 2);
    assert_int_equal(starts[1]->wall_ms - starts[0]->wall_ms, 1000);
    assert_int_equal(starts[2]->wall_ms - starts[1]->wall_ms, 5500);
    end(&f);
}

/* The clock of the playlists does not follow the network's jitter. */
static void keeps_the_wall_clock_between_discontinuities(void **state)
{
    const struct cut *starts[CUTS_MAX];
    struct fixture f;

    begin(&f, 30, 2);
    for (int i = 0; i < 300; i++) {
        struct packet *packet = make_picture(f.video, 10 * S + i * 3000, i % 30 == 0, 16);

        packet->arrival_us += i * 777 % 400000;
        push(&f, packet);
    }
    assert_int_equal(segments(&f, starts, CUTS_MAX), 10);
    for (int k = 0; k < 10; k++)
        assert_int_equal(starts[k]->wall_ms - starts[0]->wall_ms, k * 1000);
    end(&f);
}

static void cuts_at_a_changed_configuration(void **state)
{
    const struct cut *starts[CUTS_MAX];
    struct fixture f;

    begin(&f, 30, 2);
    picture(&f, 10 * S, true);
    sound(&f, 10 * S);
    push(&f, make_picture(f.other_video, 10 * S + 30000, true, 16));
    push(&f, make_sound(f.other_audio, 10 * S + 30100, 16)); /* new to the segment: no cut */
    push(&f, make_sound(f.audio, 10 * S + 50000, 16));
    assert_int_equal(segments(&f, starts, CUTS_MAX), 3);
    assert_true(starts[1]->is_discontinuity);
    assert_int_equal(starts[1]->start, 10 * S + 30000);
    assert_true(starts[2]->is_discontinuity);
    assert_int_equal(starts[2]->audio_from, 10 * S + 50000);
    end(&f);
}

static void needs_no_discontinuity_for_a_compatible_change(void **state)
{
    static const uint8_t pps[] = { 0x68, 0xcb, 0x83, 0xcb, 0x30 };
    const struct cut *starts[CUTS_MAX];
    struct codec_config *same_size;
    struct fixture f;

    begin(&f, 30, 2);
    assert_int_equal(codec_config_from_sps_pps(&same_size, f.video->video.sps->data,
                                               f.video->video.sps->len, pps, sizeof(pps)),
                     0);
    picture(&f, 10 * S, true);
    push(&f, make_picture(same_size, 10 * S + 30000, true, 16));
    assert_int_equal(segments(&f, starts, CUTS_MAX), 2);
    assert_false(starts[1]->is_discontinuity);
    codec_config_unref(same_size);
    end(&f);
}

/* Sound that went out ahead of a late IDR stays in the segment before, in every rendition. */
static void leaves_sound_that_went_out_before_the_cut(void **state)
{
    struct fixture f;

    begin(&f, 30, 2);
    picture(&f, 10 * S, true);
    for (int64_t t = 0; t < 60; t++)
        sound(&f, 10 * S + t * 1920);
    picture(&f, 11 * S, true);
    assert_int_equal(f.cuts[f.count - 1].part, 0);
    assert_int_equal(f.cuts[f.count - 1].video_from, 11 * S);
    assert_int_equal(f.cuts[f.count - 1].audio_from, 10 * S + 59 * 1920 + 1);
    end(&f);
}

static void ends_behind_the_last_frame_and_begins_anew(void **state)
{
    struct fixture f;
    const struct cut *last;

    begin(&f, 30, 2);
    video(&f, 30, 1, 0.5);
    cut_plan_pause(f.plan);
    last = &f.cuts[f.count - 1];
    assert_true(last->is_end);
    assert_int_equal(last->previous_end, 10 * S + 45030); /* 467 ms and a frame */
    picture(&f, last->start, true);
    last = &f.cuts[f.count - 1];
    assert_int_equal(last->segment, 1);
    assert_true(last->is_discontinuity);
    end(&f);
}

static void tells_how_long_there_was_no_idr(void **state)
{
    struct fixture f;

    begin(&f, 30, 6);
    video(&f, 30, 20, 15);
    assert_int_equal(cut_plan_since_idr(f.plan), in_ms(449 / 30.0));
    picture(&f, 25 * S, true);
    assert_int_equal(cut_plan_since_idr(f.plan), 0);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_multiple_of_a_frame_nearest_to_a_third),
        cmocka_unit_test(cuts_at_the_first_idr_after_nine_tenths),
        cmocka_unit_test(fills_segments_with_whole_gops_where_asked_to),
        cmocka_unit_test(never_rounds_above_the_target_duration),
        cmocka_unit_test(cuts_parts_on_a_grid_at_all_frame_rates),
        cmocka_unit_test(makes_no_sliver_of_sound_before_an_idr),
        cmocka_unit_test(goes_on_with_sound_where_video_pauses),
        cmocka_unit_test(leaves_parts_empty_that_nothing_came_for),
        cmocka_unit_test(cuts_sound_alone_at_the_target_duration),
        cmocka_unit_test(marks_a_discontinuity_and_sets_the_wall_clock_anew),
        cmocka_unit_test(keeps_the_wall_clock_between_discontinuities),
        cmocka_unit_test(cuts_at_a_changed_configuration),
        cmocka_unit_test(needs_no_discontinuity_for_a_compatible_change),
        cmocka_unit_test(leaves_sound_that_went_out_before_the_cut),
        cmocka_unit_test(ends_behind_the_last_frame_and_begins_anew),
        cmocka_unit_test(tells_how_long_there_was_no_idr),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
