/* SPDX-License-Identifier: Apache-2.0 */
#include "package/go_live.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/packet_fixture.h"

#define S (int64_t) MEDIA_TIMESCALE

struct fixture {
    struct codec_config *video, *audio;
    struct go_live *go_live;
    int ready_count, late_count;
    struct go_live_decision decision;
    enum media_kind late_kind;
    int count[2]; /* packets handed out, by kind */
    int64_t first_dts, last_dts;
    bool begins_with_idr;
};

static void on_ready(const struct go_live_decision *decision, void *ctx)
{
    struct fixture *f = ctx;

    f->ready_count++;
    f->decision = *decision;
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    assert_int_equal(f->ready_count, 1);
    if (!f->count[0] && !f->count[1]) {
        f->first_dts = packet->dts;
        f->begins_with_idr = packet->is_idr;
    }
    f->count[packet->kind]++;
    f->last_dts = packet->dts;
}

static void on_late_track(struct codec_config *config, void *ctx)
{
    struct fixture *f = ctx;

    f->late_count++;
    f->late_kind = config->kind;
}

static void begin_with(struct fixture *f, const struct go_live_config *config)
{
    static const struct go_live_events events = { on_ready, on_packet, on_late_track };

    *f = (struct fixture){ 0 };
    f->video = make_video_config();
    f->audio = make_audio_config(48000);
    f->go_live = go_live_create(config, &events, f);
}

static void begin(struct fixture *f, bool allows_audio_only)
{
    const struct go_live_config config = { .allows_audio_only = allows_audio_only };

    begin_with(f, &config);
}

static void end(struct fixture *f)
{
    go_live_destroy(f->go_live);
    codec_config_unref(f->video);
    codec_config_unref(f->audio);
}

static int push(struct fixture *f, struct packet *packet)
{
    int err = go_live_push(f->go_live, packet);

    packet_unref(packet);
    return err;
}

static void picture(struct fixture *f, int64_t dts, bool is_idr)
{
    assert_int_equal(push(f, make_picture(f->video, dts, is_idr, 16)), 0);
}

static void sound(struct fixture *f, int64_t dts)
{
    assert_int_equal(push(f, make_sound(f->audio, dts, 16)), 0);
}

static int64_t in_ms(double seconds)
{
    return llround(seconds * 1000) * 90;
}

/* Pictures with whole milliseconds until it is decided. Returns how long that took. */
static int64_t run_video(struct fixture *f, double fps, double gop_s)
{
    int gop = (int)lround(gop_s * fps), i = 0;

    while (!go_live_is_ready(f->go_live) && i < 2000) {
        picture(f, 10 * S + in_ms(i / fps), i % gop == 0);
        i++;
    }
    return f->last_dts - 10 * S;
}

static void takes_the_target_duration_from_the_first_gop(void **state)
{
    static const struct {
        double fps, gop;
        int target;
    } cases[] = {
        { 30, 0.5, 2 }, { 30, 1, 2 }, { 29.97, 2.002, 2 }, { 60, 2, 2 },  { 25, 2.2, 3 },
        { 30, 4, 4 },   { 30, 6, 6 }, { 30, 8, 6 },        { 30, 20, 6 }, { 15, 2, 2 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t wait = (int64_t)(cases[i].gop * S);
        struct fixture f;

        begin(&f, false);
        assert_true(run_video(&f, cases[i].fps, cases[i].gop) <=
                    (wait < 6 * S ? wait : 6 * S) + S / 10);
        assert_int_equal(f.decision.target_duration_s, cases[i].target);
        assert_ptr_equal(f.decision.video, f.video);
        assert_null(f.decision.audio);
        end(&f);
    }
}

static void lets_the_target_duration_be_longer_than_a_gop(void **state)
{
    static const struct {
        double gop;
        int wish, target;
    } cases[] = { { 1, 2, 2 }, { 1, 4, 4 }, { 2, 6, 6 }, { 4, 2, 4 }, { 8, 3, 6 } };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct go_live_config config = { .segment_s = cases[i].wish };
        struct fixture f;

        begin_with(&f, &config);
        run_video(&f, 30, cases[i].gop);
        assert_int_equal(f.decision.target_duration_s, cases[i].target);
        end(&f);
    }
}

static void finds_the_frame_rate_behind_whole_milliseconds(void **state)
{
    static const double rates[] = { 15, 20, 24000 / 1001.0, 24, 25,  30000 / 1001.0, 30,
                                    48, 50, 60000 / 1001.0, 60, 17.3 };

    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        float slack = rates[i] == 17.3 ? 0.01F : 0.0001F; /* one that nobody uses */
        struct fixture f;

        begin(&f, false);
        run_video(&f, rates[i], 2);
        assert_float_equal(f.decision.fps, rates[i], slack);
        end(&f);
    }
}

static void believes_a_declared_rate_that_fits(void **state)
{
    struct fixture f;

    begin(&f, false);
    f.video->video.fps = 30000 / 1001.0;
    run_video(&f, 30, 1);
    assert_float_equal(f.decision.fps, 30000 / 1001.0, 0.0001);
    end(&f);
    begin(&f, false);
    f.video->video.fps = 60; /* what some encoders write for fields */
    run_video(&f, 30, 1);
    assert_float_equal(f.decision.fps, 30, 0.0001);
    end(&f);
}

