/* SPDX-License-Identifier: Apache-2.0 */
#include "media/timeline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/packet_fixture.h"

#define MS    90
#define FRAME 1920 /* 1024 samples at 48 kHz */

struct fixture {
    struct timeline timeline;
    struct codec_config *video, *audio, *audio_44k;
};

static void begin(struct fixture *f)
{
    timeline_init(&f->timeline, "test");
    f->video = make_video_config();
    f->audio = make_audio_config(48000);
    f->audio_44k = make_audio_config(44100);
}

static void end(struct fixture *f)
{
    codec_config_unref(f->video);
    codec_config_unref(f->audio);
    codec_config_unref(f->audio_44k);
}

/* What becomes of a packet. */
struct result {
    bool is_dropped;
    int64_t dts, pts;
    bool is_discontinuity;
};

/* Takes `packet`. */
static struct result map(struct fixture *f, struct packet *packet)
{
    struct packet *mapped = timeline_map(&f->timeline, packet);
    struct result result = { .is_dropped = true };

    if (mapped)
        result = (struct result){ false, mapped->dts, mapped->pts, mapped->is_discontinuity };
    packet_unref(packet);
    packet_unref(mapped);
    return result;
}

static struct result picture(struct fixture *f, int64_t ms, bool is_idr)
{
    return map(f, make_picture(f->video, ms * MS, is_idr, 16));
}

static struct result sound(struct fixture *f, int64_t ms)
{
    return map(f, make_sound(f->audio, ms * MS, 16));
}

/* Whole milliseconds of frame `i`, as RTMP tells them. */
static int64_t video_ms(int i)
{
    return lround(i * 1000 / 30.0);
}

static int64_t audio_ms(int i)
{
    return lround(i * 1024 / 48.0);
}

static void begins_at_the_same_time_whatever_the_encoder_says(void **state)
{
    static const int64_t starts[] = { 0, 12345678, -5000 };
    struct fixture f;

    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        begin(&f);
        assert_int_equal(picture(&f, starts[i], true).dts, TIMELINE_START);
        assert_int_equal(sound(&f, starts[i] + 5).dts, TIMELINE_START + 5 * MS);
        assert_int_equal(picture(&f, starts[i] + 33, false).dts, TIMELINE_START + 33 * MS);
        end(&f);
    }
}

static void keeps_what_was_sent_before_the_first_picture(void **state)
{
    struct fixture f;

    begin(&f);
    assert_int_equal(picture(&f, 1000, true).dts, TIMELINE_START);
    assert_int_equal(sound(&f, 960).dts, TIMELINE_START - 40 * MS);
    end(&f);
}

/* RTMP rounds to milliseconds: 21, 43, 64; sound would crackle if it followed. */
static void counts_sound_in_samples(void **state)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(sound(&f, audio_ms(i)).dts, TIMELINE_START + (int64_t)i * FRAME);
    end(&f);
}

static void counts_samples_exactly_at_44_kHz(void **state)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 50000; i++) {
        int64_t ms = llround(i * 1024 / 44.1);
        struct result r = map(&f, make_sound(f.audio_44k, ms * MS, 16));

        assert_int_equal(r.dts, TIMELINE_START + (int64_t)i * 1024 * 90000 / 44100);
    }
    end(&f);
}

static void moves_sound_ahead_after_a_gap(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, 0, true);
    assert_int_equal(sound(&f, 0).dts, TIMELINE_START);
    assert_int_equal(sound(&f, 21).dts, TIMELINE_START + FRAME);
    assert_int_equal(sound(&f, 80).dts, TIMELINE_START + 2 * FRAME); /* 37 ms off: not yet */
    assert_int_equal(sound(&f, 120).dts, TIMELINE_START + 120 * MS);
    assert_int_equal(sound(&f, 141).dts, TIMELINE_START + 120 * MS + FRAME);
    end(&f);
}

