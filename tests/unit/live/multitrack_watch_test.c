/* SPDX-License-Identifier: Apache-2.0 */
#include "live/multitrack_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "packet_fixture.h"

#define FRAME 3000 /* 30 fps */

/* Three messages of broadcast performance metrics, without counters' values of any interest. */
static const char metrics[] = "\0\0\0\x1f\6\5\x1b"
                              "\x0a\xec\xff\xe7\x52\x72\x4e\x2f\xa6\x2f\xd1\x9c\xd6\x1a\x93\xb5"
                              "\0\2\1\1\1\1\1\1\1\1\1"
                              "\x80"
                              "\0\0\0\x25\6\5\x21"
                              "\xca\x60\xe7\x1c\x6a\x8b\x43\x88\xa3\x77\x15\x1d\xf7\xbf\x8a\xc2"
                              "\0\2\4\1\1\1\1\1\1\1\1\0\1\1\1\1\1"
                              "\x80"
                              "\0\0\0\x25\6\5\x21"
                              "\xf1\xfb\xc1\xd5\x10\x1e\x4f\xb5\xa6\x1e\xb8\xce\x3c\x07\xb8\xc0"
                              "\0\2\4\1\1\1\1\1\1\1\1\0\1\1\1\1\1"
                              "\x80";

static struct codec_config *large, *small;
static struct multitrack_watch watch;
static struct multitrack_fault fault;
static const struct multitrack_config two = {
    2, { { 640, 360, 30, 1, 500 }, { 128, 96, 30, 1, 100 } }
};

static int setup(void **state)
{
    large = make_video_config();       /* 640x360 */
    small = make_small_video_config(); /* 128x96 */
    multitrack_watch_init(&watch, &two, true);
    return 0;
}

static int teardown(void **state)
{
    codec_config_unref(large);
    codec_config_unref(small);
    return 0;
}

static struct packet *make(int track, int64_t dts, bool is_idr, size_t len)
{
    struct packet *picture = make_picture(track ? small : large, dts, is_idr, len);

    picture->track = track;
    return picture;
}

/* The picture behind metrics. Takes it. */
static struct packet *with_metrics(struct packet *picture)
{
    size_t before = sizeof(metrics) - 1;
    struct packet *packet =
        packet_create(picture->config, bytes_create(before + picture->data->len));

    memcpy(packet->data->data, metrics, before);
    memcpy(packet->data->data + before, picture->data->data, picture->data->len);
    packet->track = picture->track;
    packet->is_idr = picture->is_idr;
    packet->dts = picture->dts;
    packet->pts = picture->pts;
    packet_unref(picture);
    return packet;
}

static bool give(struct packet *packet)
{
    bool is_allowed = multitrack_watch_allow(&watch, packet, &fault);

    packet_unref(packet);
    return is_allowed;
}

static bool give_frame(int track, int64_t dts, bool is_idr)
{
    struct packet *picture = make(track, dts, is_idr, track ? 300 : 1500);

    return give(is_idr ? with_metrics(picture) : picture);
}

/* Both tracks, an IDR each second. */
static bool give_both(int64_t from, int frames)
{
    for (int i = 0; i < frames; i++, from += FRAME)
        for (int track = 0; track < 2; track++)
            if (!give_frame(track, from, from % (30 * FRAME) == 0))
                return false;
    return true;
}

static void allows_what_was_agreed(void **state)
{
    struct packet *sound = make_sound(large, 0, 10);

    sound->kind = MEDIA_AUDIO;
    assert_true(give(sound));
    assert_true(give_both(0, 30 * 25));
}

static void allows_either_track_to_come_first(void **state)
{
    for (int64_t dts = 0; dts < 90 * FRAME; dts += FRAME)
        for (int i = 0; i < 2; i++)
            assert_true(give_frame(dts / FRAME % 2 ? i : !i, dts, dts % (30 * FRAME) == 0));
}

static void assert_fault(const char *code, const char *detail)
{
    assert_string_equal(fault.code, code);
    assert_string_equal(fault.detail, detail);
}

static void wants_all_tracks_by_the_second_idr(void **state)
{
    for (int i = 0; i < 30; i++)
        assert_true(give_frame(0, i * FRAME, i == 0));
    assert_false(give_frame(0, 30 * FRAME, true));
    assert_fault(MULTITRACK_TRACK_COUNT, "track 1 does not come");
}

static void wants_no_other_tracks(void **state)
{
    assert_false(give_frame(2, 0, true));
    assert_fault(MULTITRACK_TRACK_COUNT, "track 2 of 2");
}

static void notices_a_track_that_stops(void **state)
{
    assert_true(give_both(0, 45));
    for (int i = 45; i < 60; i++)
        assert_true(give_frame(0, i * FRAME, i % 30 == 0));
    assert_true(give_frame(0, 60 * FRAME, true)); /* it may still come */
    for (int i = 61; i < 90; i++)
        assert_true(give_frame(0, i * FRAME, false));
    assert_false(give_frame(0, 90 * FRAME, true));
    assert_fault(MULTITRACK_TRACK_COUNT, "track 1 does not come");
}

