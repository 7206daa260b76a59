/* SPDX-License-Identifier: Apache-2.0 */
/* The life of one broadcast with the clock in hand; ticks come from a real timer, so a test waits a
 * second for one at the most. */
#include "live/live_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "deliver/hls_server.h"
#include "live/event_log.h"
#include "media/multitrack.h"
#include "net/loop.h"
#include "packet_fixture.h"

#define CHANNEL_ARN "arn:aws:ivs:us-west-2:123456789012:channel/AbCdEfGhIjKl"
#define FRAME       3000 /* 30 fps */
#define SECOND_US   1000000

static struct loop *loop;
static struct hls_hub *hub;
static struct live_registry *registry;
static struct live_stream *stream;
static struct codec_config *video, *audio;
static int64_t dts;

static struct {
    enum publisher_verdict verdict;
    uint64_t number; /* of the last one who heard */
    char reason[128];
    uint64_t closed; /* number of the last one who was closed */
    int ends;
} seen;

static void on_verdict(struct publisher_address publisher, enum publisher_verdict verdict,
                       const char *reason, void *ctx)
{
    seen.verdict = verdict;
    if (verdict == PUBLISHER_CLOSED)
        seen.closed = publisher.number;
    seen.number = publisher.number;
    snprintf(seen.reason, sizeof(seen.reason), "%s", reason);
}

static void on_end(struct live_stream *ended, void *ctx)
{
    seen.ends++;
    live_stream_destroy(ended);
    stream = NULL;
}

static const struct live_stream_events events = { .on_verdict = on_verdict, .on_end = on_end };

static struct publisher_address encoder(uint64_t number)
{
    return (struct publisher_address){ .host = (struct live_host *)&loop, .number = number };
}

static int setup(void **state)
{
    static const struct live_channel channel = {
        .arn = CHANNEL_ARN,
        .id = "AbCdEfGhIjKl",
        .account = "123456789012",
        .region = "us-west-2",
        .type = "BASIC",
        .is_low_latency = true,
    };
    char stream_id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = (struct live_host *)&loop;
    struct live_stream_config config = { .channel = &channel,
                                         .stream_id = stream_id,
                                         .max_takeovers = 2 };
    struct hls_config hls = { .node = "test" };

    clock_set_fake(SECOND_US, FIXTURE_ARRIVAL_US);
    memset(&seen, 0, sizeof(seen));
    dts = 0;
    loop = loop_create(0);
    hub = hls_hub_create(&hls, &loop, 1);
    registry = live_registry_create(10);
    video = make_video_config();
    audio = make_audio_config(48000);
    live_claim(registry, CHANNEL_ARN, &host, stream_id);
    config.loop = loop;
    config.registry = registry;
    config.hub = hub;
    stream = live_stream_create(&config, &events, NULL);
    return 0;
}

static int teardown(void **state)
{
    live_stream_destroy(stream);
    hls_hub_stop(hub);
    loop_stop(loop);
    loop_destroy(loop);
    hls_hub_destroy(hub);
    live_registry_destroy(registry);
    codec_config_unref(video);
    codec_config_unref(audio);
    return 0;
}

/* Runs the loop until its timer has ticked at least once. */
static void tick(void)
{
    uint64_t until;

    uv_update_time(loop_uv(loop));
    until = uv_now(loop_uv(loop)) + 1100;
    while (uv_now(loop_uv(loop)) < until && !seen.ends)
        uv_run(loop_uv(loop), UV_RUN_ONCE);
}

/* Takes `packet`. */
static void hand_in(uint64_t number, struct packet *packet)
{
    live_stream_packet(stream, encoder(number), packet);
    packet_unref(packet);
}

/* `seconds` of 30 fps with an IDR each second, in real time. */
static void publish_tracks(uint64_t number, int seconds, bool with_sound)
{
    for (int i = 0; i < seconds * 30; i++, dts += FRAME) {
        hand_in(number, make_picture(video, dts, dts % (30 * FRAME) == 0, 100));
        if (with_sound)
            hand_in(number, make_sound(audio, dts, 20));
        clock_advance_us(SECOND_US / 30);
    }
}