/* An encoder whose clock is slow by 0.1%: now and then a frame has no place any more. */
static void drops_a_frame_of_sound_when_there_is_too_much(void **state)
{
    struct fixture f;
    int dropped = 0;
    int64_t last = 0;

    begin(&f);
    for (int i = 0; i < 10000; i++) {
        int64_t ms = lround(i * 1024 / 48.0 * 0.999);
        struct result r = sound(&f, ms);

        dropped += r.is_dropped;
        if (r.is_dropped)
            continue;
        assert_true(i == 0 || r.dts > last);
        assert_true(llabs(r.dts - TIMELINE_START - ms * MS) <= 40 * MS);
        last = r.dts;
    }
    assert_in_range(dropped, 8, 11);
    end(&f);
}

/* Restreamed cameras: frames have the times at which they arrived, up to 60 ms off. */
static void smooths_times_that_go_to_and_fro(void **state)
{
    struct fixture f;
    int64_t last = 0, off = 0;
    unsigned seed = 7;

    begin(&f);
    picture(&f, 0, true);
    for (int i = 0; i < 3000; i++) {
        int64_t jitter = (int64_t)((seed = seed * 1103515245 + 12345) >> 16) % 120 - 60;
        struct result r = sound(&f, 100 + audio_ms(i) + jitter);

        if (i >= 150) { /* three seconds to find out */
            assert_false(r.is_dropped);
            assert_int_equal(r.dts, last + FRAME);
            off += r.dts - TIMELINE_START - (100 + audio_ms(i)) * MS;
        }
        last = r.is_dropped ? last : r.dts;
    }
    assert_true(llabs(off / 2850) <= 45 * MS);
    end(&f);
}

/* Losses on the way: each hole stays where it is, however many there are. */
static void leaves_every_hole_where_it_is(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, 0, true);
    for (int i = 0; i < 3000; i++) {
        if (i % 50 >= 47) /* 64 ms of every second */
            continue;
        int64_t dts = sound(&f, audio_ms(i)).dts;

        assert_true(llabs(dts - TIMELINE_START - audio_ms(i) * MS) <= 2 * MS);
    }
    end(&f);
}

/* The drift of a clock beside jitter is followed as well. */
static void follows_a_drifting_clock_on_average(void **state)
{
    struct fixture f;
    unsigned seed = 7;

    begin(&f);
    picture(&f, 0, true);
    for (int i = 0; i < 10000; i++) {
        int64_t jitter = (int64_t)((seed = seed * 1103515245 + 12345) >> 16) % 120 - 60;
        int64_t clock = 100 + lround(i * 1024 / 48.0 * (i < 5000 ? 0.999 : 1.001));
        struct result r = sound(&f, clock + jitter);

        if (i > 150 && !r.is_dropped && (i < 5000 || i > 5200))
            assert_true(llabs(r.dts - TIMELINE_START - clock * MS) <= 70 * MS);
        if (i % 47 == 0)
            picture(&f, audio_ms(i), true);
    }
    end(&f);
}

static void keeps_decode_times_rising(void **state)
{
    static const int64_t times[] = { 0, 33, 33, 30, 0, 66, 66, 100 };
    struct fixture f;
    int64_t last = 0;

    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct result r = picture(&f, times[i], i == 0);

        assert_true(r.dts > last);
        assert_true(r.pts >= r.dts);
        assert_false(r.is_discontinuity);
        last = r.dts;
    }
    assert_int_equal(last, TIMELINE_START + 100 * MS);
    end(&f);
}

static void keeps_composition_times_within_reason(void **state)
{
    static const struct {
        int64_t offset, expected;
    } cases[] = { { 0, 0 },
                  { 67 * MS, 67 * MS },
                  { -33 * MS, 0 },
                  { 450000, 450000 },
                  { INT64_C(1) << 40, 450000 } };
    struct fixture f;

    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct packet *packet = make_picture(f.video, (int64_t)i * 3000, i == 0, 16);
        struct result r;

        packet->pts = packet->dts + cases[i].offset;
        r = map(&f, packet);
        assert_int_equal(r.pts - r.dts, cases[i].expected);
    }
    end(&f);
}

