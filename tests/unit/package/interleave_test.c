/* SPDX-License-Identifier: Apache-2.0 */
#include "package/interleave.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/packet_fixture.h"

#define MS 90

struct fixture {
    struct codec_config *video, *audio;
    struct interleave *interleave;
    char order[512]; /* "v0 a0 v33": what went out since the last look, in milliseconds */
    size_t len;
};

static void on_packet(struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    f->len +=
        (size_t)snprintf(f->order + f->len, sizeof(f->order) - f->len, "%s%c%d", f->len ? " " : "",
                         packet->kind == MEDIA_VIDEO ? 'v' : 'a', (int)(packet->dts / MS));
    assert_true(f->len < sizeof(f->order));
}

static void begin(struct fixture *f, bool has_video, bool has_audio)
{
    const struct interleave_config config = { has_video, has_audio, INTERLEAVE_WAIT_SOURCE };

    *f = (struct fixture){ 0 };
    f->video = make_video_config();
    f->audio = make_audio_config(48000);
    f->interleave = interleave_create(&config, on_packet, f);
}

static void end(struct fixture *f)
{
    interleave_destroy(f->interleave);
    codec_config_unref(f->video);
    codec_config_unref(f->audio);
}

static void video(struct fixture *f, int64_t ms)
{
    struct packet *packet = make_picture(f->video, ms * MS, false, 16);

    interleave_push(f->interleave, packet);
    packet_unref(packet);
}

static void audio(struct fixture *f, int64_t ms)
{
    struct packet *packet = make_sound(f->audio, ms * MS, 16);

    interleave_push(f->interleave, packet);
    packet_unref(packet);
}

static void expect(struct fixture *f, const char *order)
{
    assert_string_equal(f->order, order);
    f->len = 0;
    f->order[0] = '\0';
}

static void orders_by_decode_time(void **state)
{
    struct fixture f;

    begin(&f, true, true);
    video(&f, 0);
    video(&f, 33);
    expect(&f, "");
    audio(&f, 10);
    expect(&f, "v0 a10");
    audio(&f, 31);
    audio(&f, 52);
    expect(&f, "a31 v33");
    video(&f, 66);
    expect(&f, "a52");
    end(&f);
}

static void puts_video_first_at_the_same_time(void **state)
{
    struct fixture f;

    begin(&f, true, true);
    audio(&f, 100);
    video(&f, 100);
    expect(&f, "v100 a100");
    end(&f);
}

static void waits_for_a_silent_track_only_once(void **state)
{
    struct fixture f;

    begin(&f, true, true);
    for (int ms = 0; ms <= 300; ms += 100)
        video(&f, ms);
    expect(&f, "");
    video(&f, 400);
    expect(&f, "v0 v100 v200 v300 v400");
    video(&f, 500);
    expect(&f, "v500");
    audio(&f, 510);
    expect(&f, "");
    video(&f, 600);
    expect(&f, "a510");
    video(&f, 700);
    expect(&f, ""); /* it is waited for again */
    end(&f);
}

static void hands_out_at_once_what_comes_late(void **state)
{
    struct fixture f;

    begin(&f, true, true);
    for (int ms = 0; ms <= 400; ms += 100)
        video(&f, ms);
    expect(&f, "v0 v100 v200 v300 v400");
    audio(&f, 50);
    audio(&f, 71);
    expect(&f, "a50 a71");
    end(&f);
}

static void waits_for_no_track_that_is_not_expected(void **state)
{
    struct fixture f;

    begin(&f, true, false);
    video(&f, 0);
    video(&f, 33);
    expect(&f, "v0 v33");
    end(&f);
    begin(&f, false, true);
    audio(&f, 0);
    expect(&f, "a0");
    end(&f);
}

static void hands_out_all_when_flushed(void **state)
{
    struct fixture f;

    begin(&f, true, true);
    video(&f, 0);
    video(&f, 33);
    audio(&f, 40);
    audio(&f, 61);
    expect(&f, "v0 v33");
    interleave_flush(f.interleave);
    expect(&f, "a40 a61");
    interleave_flush(f.interleave);
    expect(&f, "");
    end(&f);
}

static void count_packet(struct packet *packet, void *ctx)
{
    (*(int *)ctx)++;
}

/* Times that hardly move: the bound is then the number of packets. */
static void holds_a_bounded_number_of_packets(void **state)
{
    const struct interleave_config config = { true, true, INT64_MAX };
    struct codec_config *video = make_video_config();
    struct packet *packet = make_picture(video, 1, false, 16);
    int count = 0;
    struct interleave *interleave = interleave_create(&config, count_packet, &count);

    for (int i = 0; i < 4095; i++)
        interleave_push(interleave, packet);
    assert_int_equal(count, 0);
    interleave_push(interleave, packet);
    assert_int_equal(count, 4096);
    interleave_destroy(interleave);
    packet_unref(packet);
    codec_config_unref(video);
}

static void waits_again_for_what_was_lost(void **state)
{
    struct fixture f;

    begin(&f, true, true);
    video(&f, 0);
    interleave_lost(f.interleave, MEDIA_AUDIO);
    expect(&f, "v0");
    video(&f, 33);
    expect(&f, "v33");
    interleave_expect(f.interleave);
    video(&f, 66);
    expect(&f, "");
    audio(&f, 60);
    expect(&f, "a60");
    audio(&f, 70);
    expect(&f, "v66");
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_by_decode_time),
        cmocka_unit_test(puts_video_first_at_the_same_time),
        cmocka_unit_test(waits_for_a_silent_track_only_once),
        cmocka_unit_test(hands_out_at_once_what_comes_late),
        cmocka_unit_test(waits_for_no_track_that_is_not_expected),
        cmocka_unit_test(hands_out_all_when_flushed),
        cmocka_unit_test(holds_a_bounded_number_of_packets),
        cmocka_unit_test(waits_again_for_what_was_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