static void publish(uint64_t number, int seconds)
{
    publish_tracks(number, seconds, true);
}

static void goes_on_air_with_its_first_whole_segment(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED);
    publish(1, 1);
    assert_false(live_get(registry, CHANNEL_ARN, NULL));
    publish(1, 2);
    assert_true(live_get(registry, CHANNEL_ARN, NULL));
}

static void refuses_a_second_encoder_while_the_first_is_active(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    publish(1, 3);
    live_stream_attach(stream, encoder(2), 0);
    assert_int_equal(seen.number, 2);
    assert_int_equal(seen.verdict, PUBLISHER_REFUSED);
    assert_non_null(strstr(seen.reason, "Another encoder"));
}

static void lets_a_silent_encoder_give_way(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    publish(1, 3);
    clock_advance_us(6 * SECOND_US);
    live_stream_attach(stream, encoder(2), 0);
    assert_int_equal(seen.number, 2);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED);
    publish(1, 1); /* the old one is not heard any more */
    assert_true(live_get(registry, CHANNEL_ARN, NULL));
}

static void waits_thirty_seconds_for_a_lost_encoder(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    publish(1, 3);
    live_stream_detach(stream, encoder(1), false);
    clock_advance_us(28 * SECOND_US);
    tick();
    assert_int_equal(seen.ends, 0);
    live_stream_attach(stream, encoder(2), 0);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED);
    live_stream_detach(stream, encoder(2), false);
    clock_advance_us(31 * SECOND_US);
    tick();
    assert_int_equal(seen.ends, 1);
    assert_false(live_is_busy(registry, CHANNEL_ARN));
}

static void ends_at_once_when_the_encoder_says_goodbye(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    publish(1, 3);
    live_stream_detach(stream, encoder(1), true);
    assert_int_equal(seen.ends, 1);
}

static void ends_after_48_hours(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    clock_advance_us(INT64_C(48) * 3600 * SECOND_US);
    publish(1, 1);
    tick();
    assert_int_equal(seen.ends, 1);
    assert_int_equal(seen.verdict, PUBLISHER_CLOSED);
    assert_non_null(strstr(seen.reason, "48 hours"));
}

static void sends_an_encoder_without_video_away(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    for (int i = 0; i < 11; i++) {
        hand_in(1, make_sound(audio, dts, 20));
        clock_advance_us(SECOND_US);
        dts += MEDIA_TIMESCALE;
    }
    tick();
    assert_int_equal(seen.ends, 1);
    assert_non_null(strstr(seen.reason, "No video"));
}

/* What stands behind it is built anew then, and waits for a whole GOP once more. */
static void goes_on_when_the_sound_begins_late(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    publish_tracks(1, 12, false);
    tick();
    hand_in(1, make_sound(audio, dts, 20));
    tick();
    assert_int_equal(seen.ends, 0);
    publish(1, 3);
    tick();
    assert_int_equal(seen.ends, 0);
}

static void reports_what_the_encoder_delivers(void **state)
{
    struct live_info info = { 0 };

    live_stream_attach(stream, encoder(1), 0);
    publish(1, 3);
    for (int i = 0; i < 20 && !info.measure.video_bps; i++) { /* a second tick would find nothing */
        uv_run(loop_uv(loop), UV_RUN_ONCE);
        assert_true(live_get(registry, CHANNEL_ARN, &info));
    }
    assert_in_range(info.measure.video_bps, 30 * 100 * 8 - 10, 30 * 100 * 8 + 10);
    assert_true(info.measure.fps > 29.9 && info.measure.fps < 30.1);
    assert_true(info.measure.keyframe_interval_s == 1.0);
}

/* --- takeover --- */

static void begin_broadcast(int64_t priority)
{
    live_stream_attach(stream, encoder(1), priority);
    publish(1, 3);
}

/* Another encoder with a clock of its own. */
static void take_over(uint64_t number, int64_t priority)
{
    live_stream_attach(stream, encoder(number), priority);
    dts += INT64_C(1000) * MEDIA_TIMESCALE;
    publish(number, 1);
}