/* Video stops for 5 s while sound goes on: real time, it stays. */
static void leaves_the_gap_of_one_track(void **state)
{
    struct fixture f;
    struct result r;

    begin(&f);
    picture(&f, 0, true);
    for (int i = 0; audio_ms(i) < 5000; i++)
        sound(&f, audio_ms(i));
    r = picture(&f, 5000, true);
    assert_int_equal(r.dts, TIMELINE_START + 5000 * MS);
    assert_false(r.is_discontinuity);
    end(&f);
}

/* Both tracks jump by `jump_ms` after two seconds. Sound must stay with its picture. */
static void check_jump(int64_t jump_ms, bool is_sound_first)
{
    struct result first_picture = { .is_dropped = true }, first_sound = { .is_dropped = true };
    int64_t last = 0;
    struct fixture f;
    int marks = 0;

    begin(&f);
    for (int i = 0, a = 0; i < 120; i++) {
        int64_t offset = i < 60 ? 0 : jump_ms;
        struct result r;

        if (!is_sound_first && i == 60) {
            r = first_picture = picture(&f, video_ms(i) + offset, true);
            marks += r.is_discontinuity;
        }
        for (; audio_ms(a) <= video_ms(i); a++) {
            r = sound(&f, audio_ms(a) + offset);
            if (i >= 60 && first_sound.is_dropped)
                first_sound = r;
            assert_false(r.is_discontinuity);
        }
        if (is_sound_first || i != 60) {
            r = picture(&f, video_ms(i) + offset, i % 30 == 0);
            if (i == 60)
                first_picture = r;
            marks += r.is_discontinuity;
        }
        assert_true(r.dts > last && r.dts < last + 200 * MS + (i ? 0 : TIMELINE_START));
        last = r.dts;
    }
    assert_int_equal(marks, 1);
    assert_true(first_picture.is_discontinuity);
    assert_true(llabs(first_picture.dts - first_sound.dts) <= 40 * MS);
    end(&f);
}

static void takes_out_a_jump_of_both_tracks(void **state)
{
    static const int64_t jumps[] = { 3000, 3600000, -1500, -2000, 4294967295 - 2000 };

    for (size_t i = 0; i < ARRAY_LEN(jumps); i++) {
        check_jump(jumps[i], false);
        check_jump(jumps[i], true);
    }
}

static void marks_the_next_idr_after_a_jump(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, 0, true);
    picture(&f, 33, false);
    assert_false(picture(&f, 9000, false).is_discontinuity);
    assert_false(picture(&f, 9033, false).is_discontinuity);
    assert_true(picture(&f, 9066, true).is_discontinuity);
    assert_false(picture(&f, 9100, true).is_discontinuity);
    end(&f);
}

static void goes_on_after_a_resume(void **state)
{
    struct result r;
    struct fixture f;
    int64_t next;

    begin(&f);
    for (int i = 0; i < 30; i++)
        picture(&f, video_ms(i), i == 0);
    for (int i = 0; audio_ms(i) < 990; i++)
        sound(&f, audio_ms(i));
    next = TIMELINE_START + 47 * FRAME;

    timeline_resume(&f.timeline);
    assert_true(sound(&f, 50000).is_dropped);
    assert_true(picture(&f, 50010, false).is_dropped);
    r = picture(&f, 50040, true);
    assert_int_equal(r.dts, next);
    assert_true(r.is_discontinuity);
    assert_int_equal(sound(&f, 50030).dts, next); /* 10 ms before the picture: no step back */
    assert_int_equal(sound(&f, 50051).dts, next + FRAME);
    assert_int_equal(picture(&f, 50073, false).dts, next + 33 * MS);
    end(&f);
}

/* Another encoder, another clock: the picture goes on a frame behind the last one, the sound in its
 * own step, and nothing is marked. */
