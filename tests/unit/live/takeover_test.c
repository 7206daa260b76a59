/* SPDX-License-Identifier: Apache-2.0 */
#include "live/takeover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packet_fixture.h"

#define SECOND MEDIA_TIMESCALE

static struct takeover takeover;
static struct codec_config *running[2], *video, *audio;
static const struct publisher_address newcomer = { .number = 7 };

static int setup(void **state)
{
    video = make_video_config();
    audio = make_audio_config(48000);
    running[MEDIA_VIDEO] = make_video_config();
    running[MEDIA_AUDIO] = make_audio_config(48000);
    takeover_begin(&takeover, newcomer, 3, 1000);
    return 0;
}

static int teardown(void **state)
{
    takeover_clear(&takeover);
    codec_config_unref(video);
    codec_config_unref(audio);
    codec_config_unref(running[MEDIA_VIDEO]);
    codec_config_unref(running[MEDIA_AUDIO]);
    return 0;
}

static enum takeover_verdict push(struct packet *packet)
{
    enum takeover_verdict verdict = takeover_push(&takeover, packet, running);

    packet_unref(packet);
    return verdict;
}

static void is_ready_with_its_first_idr(void **state)
{
    assert_int_equal(push(make_picture(video, 0, false, 100)), TAKEOVER_WAITING);
    assert_int_equal(push(make_sound(audio, 0, 20)), TAKEOVER_WAITING);
    assert_int_equal(push(make_picture(video, SECOND, true, 100)), TAKEOVER_READY);
    assert_int_equal(packet_queue_count(&takeover.held), 1);
    assert_true(packet_queue_head(&takeover.held)->is_idr);
}

static void waits_for_sound_that_comes_behind_the_idr(void **state)
{
    assert_int_equal(push(make_picture(video, 0, true, 100)), TAKEOVER_WAITING);
    assert_int_equal(push(make_picture(video, SECOND / 2, false, 100)), TAKEOVER_WAITING);
    assert_int_equal(push(make_sound(audio, 0, 20)), TAKEOVER_READY);
    assert_int_equal(packet_queue_count(&takeover.held), 3);
}

static void sound_that_does_not_come_is_a_mismatch(void **state)
{
    assert_int_equal(push(make_picture(video, 0, true, 100)), TAKEOVER_WAITING);
    assert_int_equal(push(make_picture(video, SECOND, false, 100)), TAKEOVER_WAITING);
    assert_int_equal(push(make_picture(video, SECOND + 1, false, 100)), TAKEOVER_MISMATCH);
}

static void another_picture_size_is_a_mismatch(void **state)
{
    struct codec_config *small = make_small_video_config();

    assert_int_equal(push(make_picture(small, 0, true, 100)), TAKEOVER_MISMATCH);
    codec_config_unref(small);
}

static void another_sound_is_a_mismatch(void **state)
{
    struct codec_config *mono = make_audio_config(44100);

    assert_int_equal(push(make_sound(mono, 0, 20)), TAKEOVER_MISMATCH);
    codec_config_unref(mono);
}

static void sound_where_none_runs_is_a_mismatch(void **state)
{
    codec_config_unref(running[MEDIA_AUDIO]);
    running[MEDIA_AUDIO] = NULL;
    assert_int_equal(push(make_sound(audio, 0, 20)), TAKEOVER_MISMATCH);
}

static void a_picture_alone_follows_a_picture_alone(void **state)
{
    codec_config_unref(running[MEDIA_AUDIO]);
    running[MEDIA_AUDIO] = NULL;
    assert_int_equal(push(make_picture(video, 0, true, 100)), TAKEOVER_READY);
}

static void holds_no_more_than_anybody_needs(void **state)
{
    int count = 0;

    assert_int_equal(push(make_picture(video, 0, true, 100)), TAKEOVER_WAITING);
    while (push(make_picture(video, ++count, false, 100)) == TAKEOVER_WAITING)
        assert_true(count < 10000);
    assert_int_equal(count, 1024);
}

static void nobody_is_known_by_number_zero(void **state)
{
    assert_true(takeover_is_of(&takeover, newcomer));
    assert_false(takeover_is_of(&takeover, (struct publisher_address){ .number = 8 }));
    takeover_clear(&takeover);
    assert_false(takeover_is_of(&takeover, newcomer));
    assert_false(takeover_is_of(&takeover, (struct publisher_address){ 0 }));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(is_ready_with_its_first_idr),
        TEST(waits_for_sound_that_comes_behind_the_idr),
        TEST(sound_that_does_not_come_is_a_mismatch),
        TEST(another_picture_size_is_a_mismatch),
        TEST(another_sound_is_a_mismatch),
        TEST(sound_where_none_runs_is_a_mismatch),
        TEST(a_picture_alone_follows_a_picture_alone),
        TEST(holds_no_more_than_anybody_needs),
        TEST(nobody_is_known_by_number_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