static void assert_fails(uint64_t number, const char *code)
{
    assert_int_equal(seen.number, number);
    assert_int_equal(seen.verdict, PUBLISHER_REFUSED);
    assert_non_null(strstr(seen.reason, code));
    assert_int_equal(seen.closed, 0);
    publish(1, 1);
    assert_true(live_get(registry, CHANNEL_ARN, NULL));
}

static void a_priority_takes_over_from_one_without(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED);
    publish(1, 1); /* it goes on until the other's first IDR */
    assert_int_equal(seen.closed, 0);
    publish(2, 1);
    assert_int_equal(seen.closed, 1);
    assert_int_equal(seen.ends, 0);
}

static void only_a_higher_priority_takes_over(void **state)
{
    begin_broadcast(5);
    live_stream_attach(stream, encoder(2), 5);
    assert_fails(2, "StreamTakeoverInvalidPriority");
    live_stream_attach(stream, encoder(3), 4);
    assert_fails(3, "StreamTakeoverInvalidPriority");
    live_stream_attach(stream, encoder(4), 0);
    assert_fails(4, "Another encoder");
    live_stream_attach(stream, encoder(5), -1);
    assert_fails(5, "StreamTakeoverInvalidPriority");
    take_over(6, 6);
    assert_int_equal(seen.closed, 1);
}

static void one_who_was_taken_over_from_does_not_come_back(void **state)
{
    begin_broadcast(1);
    take_over(2, 2);
    assert_int_equal(seen.closed, 1);
    live_stream_attach(stream, encoder(3), 1);
    assert_int_equal(seen.verdict, PUBLISHER_REFUSED);
}

static void there_is_a_limit_of_takeovers(void **state)
{
    begin_broadcast(0);
    take_over(2, 1);
    take_over(3, 2);
    assert_int_equal(seen.closed, 2);
    live_stream_attach(stream, encoder(4), 3);
    assert_int_equal(seen.number, 4);
    assert_int_equal(seen.verdict, PUBLISHER_REFUSED);
    assert_non_null(strstr(seen.reason, "StreamTakeoverLimitBreached"));
}

static void other_media_do_not_take_over(void **state)
{
    struct codec_config *small = make_small_video_config();
    struct packet *picture = make_picture(small, dts, true, 100);

    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    live_stream_packet(stream, encoder(2), picture);
    assert_fails(2, "StreamTakeoverMediaMismatch");
    packet_unref(picture);
    codec_config_unref(small);
}

static void a_newcomer_without_a_picture_is_sent_away(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    publish(1, 11);
    tick();
    assert_fails(2, "StreamTakeoverMediaMismatch");
}

static void of_two_newcomers_the_higher_one_takes_over(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 2);
    live_stream_attach(stream, encoder(3), 1);
    assert_fails(3, "StreamTakeoverInvalidPriority");
    live_stream_attach(stream, encoder(4), 3);
    publish(2, 1);
    assert_int_equal(seen.closed, 0);
    publish(4, 1);
    assert_int_equal(seen.closed, 1);
}

static void a_newcomer_goes_on_when_the_running_encoder_leaves(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    live_stream_detach(stream, encoder(1), true);
    assert_int_equal(seen.ends, 0);
    publish(2, 2);
    live_stream_detach(stream, encoder(2), true);
    assert_int_equal(seen.ends, 1);
}

static void a_newcomer_that_leaves_changes_nothing(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    live_stream_detach(stream, encoder(2), true);
    publish(1, 1);
    assert_int_equal(seen.ends, 0);
    assert_int_equal(seen.closed, 0);
    take_over(3, 1);
    assert_int_equal(seen.closed, 1);
}

static void the_end_of_the_stream_is_the_end_of_a_newcomer(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    live_stream_stop(stream, "over");
    assert_int_equal(seen.closed, 2);
    assert_int_equal(seen.ends, 1);
}