static void a_splice_goes_on_without_a_gap(void **state)
{
    static const int64_t clocks[] = { 0, 7654321, -90000 };
    struct fixture f;

    for (size_t k = 0; k < ARRAY_LEN(clocks); k++) {
        struct result r;

        begin(&f);
        for (int i = 0; i < 30; i++)
            picture(&f, video_ms(i), i == 0);
        for (int i = 0; i < 46; i++) /* up to 960 ms */
            sound(&f, audio_ms(i));
        timeline_splice(&f.timeline);
        assert_true(picture(&f, clocks[k] - 33, false).is_dropped);
        assert_true(sound(&f, clocks[k] - 20).is_dropped);
        r = picture(&f, clocks[k], true);
        assert_in_range(r.dts, TIMELINE_START + 999 * MS, TIMELINE_START + 1001 * MS);
        assert_false(r.is_discontinuity);
        r = sound(&f, clocks[k]); /* at 1000 ms where 981.3 is due */
        assert_int_equal(r.dts, TIMELINE_START + 46 * FRAME);
        r = sound(&f, clocks[k] + 21);
        assert_int_equal(r.dts, TIMELINE_START + 47 * FRAME);
        assert_false(picture(&f, clocks[k] + 1000, true).is_discontinuity);
        end(&f);
    }
}

/* Sound that would come twice is left out. */
static void a_splice_drops_sound_that_was_there(void **state)
{
    struct fixture f;
    int64_t last = 0;

    begin(&f);
    for (int i = 0; i < 30; i++)
        picture(&f, video_ms(i), i == 0);
    for (int i = 0; i < 60; i++) /* 280 ms ahead of the picture */
        last = sound(&f, audio_ms(i)).dts;
    timeline_splice(&f.timeline);
    picture(&f, 0, true);
    for (int i = 0; i < 30; i++) {
        struct result r = sound(&f, audio_ms(i));

        assert_true(r.is_dropped || r.dts > last);
        last = r.is_dropped ? last : r.dts;
    }
    assert_in_range(last, TIMELINE_START + (1000 + 619 - 40) * MS,
                    TIMELINE_START + (1000 + 619 + 40) * MS);
    end(&f);
}

/* The last encoder's pictures are all shown before the first of the next one. */
static void a_splice_waits_for_reordered_pictures(void **state)
{
    struct packet *packet;
    struct fixture f;
    struct result r;

    begin(&f);
    for (int i = 0; i < 30; i++) {
        packet = make_picture(f.video, (int64_t)i * 3000, i == 0, 16);
        packet->pts += 2 * 3000;
        r = map(&f, packet);
    }
    timeline_splice(&f.timeline);
    assert_int_equal(picture(&f, 0, true).pts, r.pts + 3000);
    end(&f);
}

static void does_not_wait_for_ever_with_the_sound_of_a_resume(void **state)
{
    struct fixture f;
    int i = 0;

    begin(&f);
    picture(&f, 0, true);
    sound(&f, 0);
    timeline_resume(&f.timeline);
    while (sound(&f, 7000 + audio_ms(i)).is_dropped)
        i++;
    assert_in_range(audio_ms(i), 1980, 2050);
    assert_true(picture(&f, 7000 + audio_ms(i), false).is_dropped);
    assert_false(picture(&f, 7033 + audio_ms(i), true).is_dropped);
    end(&f);
}

static void aligns_tracks_that_count_from_different_times(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, 0, true);
    picture(&f, 33, false);
    assert_int_equal(sound(&f, 86400000).dts, TIMELINE_START + 33 * MS);
    assert_int_equal(sound(&f, 86400021).dts, TIMELINE_START + 33 * MS + FRAME);
    end(&f);
}

static void takes_another_sample_rate_without_a_step_back(void **state)
{
    struct fixture f;
    int64_t last;

    begin(&f);
    sound(&f, 0);
    last = sound(&f, 21).dts;
    assert_int_equal(map(&f, make_sound(f.audio_44k, 40 * MS, 16)).dts, last + FRAME);
    end(&f);
}

