/* SPDX-License-Identifier: Apache-2.0 */
#include "live/ingest_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "packet_fixture.h"

static struct codec_config *config;
static struct ingest_limits limits;
static struct limit_breach found;
static int64_t now_ms, dts;

static int setup(void **state)
{
    config = make_video_config(); /* 640x360 */
    now_ms = 1000;
    dts = 0;
    return 0;
}

static int teardown(void **state)
{
    codec_config_unref(config);
    return 0;
}

/* False as soon as a packet is not allowed. */
static bool send(int seconds, int fps, int64_t bps)
{
    bool is_fine = true;

    for (int i = 0; i < seconds * fps && is_fine; i++) {
        struct packet *packet = make_picture(config, dts, i == 0, (size_t)(bps / 8 / fps));
        is_fine = ingest_limits_allow(&limits, packet, now_ms + dts / 90, &found);
        packet_unref(packet);
        dts += MEDIA_TIMESCALE / fps;
    }
    return is_fine;
}

static const char *const types[] = { "BASIC", "STANDARD", "ADVANCED_SD", "ADVANCED_HD" };

static bool allows_picture(const char *type, int width, int height)
{
    struct packet *packet;
    bool is_fine;

    config->video.width = width;
    config->video.height = height;
    packet = make_picture(config, 0, true, 100);
    ingest_limits_init(&limits, type, now_ms);
    is_fine = ingest_limits_allow(&limits, packet, now_ms, &found);
    packet_unref(packet);
    return is_fine;
}

static void each_type_has_its_bit_rate(void **state)
{
    static const struct {
        const char *type;
        int width, height;
        int64_t bps;
    } cases[] = {
        { "BASIC", 854, 480, 1500000 },         { "BASIC", 480, 854, 1500000 },
        { "BASIC", 856, 482, 3500000 },         { "BASIC", 1920, 1080, 3500000 },
        { "STANDARD", 640, 360, 8500000 },      { "STANDARD", 1920, 1080, 8500000 },
        { "ADVANCED_SD", 640, 360, 8500000 },   { "ADVANCED_SD", 1920, 1080, 8500000 },
        { "ADVANCED_HD", 1080, 1920, 8500000 }, { "ADVANCED_HD", 640, 360, 8500000 },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        config->video.width = cases[i].width;
        config->video.height = cases[i].height;
        ingest_limits_init(&limits, cases[i].type, now_ms);
        assert_true(send(30, 60, cases[i].bps * 109 / 100)); /* a tenth is tolerated */
        assert_false(send(60, 60, cases[i].bps * 112 / 100));
        assert_string_equal(found.name, "Ingest Bitrate");
        assert_string_equal(found.unit, "bits per second");
        assert_int_equal(found.limit, cases[i].bps);
        assert_in_range(found.exceeded_by, cases[i].bps / 10, cases[i].bps * 13 / 100);
    }
}

static void each_type_has_the_same_picture_limits(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        assert_true(allows_picture(types[i], 1920, 1080));
        assert_true(allows_picture(types[i], 1080, 1920));
        assert_true(allows_picture(types[i], 1400, 1500)); /* 2,100,000 */
        assert_false(allows_picture(types[i], 1402, 1500));
        assert_string_equal(found.name, "Ingest Resolution");
        assert_string_equal(found.unit, "total pixels");
        assert_int_equal(found.limit, 2100000);
        assert_int_equal(found.exceeded_by, 3000);
        assert_false(allows_picture(types[i], 1922, 100));
        assert_string_equal(found.name, "Ingest Resolution");
        assert_string_equal(found.unit, "pixels per edge");
        assert_int_equal(found.limit, 1920);
        assert_int_equal(found.exceeded_by, 2);
        assert_false(allows_picture(types[i], 100, 1922));
        assert_int_equal(found.exceeded_by, 2);
    }
}

static void each_type_has_the_same_frame_rate(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        ingest_limits_init(&limits, types[i], now_ms);
        assert_true(send(20, 60, 1000000));
        assert_true(send(20, 61, 1000000));
        assert_false(send(20, 63, 1000000));
        assert_string_equal(found.name, "Ingest Framerate");
        assert_string_equal(found.unit, "frames per second");
        assert_int_equal(found.limit, 61);
        assert_in_range(found.exceeded_by, 1, 2);
    }
}

static void ends_what_is_over_the_limit_for_long(void **state)
{
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send(4, 30, 12000000));
    assert_false(send(10, 30, 12000000));
    assert_string_equal(found.name, "Ingest Bitrate");
    assert_int_equal(found.limit, 8500000);
    assert_in_range(found.exceeded_by, 3000000, 4000000);
}

static void tolerates_a_spike_within_the_window(void **state)
{
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send(10, 30, 6000000));
    assert_true(send(2, 30, 16000000));
    assert_true(send(10, 30, 6000000));
}

/* Sends `seconds` of media at `speed` times real time, beginning at `now_ms`. */
static bool send_at(double speed, int seconds, int64_t bps)
{
    bool is_fine = true;
    int64_t began_ms = now_ms;

    for (int i = 1; i <= seconds * 30 && is_fine; i++) {
        struct packet *packet = make_picture(config, dts, i == 1, (size_t)(bps / 8 / 30));

        is_fine = ingest_limits_allow(&limits, packet, now_ms, &found);
        packet_unref(packet);
        dts += MEDIA_TIMESCALE / 30;
        now_ms = began_ms + (int64_t)(i * 1000 / 30 / speed);
    }
    return is_fine;
}

