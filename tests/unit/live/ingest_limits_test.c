/* SPDX-License-Identifier: Apache-2.0 */
#include "live/ingest_limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

static void allows_what_the_type_allows(void **state)
{
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send(30, 60, 8500000));
    ingest_limits_init(&limits, "BASIC", now_ms + dts / 90);
    assert_true(send(30, 30, 1500000));
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

static void limits_basic_by_its_picture(void **state)
{
    ingest_limits_init(&limits, "BASIC", now_ms);
    assert_false(send(30, 30, 2500000));
    assert_int_equal(found.limit, 1500000);
    config->video.width = 1280;
    config->video.height = 720;
    ingest_limits_init(&limits, "BASIC", now_ms + dts / 90);
    assert_true(send(30, 30, 2500000));
}

static void refuses_pictures_that_are_too_large(void **state)
{
    config->video.width = 2560;
    config->video.height = 1440;
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_false(send(1, 30, 1000000));
    assert_string_equal(found.unit, "total pixels");
    config->video.width = 600;
    config->video.height = 2000;
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_false(send(1, 30, 1000000));
    assert_string_equal(found.unit, "pixels per edge");
    assert_int_equal(found.exceeded_by, 80);
}

static void allows_portrait_full_hd(void **state)
{
    config->video.width = 1080;
    config->video.height = 1920;
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send(1, 30, 1000000));
}

static void refuses_more_than_sixty_frames(void **state)
{
    ingest_limits_init(&limits, "STANDARD", now_ms);
    assert_true(send(20, 60, 1000000));
    assert_false(send(20, 72, 1000000));
    assert_string_equal(found.name, "Ingest Framerate");
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
        PROMISE(allows_what_the_type_allows),
        PROMISE(ends_what_is_over_the_limit_for_long),
        PROMISE(limits_the_size_of_each_track),
        PROMISE(ends_what_is_over_the_limit_for_long),
        PROMISE(limits_the_bits_of_all_tracks_together),
        PROMISE(ends_what_is_over_the_limit_for_long),
        PROMISE(tolerates_a_spike_within_the_window),
        PROMISE(limits_basic_by_its_picture),
        PROMISE(refuses_pictures_that_are_too_large),
        PROMISE(allows_portrait_full_hd),
        PROMISE(refuses_more_than_sixty_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