static void drops_times_that_cannot_be(void **state)
{
    static const int64_t times[] = { INT64_MAX, INT64_MIN, INT64_C(1) << 45 };
    struct fixture f;

    begin(&f);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct packet *packet = make_picture(f.video, 0, true, 16);

        packet->dts = times[i];
        assert_true(map(&f, packet).is_dropped);
        packet = make_picture(f.video, 0, true, 16);
        packet->pts = times[i];
        assert_true(map(&f, packet).is_dropped);
    }
    assert_int_equal(picture(&f, 0, true).dts, TIMELINE_START);
    end(&f);
}

static struct result other_picture(struct fixture *f, int64_t ms, bool is_idr)
{
    struct packet *packet = make_picture(f->video, ms * MS, is_idr, 16);

    packet->track = 1;
    return map(f, packet);
}

/* Its pictures come half a second behind those of the first track that they belong to. */
static void a_late_track_is_no_jump(void **state)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 90; i++) {
        int64_t expected = TIMELINE_START + video_ms(i) * MS;

        assert_int_equal(picture(&f, video_ms(i), i % 30 == 0).dts, expected);
        if (i >= 15)
            assert_int_equal(other_picture(&f, video_ms(i - 15), (i - 15) % 30 == 0).dts,
                             TIMELINE_START + video_ms(i - 15) * MS);
    }
    end(&f);
}

/* Whichever comes first: pictures of one time keep one time. */
static void keeps_video_tracks_together(void **state)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 60; i++) {
        int64_t other = i % 2 ? other_picture(&f, video_ms(i), i == 0).dts : 0;
        int64_t first = picture(&f, video_ms(i), i == 0).dts;

        if (!(i % 2))
            other = other_picture(&f, video_ms(i), i == 0).dts;
        assert_int_equal(first, other);
    }
    timeline_resume(&f.timeline);
    assert_true(other_picture(&f, 100, false).is_dropped);
    assert_true(picture(&f, 100, false).is_dropped);
    assert_int_equal(other_picture(&f, 133, true).dts, picture(&f, 133, true).dts);
    assert_int_equal(picture(&f, 167, false).dts, other_picture(&f, 167, false).dts);
    assert_int_equal(picture(&f, 990000, true).dts, other_picture(&f, 990000, true).dts);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_video_tracks_together),
        cmocka_unit_test(a_late_track_is_no_jump),
        cmocka_unit_test(begins_at_the_same_time_whatever_the_encoder_says),
        cmocka_unit_test(keeps_what_was_sent_before_the_first_picture),
        cmocka_unit_test(counts_sound_in_samples),
        cmocka_unit_test(counts_samples_exactly_at_44_kHz),
        cmocka_unit_test(moves_sound_ahead_after_a_gap),
        cmocka_unit_test(drops_a_frame_of_sound_when_there_is_too_much),
        cmocka_unit_test(smooths_times_that_go_to_and_fro),
        cmocka_unit_test(leaves_every_hole_where_it_is),
        cmocka_unit_test(follows_a_drifting_clock_on_average),
        cmocka_unit_test(keeps_decode_times_rising),
        cmocka_unit_test(keeps_composition_times_within_reason),
        cmocka_unit_test(leaves_the_gap_of_one_track),
        cmocka_unit_test(takes_out_a_jump_of_both_tracks),
        cmocka_unit_test(marks_the_next_idr_after_a_jump),
        cmocka_unit_test(goes_on_after_a_resume),
        cmocka_unit_test(a_splice_goes_on_without_a_gap),
        cmocka_unit_test(a_splice_drops_sound_that_was_there),
        cmocka_unit_test(a_splice_waits_for_reordered_pictures),
        cmocka_unit_test(does_not_wait_for_ever_with_the_sound_of_a_resume),
        cmocka_unit_test(aligns_tracks_that_count_from_different_times),
        cmocka_unit_test(takes_another_sample_rate_without_a_step_back),
        cmocka_unit_test(drops_times_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
