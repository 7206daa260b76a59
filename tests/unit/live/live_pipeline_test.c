/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of several video tracks in, playlists out: what viewers of each rendition are told. */
#include "live/live_pipeline.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "deliver/hls_server.h"
#include "live/live_channel.h"
#include "media/multitrack.h"
#include "net/loop.h"
#include "tests/unit/deliver/fake_exchange.h"
#include "tests/unit/packet_fixture.h"

#define FRAME        3000 /* 30 fps */
#define MULTIVARIANT "/api/video/v1/us-west-2.123456789012.channel.AbCdEfGhIjKl.m3u8"

static const struct multitrack_config two_tracks = {
    2, { { 640, 360, 30, 1, 500 }, { 128, 96, 30, 1, 100 } }
};

static struct loop *loop;
static struct hls_hub *hub;
static struct live_pipeline *pipeline;
static struct codec_config *large, *small, *audio;
static int64_t dts;
static char text[64 * 1024];

static void on_air(void *ctx)
{
}

static void on_failed(const char *reason, void *ctx)
{
    fail_msg("%s", reason);
}

static int setup(void **state)
{
    static const struct live_channel channel = {
        .id = "AbCdEfGhIjKl",
        .account = "123456789012",
        .region = "us-west-2",
        .type = "STANDARD",
        .is_low_latency = true,
        .is_fmp4 = true,
    };
    static const struct live_pipeline_events events = { .on_air = on_air,
                                                        .on_transcode_failed = on_failed };
    struct live_pipeline_config config = { .channel = &channel, .stream_id = "st-1", .tag = "t" };
    struct hls_config hls = { .node = "test" };

    clock_set_fake(1000000, FIXTURE_ARRIVAL_US);
    dts = 0;
    loop = loop_create(0);
    hub = hls_hub_create(&hls, &loop, 1);
    large = make_video_config();       /* 640x360 */
    small = make_small_video_config(); /* 128x96 */
    audio = make_audio_config(48000);
    config.loop = loop;
    config.hub = hub;
    pipeline = live_pipeline_create(&config, &events, NULL);
    return 0;
}

static int teardown(void **state)
{
    live_pipeline_destroy(pipeline);
    hls_hub_stop(hub);
    loop_stop(loop);
    loop_destroy(loop);
    hls_hub_destroy(hub);
    codec_config_unref(large);
    codec_config_unref(small);
    codec_config_unref(audio);
    return 0;
}

/* Takes `packet`. */
static void push(struct packet *packet, int track)
{
    packet->track = track;
    assert_int_equal(live_pipeline_push(pipeline, packet), 0);
    packet_unref(packet);
}

enum { WITH_SOUND = 1, SECOND_TRACK = 2, SECOND_FIRST = 4 };

static void push_second(void)
{
    push(make_picture(small, dts, dts % (30 * FRAME) == 0, 50), 1);
}

static void publish(int seconds, int what)
{
    for (int i = 0; i < seconds * 30; i++, dts += FRAME) {
        if (what & SECOND_FIRST)
            push_second();
        push(make_picture(large, dts, dts % (30 * FRAME) == 0, 200), 0);
        if (what & WITH_SOUND)
            push(make_sound(audio, dts, 20), 0);
        if ((what & SECOND_TRACK) && !(what & SECOND_FIRST))
            push_second();
    }
}

static const char *get(const char *path)
{
    struct http_exchange *exchange = fake_exchange(path, "192.0.2.1", "test");

    for (int i = 0; i < 20; i++) /* what was posted may post again */
        uv_run(loop_uv(loop), UV_RUN_NOWAIT);
    assert_true(hls_server_handle(hls_hub_server(hub, 0), exchange, &exchange->request));
    assert_int_equal(exchange->status, 200);
    snprintf(text, sizeof(text), "%s", buf_str(&exchange->body));
    fake_exchange_destroy(exchange);
    return text;
}

/* All `name=value` attributes or tags of `playlist`, up to their commas. */
static const char *all(char out[4096], const char *playlist, const char *name)
{
    size_t len = 0;

    out[0] = '\0';
    for (const char *at = playlist; (at = strstr(at, name)); at++)
        len += (size_t)snprintf(out + len, 4096 - len, "%.*s ",
                                (int)strcspn(at + strlen(name), ",\n"), at + strlen(name));
    return out;
}

/* The media playlist of the rendition with that place in the multivariant one. */
static const char *get_variant(int index)
{
    const char *at = get(MULTIVARIANT);
    char path[256];

    for (int i = 0; i <= index; i++) {
        at = strstr(at, "\n/");
        assert_non_null(at);
        at++;
    }
    snprintf(path, sizeof(path), "%.*s", (int)strcspn(at, "\n"), at);
    return get(path);
}

static void assert_cut_alike(int segments)
{
    char found[4096], expected[4096];
    static const char *const names[] = { "#EXTINF:", "#EXT-X-PART:DURATION=" };

    assert_null(strstr(get_variant(1), "GAP"));
    for (int i = 0; i < 2; i++) {
        all(expected, get_variant(0), names[i]);
        assert_string_equal(all(found, get_variant(1), names[i]), expected);
    }
    all(found, get_variant(1), "#EXTINF:");
    assert_int_equal(strlen(found), (size_t)segments * strlen("1.00000 "));
}