/* A network that stood still hands on in a rush what the encoder made all the time. */
static void a_rush_after_a_stall_is_no_faster_encoder(void **state)
{
    for (int stall_s = 1; stall_s <= 25; stall_s += 4) {
        ingest_limits_init(&limits, "STANDARD", now_ms);
        assert_true(send_at(1, 20, 8400000));
        now_ms += stall_s * 1000;
        assert_true(send_at(10, stall_s, 8400000));
        assert_true(send_at(1, 20, 8400000));
        assert_false(send_at(1, 20, 10000000)); /* and is one that sends more */
    }
}

static void what_was_gathered_while_connecting_is_no_breach(void **state)
{
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send_at(100, 2, 8400000));
    assert_true(send_at(1, 20, 8400000));
}

static void media_ahead_of_time_counts_as_it_comes(void **state)
{
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send_at(2, 60, 4600000));
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_false(send_at(2, 60, 4900000));
    assert_in_range(found.exceeded_by, 900000, 1500000);
}

/* Whatever becomes of the timestamps. */
static void no_clock_gets_around_the_limit(void **state)
{
    static const int64_t steps[] = { 0, 1500, 2970, 6000, -3000, 90000000 };

    for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
        bool is_fine = true;

        ingest_limits_init(&limits, "STANDARD", now_ms);
        for (int i = 0; i < 60 * 30 && is_fine; i++, dts += steps[k], now_ms += 33) {
            struct packet *packet = make_picture(config, dts, i == 0, 12000000 / 8 / 30);

            is_fine = ingest_limits_allow(&limits, packet, now_ms, &found);
            packet_unref(packet);
        }
        assert_false(is_fine);
        assert_string_equal(found.name, "Ingest Bitrate");
    }
}

static bool allows_size(int width, int height, enum multitrack_resolution maximum)
{
    struct packet *packet;
    bool is_fine;

    config->video.width = width;
    config->video.height = height;
    packet = make_picture(config, 0, true, 100);
    ingest_limits_init_multitrack(&limits, maximum, now_ms);
    is_fine = ingest_limits_allow(&limits, packet, now_ms, &found);
    packet_unref(packet);
    return is_fine;
}

static void limits_the_size_of_each_track(void **state)
{
    assert_true(allows_size(864, 480, MULTITRACK_SD));
    assert_false(allows_size(864, 482, MULTITRACK_SD));
    assert_int_equal(found.limit, 414720);
    assert_false(allows_size(866, 400, MULTITRACK_SD));
    assert_string_equal(found.unit, "pixels per edge");
    assert_true(allows_size(720, 1280, MULTITRACK_HD));
    assert_false(allows_size(1282, 600, MULTITRACK_HD));
    assert_int_equal(found.limit, 1280);
    assert_false(allows_size(1280, 722, MULTITRACK_HD));
    assert_int_equal(found.limit, 921600);
    assert_true(allows_size(1920, 1088, MULTITRACK_FULL_HD));
    assert_false(allows_size(1920, 1094, MULTITRACK_FULL_HD));
}

/* Tracks of 60 frames a second each do not add up to more; their bits do. */
static bool send_tracks(int count, int64_t bps_each)
{
    bool is_fine = true;

    for (int i = 0; i < 20 * 60 && is_fine; i++, dts += MEDIA_TIMESCALE / 60)
        for (int track = 0; track < count && is_fine; track++) {
            struct packet *packet = make_picture(config, dts, i == 0, (size_t)(bps_each / 8 / 60));

            packet->track = track;
            is_fine = ingest_limits_allow(&limits, packet, now_ms + dts / 90, &found);
            packet_unref(packet);
        }
    return is_fine;
}

static void limits_the_bits_of_all_tracks_together(void **state)
{
    ingest_limits_init_multitrack(&limits, MULTITRACK_FULL_HD, now_ms);
    assert_true(send_tracks(3, 5000000));
    ingest_limits_init_multitrack(&limits, MULTITRACK_FULL_HD, now_ms + dts / 90);
    assert_false(send_tracks(4, 5000000));
    assert_string_equal(found.name, "Ingest Bitrate");
    assert_int_equal(found.limit, 15000000);
}

int main(void)
{
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest tests[] = {
        PROMISE(each_type_has_its_bit_rate),
        PROMISE(each_type_has_the_same_picture_limits),
        PROMISE(each_type_has_the_same_frame_rate),
        PROMISE(ends_what_is_over_the_limit_for_long),
        PROMISE(tolerates_a_spike_within_the_window),
        PROMISE(a_rush_after_a_stall_is_no_faster_encoder),
        PROMISE(what_was_gathered_while_connecting_is_no_breach),
        PROMISE(media_ahead_of_time_counts_as_it_comes),
        PROMISE(no_clock_gets_around_the_limit),
        PROMISE(limits_the_size_of_each_track),
        PROMISE(limits_the_bits_of_all_tracks_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