static void begins_with_the_first_idr(void **state)
{
    struct fixture f;

    begin(&f, false);
    for (int i = 0; i < 20; i++)
        sound(&f, 10 * S + i * 1920);
    for (int i = 0; i < 5; i++)
        picture(&f, 10 * S + i * 3000, false);
    picture(&f, 10 * S + 15000, true);
    picture(&f, 10 * S + 18000, false);
    picture(&f, 10 * S + 30000, true);
    assert_int_equal(f.ready_count, 1);
    /* sound from the IDR on, even if it came first */
    assert_int_equal(f.first_dts, 10 * S + 8 * 1920);
    assert_int_equal(f.count[MEDIA_AUDIO], 12);
    assert_int_equal(f.count[MEDIA_VIDEO], 3);
    end(&f);
}

static void waits_two_seconds_for_a_promised_track(void **state)
{
    struct fixture f;

    begin(&f, false);
    go_live_promise(f.go_live, true, true);
    for (int i = 0; i < 60; i++)
        picture(&f, 10 * S + i * 3000, i % 15 == 0);
    assert_int_equal(f.ready_count, 0);
    picture(&f, 12 * S, true);
    assert_int_equal(f.ready_count, 1);
    assert_null(f.decision.audio);
    assert_int_equal(f.count[MEDIA_VIDEO], 61);
    end(&f);
}

static void has_the_late_audio_that_was_promised(void **state)
{
    struct fixture f;

    begin(&f, false);
    go_live_promise(f.go_live, true, true);
    for (int i = 0; i < 45; i++)
        picture(&f, 10 * S + i * 3000, i % 15 == 0);
    sound(&f, 10 * S + 45 * 3000);
    assert_int_equal(f.ready_count, 1);
    assert_ptr_equal(f.decision.audio, f.audio);
    end(&f);
}

static void tells_once_of_a_track_that_was_not_there(void **state)
{
    struct fixture f;

    begin(&f, false);
    run_video(&f, 30, 1);
    sound(&f, 12 * S);
    sound(&f, 12 * S + 1920);
    assert_int_equal(f.late_count, 1);
    assert_int_equal(f.late_kind, MEDIA_AUDIO);
    assert_int_equal(f.count[MEDIA_AUDIO], 0);
    end(&f);
}

static void goes_live_with_sound_alone_only_where_that_is_allowed(void **state)
{
    for (int allowed = 0; allowed < 2; allowed++) {
        struct fixture f;

        begin(&f, allowed);
        for (int64_t t = 0; t < 20 * S; t += 1920)
            sound(&f, 10 * S + t);
        assert_int_equal(f.ready_count, allowed);
        if (allowed) {
            assert_null(f.decision.video);
            assert_true(f.decision.fps == 0);
            assert_int_equal(f.first_dts, 10 * S);
        }
        end(&f);
    }
}

static void hands_out_what_it_held_in_the_order_it_came(void **state)
{
    struct fixture f;

    begin(&f, false);
    run_video(&f, 30, 2);
    assert_int_equal(f.count[MEDIA_VIDEO], 61);
    assert_true(f.begins_with_idr);
    picture(&f, 13 * S, false);
    assert_int_equal(f.last_dts, 13 * S);
    end(&f);
}

/* Eight seconds of GOP at a bit rate that no channel allows. */
static void holds_a_bounded_amount(void **state)
{
    struct fixture f;
    int err = 0, pushed = 0;

    begin(&f, false);
    picture(&f, 10 * S, true);
    for (; !err && pushed < 5000; pushed++)
        err = push(&f, make_picture(f.video, 10 * S + pushed + 1, false, 60000));
    assert_int_equal(err, -EMSGSIZE);
    assert_in_range(pushed, 1000, 1200);
    end(&f);
}

static void holds_little_before_the_first_idr(void **state)
{
    struct fixture f;

    begin(&f, false);
    for (int i = 0; i < 20000; i++) {
        picture(&f, 10 * S + i * 3000, false);
        sound(&f, 10 * S + i * 3000);
    }
    assert_int_equal(f.ready_count, 0);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_target_duration_from_the_first_gop),
        cmocka_unit_test(lets_the_target_duration_be_longer_than_a_gop),
        cmocka_unit_test(finds_the_frame_rate_behind_whole_milliseconds),
        cmocka_unit_test(believes_a_declared_rate_that_fits),
        cmocka_unit_test(begins_with_the_first_idr),
        cmocka_unit_test(waits_two_seconds_for_a_promised_track),
        cmocka_unit_test(has_the_late_audio_that_was_promised),
        cmocka_unit_test(tells_once_of_a_track_that_was_not_there),
        cmocka_unit_test(goes_live_with_sound_alone_only_where_that_is_allowed),
        cmocka_unit_test(hands_out_what_it_held_in_the_order_it_came),
        cmocka_unit_test(holds_a_bounded_amount),
        cmocka_unit_test(holds_little_before_the_first_idr),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