static void makes_a_rendition_of_each_track(void **state)
{
    char found[4096];

    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(4, WITH_SOUND | SECOND_TRACK);
    assert_string_equal(all(found, get(MULTIVARIANT), "RESOLUTION="), "640x360 128x96 ");
    assert_string_equal(all(found, get(MULTIVARIANT), "GROUP-ID="), "\"360p30\" \"96p30\" ");
    assert_non_null(strstr(get(MULTIVARIANT), "avc1.42C01E,mp4a.40.2"));
    assert_non_null(strstr(get(MULTIVARIANT), "avc1.42D00B,mp4a.40.2"));
    assert_cut_alike(3);
}

/* The best track is HEVC, the other H.264. */
static void tells_each_tracks_codec(void **state)
{
    codec_config_unref(large);
    large = make_hevc_config();
    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(4, WITH_SOUND | SECOND_TRACK);
    assert_non_null(strstr(get(MULTIVARIANT), "hvc1.1.6.L63.90,mp4a.40.2"));
    assert_non_null(strstr(get(MULTIVARIANT), "avc1.42D00B,mp4a.40.2"));
    assert_cut_alike(3);
}

/* It never comes to the worker, which a single track goes to. */
static void takes_no_hevc_from_a_single_track(void **state)
{
    struct codec_config *hevc = make_hevc_config();
    struct packet *packet = make_picture(hevc, 0, true, 200);

    assert_int_equal(live_pipeline_push(pipeline, packet), -ENOTSUP);
    packet_unref(packet);
    codec_config_unref(hevc);
}

static void cuts_alike_whichever_track_comes_first(void **state)
{
    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(4, SECOND_TRACK | SECOND_FIRST);
    assert_cut_alike(3);
}

/* The encoder's threads need not be in step. */
static void cuts_a_track_alike_that_comes_late(void **state)
{
    live_pipeline_set_tracks(pipeline, &two_tracks);
    for (int i = 0; i < 4 * 30 + 15; i++, dts += FRAME) {
        if (i < 4 * 30) {
            push(make_picture(large, dts, i % 30 == 0, 200), 0);
            push(make_sound(audio, dts, 20), 0);
        }
        if (i >= 15)
            push(make_picture(small, dts - 15 * FRAME, (i - 15) % 30 == 0, 50), 1);
    }
    assert_cut_alike(3);
}

static void cuts_alike_without_sound(void **state)
{
    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(4, SECOND_TRACK);
    assert_cut_alike(3);
}

/* Half the pictures, the same cuts: the parts are whole numbers of both tracks' frames. */
static void cuts_a_slower_track_alike(void **state)
{
    static const struct multitrack_config slow = {
        2, { { 640, 360, 30, 1, 500 }, { 128, 96, 30, 2, 100 } }
    };

    live_pipeline_set_tracks(pipeline, &slow);
    for (int i = 0; i < 4 * 30; i++, dts += FRAME) {
        push(make_picture(large, dts, i % 30 == 0, 200), 0);
        if (i % 2 == 0)
            push_second();
    }
    assert_cut_alike(3);
}

static void another_encoder_brings_other_tracks(void **state)
{
    static const struct multitrack_config one = { 1, { { 640, 360, 30, 1, 500 } } };
    char found[4096];

    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(4, WITH_SOUND | SECOND_TRACK);
    live_pipeline_pause(pipeline);
    live_pipeline_resume(pipeline);
    live_pipeline_set_tracks(pipeline, &one);
    publish(3, WITH_SOUND | SECOND_TRACK); /* the second one is nobody's now */
    assert_string_equal(all(found, get(MULTIVARIANT), "RESOLUTION="), "640x360 ");
    assert_null(strstr(get_variant(0), "GAP"));
}

static void goes_on_behind_a_pause(void **state)
{
    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(3, WITH_SOUND | SECOND_TRACK);
    live_pipeline_pause(pipeline);
    live_pipeline_resume(pipeline);
    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(3, WITH_SOUND | SECOND_TRACK | SECOND_FIRST);
    assert_cut_alike(5);
    assert_non_null(strstr(get_variant(1), "#EXT-X-DISCONTINUITY\n"));
}

/* Nobody asked for it, and its first track has stopped: neither is fatal, nor held for ever. */
static void holds_no_more_than_it_may(void **state)
{
    int err = 0;

    live_pipeline_set_tracks(pipeline, &two_tracks);
    publish(2, SECOND_TRACK);
    for (int i = 0; i < 5000 && !err; i++) {
        struct packet *packet = make_picture(small, dts + i * 10, false, 50);

        packet->track = 1;
        err = live_pipeline_push(pipeline, packet);
        packet_unref(packet);
    }
    assert_int_equal(err, -EMSGSIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(makes_a_rendition_of_each_track),
        TEST(cuts_alike_whichever_track_comes_first),
        TEST(tells_each_tracks_codec),
        TEST(takes_no_hevc_from_a_single_track),
        TEST(cuts_a_track_alike_that_comes_late),
        TEST(cuts_alike_without_sound),
        TEST(cuts_a_slower_track_alike),
        TEST(another_encoder_brings_other_tracks),
        TEST(goes_on_behind_a_pause),
        TEST(holds_no_more_than_it_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