static void wants_idrs_at_the_same_times(void **state)
{
    assert_true(give_frame(0, 0, true));
    assert_false(give_frame(1, FRAME, true));
    assert_fault(MULTITRACK_PROPERTIES, "IDRs of track 0 are at other times");

    multitrack_watch_init(&watch, &two, true);
    assert_true(give_both(0, 30));
    assert_true(give_frame(1, 31 * FRAME, true));
    assert_false(give_frame(0, 30 * FRAME, true));
    assert_fault(MULTITRACK_PROPERTIES, "IDRs of track 1 are at other times");
}

static void wants_metrics_before_each_idr(void **state)
{
    assert_true(give_both(0, 30));
    assert_true(give_frame(0, 30 * FRAME, true));
    assert_false(give(make(1, 30 * FRAME, true, 300)));
    assert_fault(MULTITRACK_PROPERTIES, "track 1 has an IDR without BPM SEI");
}

static void wants_the_agreed_sizes(void **state)
{
    struct packet *packet = make_picture(large, 0, false, 100);

    packet->track = 1;
    assert_false(give(packet));
    assert_fault(MULTITRACK_PROPERTIES, "track 1 is 640x360, not 128x96");
}

static void wants_the_agreed_codecs(void **state)
{
    struct codec_config *h264 = large;

    large = make_hevc_config();
    assert_false(give_frame(0, 0, true));
    assert_fault(MULTITRACK_PROPERTIES, "track 0 is H.265, not H.264");
    codec_config_unref(large);
    large = h264;
    watch.config.tracks[1].codec = VIDEO_HEVC;
    assert_true(give_frame(0, 0, true));
    assert_false(give_frame(1, 0, true));
    assert_fault(MULTITRACK_PROPERTIES, "track 1 is H.264, not H.265");
}

static void wants_the_agreed_rates(void **state)
{
    bool is_fine = true;
    int64_t dts;

    for (dts = 0; dts < 20 * MEDIA_TIMESCALE && is_fine; dts += FRAME / 2) {
        is_fine = give_frame(0, dts, dts % (30 * FRAME) == 0);
        if (is_fine && dts % FRAME == 0)
            is_fine = give_frame(1, dts, dts % (30 * FRAME) == 0);
    }
    assert_false(is_fine);
    assert_fault(MULTITRACK_PROPERTIES, "track 0 has 60.0 fps, not 30.00");
    assert_in_range(dts, 10 * MEDIA_TIMESCALE, 11 * MEDIA_TIMESCALE);

    multitrack_watch_init(&watch, &two, true);
    for (dts = 0, is_fine = true; dts < 20 * MEDIA_TIMESCALE && is_fine; dts += 2 * FRAME)
        for (int track = 0; track < 2 && is_fine; track++)
            is_fine = give_frame(track, dts, dts % (30 * FRAME) == 0);
    assert_false(is_fine);
    assert_fault(MULTITRACK_PROPERTIES, "track 0 has at most 15.0 fps, not 30.00");
}

static void forgives_frames_dropped_on_the_way(void **state)
{
    for (int i = 0; i < 30 * 25; i++)
        for (int track = 0; track < 2; track++)
            if (i % 30 < 10)
                assert_true(give_frame(track, i * FRAME, i % 30 == 0));
}

static void wants_the_agreed_bit_rates(void **state)
{
    bool is_fine = true;

    for (int i = 0; i < 30 * 11 && is_fine; i++) {
        is_fine = give_frame(0, i * FRAME, i % 30 == 0);
        if (is_fine && i % 30 == 0)
            is_fine = give_frame(1, i * FRAME, true);
        else if (is_fine)
            is_fine = give(make(1, i * FRAME, false, 1000)); /* 240 kb/s */
    }
    assert_false(is_fine);
    assert_string_equal(fault.code, MULTITRACK_PROPERTIES);
    assert_non_null(strstr(fault.detail, "kb/s, not 100"));
}

static void tells_what_a_second_track_needs(void **state)
{
    static const struct multitrack_config none;

    multitrack_watch_init(&watch, &none, true);
    assert_true(give(make(0, 0, true, 100)));
    assert_false(give(make(1, 0, true, 100)));
    assert_string_equal(fault.code, MULTITRACK_KEY_REQUIRED);
    multitrack_watch_init(&watch, &none, false);
    assert_false(give(make(1, 0, true, 100)));
    assert_string_equal(fault.code, MULTITRACK_NOT_ALLOWED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(allows_what_was_agreed),
        TEST(allows_either_track_to_come_first),
        TEST(wants_all_tracks_by_the_second_idr),
        TEST(wants_no_other_tracks),
        TEST(notices_a_track_that_stops),
        TEST(wants_idrs_at_the_same_times),
        TEST(wants_metrics_before_each_idr),
        TEST(wants_the_agreed_sizes),
        TEST(wants_the_agreed_codecs),
        TEST(wants_the_agreed_rates),
        TEST(forgives_frames_dropped_on_the_way),
        TEST(wants_the_agreed_bit_rates),
        TEST(tells_what_a_second_track_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