static void a_priority_is_no_hindrance_within_the_grace(void **state)
{
    begin_broadcast(5);
    live_stream_detach(stream, encoder(1), false);
    live_stream_attach(stream, encoder(2), 5);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED);
    publish(2, 1);
    assert_int_equal(seen.closed, 0);
}

/* --- several video tracks --- */

static const struct multitrack_config two_tracks = {
    2, { { 640, 360, 30, 1, 500 }, { 128, 96, 30, 1, 100 } }
};

static void a_takeover_needs_the_same_tracks(void **state)
{
    live_stream_attach(stream, encoder(1), 0);
    live_stream_tracks(stream, encoder(1), &two_tracks);
    publish(1, 3);
    live_stream_attach(stream, encoder(2), 1);
    live_stream_tracks(stream, encoder(2), &(struct multitrack_config){ 0 });
    assert_fails(2, "StreamTakeoverMediaMismatch");
    live_stream_attach(stream, encoder(3), 1);
    live_stream_tracks(stream, encoder(3), &two_tracks);
    assert_int_equal(seen.number, 3);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED);
}

/* The running encoder fell silent before its successor had a picture, and somebody else came. */
static void a_newcomer_does_not_take_over_what_has_other_tracks_now(void **state)
{
    begin_broadcast(0);
    live_stream_attach(stream, encoder(2), 1);
    clock_advance_us(6 * SECOND_US);
    live_stream_attach(stream, encoder(3), 0);
    live_stream_tracks(stream, encoder(3), &two_tracks);
    assert_int_equal(seen.number, 2);
    assert_int_equal(seen.verdict, PUBLISHER_REFUSED);
    assert_non_null(strstr(seen.reason, "StreamTakeoverMediaMismatch"));
}

static void a_fault_ends_the_session_with_its_code(void **state)
{
    struct arena *arena = arena_create();
    struct live_event *found;

    live_stream_attach(stream, encoder(1), 0);
    live_stream_tracks(stream, encoder(1), &two_tracks);
    publish(1, 1);
    live_stream_fault(stream, encoder(2), "NobodyHere");
    assert_int_equal(seen.ends, 0);
    live_stream_fault(stream, encoder(1), "InvalidMultitrackInputTrackCount");
    assert_int_equal(seen.ends, 1);
    assert_int_equal(seen.verdict, PUBLISHER_ACCEPTED); /* closing it is the caller's business */
    assert_false(live_is_busy(registry, CHANNEL_ARN));
    assert_true(event_log_list(live_registry_events(registry), arena, NULL, &found) > 0);
    assert_string_equal(found[0].name, "Session Ended");
    assert_string_equal(found[0].reason, "InvalidMultitrackInputTrackCount");
    arena_destroy(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_takeover_needs_the_same_tracks),
        TEST(a_newcomer_does_not_take_over_what_has_other_tracks_now),
        TEST(a_fault_ends_the_session_with_its_code),
        TEST(goes_on_air_with_its_first_whole_segment),
        TEST(refuses_a_second_encoder_while_the_first_is_active),
        TEST(lets_a_silent_encoder_give_way),
        TEST(waits_thirty_seconds_for_a_lost_encoder),
        TEST(ends_at_once_when_the_encoder_says_goodbye),
        TEST(ends_after_48_hours),
        TEST(sends_an_encoder_without_video_away),
        TEST(goes_on_when_the_sound_begins_late),
        TEST(reports_what_the_encoder_delivers),
        TEST(a_priority_takes_over_from_one_without),
        TEST(only_a_higher_priority_takes_over),
        TEST(one_who_was_taken_over_from_does_not_come_back),
        TEST(there_is_a_limit_of_takeovers),
        TEST(other_media_do_not_take_over),
        TEST(a_newcomer_without_a_picture_is_sent_away),
        TEST(of_two_newcomers_the_higher_one_takes_over),
        TEST(a_newcomer_goes_on_when_the_running_encoder_leaves),
        TEST(a_newcomer_that_leaves_changes_nothing),
        TEST(the_end_of_the_stream_is_the_end_of_a_newcomer),
        TEST(a_priority_is_no_hindrance_within_the_grace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
