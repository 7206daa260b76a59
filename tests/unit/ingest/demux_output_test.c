/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of a demuxing worker that has been taken over. */
#include "ingest/demux_output.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct demux_output *output;
    int tracks, packets, refused;
    int64_t dts, pts;
    struct demux_stats lost;
};

static void on_tracks(const struct demux_tracks *tracks, void *ctx)
{
    struct fixture *f = ctx;

    f->tracks++;
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    f->packets++;
    f->dts = packet->dts;
    f->pts = packet->pts;
}

static void on_refused(enum demux_refusal refusal, void *ctx)
{
    struct fixture *f = ctx;

    f->refused++;
}

static void on_stats(const struct demux_stats *more, void *ctx)
{
    struct fixture *f = ctx;

    f->lost.losses += more->losses;
    f->lost.damaged += more->damaged;
}

static int setup(void **state)
{
    static const struct demux_output_events events = { on_tracks, on_packet, on_refused, on_stats };
    static struct fixture f;

    f = (struct fixture){ .packets = 0 };
    f.output = demux_output_create(&events, &f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    demux_output_destroy(f->output);
    return 0;
}

static int take(struct fixture *f, int type, const void *data, size_t len)
{
    return demux_output_take(f->output, &(struct worker_frame){ type, data, len });
}

/* Behind `head`, `len` bytes of `fill`. */
static int take_with_body(struct fixture *f, int type, const uint8_t *head, size_t head_len,
                          int fill, size_t len)
{
    static uint8_t frame[WORKER_PAYLOAD_MAX];

    memcpy(frame, head, head_len);
    memset(frame + head_len, fill, len);
    return take(f, type, frame, head_len + len);
}

static int send_config(struct fixture *f, int output)
{
    uint8_t frame[LINK_HEAD_MAX];
    struct link_config config = { .output = output, .kind = MEDIA_AUDIO };
    size_t len = link_config_write(frame, &config);

    memcpy(frame + len, (uint8_t[]){ 0x11, 0x90 }, 2); /* AAC LC, 48 kHz, stereo */
    return take(f, FRAME_DEMUX_CONFIG, frame, len + 2);
}

static int send_sound(struct fixture *f, int64_t dts, int64_t pts, size_t len)
{
    struct link_packet packet = { .kind = MEDIA_AUDIO, .dts = dts, .pts = pts };
    uint8_t head[LINK_HEAD_MAX];

    return take_with_body(f, FRAME_DEMUX_PACKET, head, link_packet_write(head, &packet), 0x21, len);
}

static void times_are_unwrapped_and_delays_bounded(void **state)
{
    const int64_t wrap = INT64_C(1) << DEMUX_TIME_BITS;
    struct fixture *f = *state;

    assert_int_equal(send_config(f, 0), 0);
    assert_int_equal(send_sound(f, wrap - 1920, wrap - 1920, 8), 0);
    assert_int_equal(send_sound(f, 0, 900, 8), 0);
    assert_true(f->dts == wrap && f->pts == wrap + 900);
    assert_int_equal(send_sound(f, 1920, 0, 8), 0); /* shown before it is decoded */
    assert_true(f->dts == wrap + 1920 && f->pts == f->dts);
    demux_output_restart(f->output);
    assert_int_equal(send_sound(f, 3840, 3840, 8), 0); /* of the next worker */
    assert_true(f->dts == wrap + 3840);
}

/* Half a day in each packet: the clock would come to where sums overflow. */
static void a_clock_that_runs_away_is_stopped(void **state)
{
    const int64_t leap = DEMUX_TIME_MASK / 2;
    struct fixture *f = *state;
    int count = 0;

    assert_int_equal(send_config(f, 0), 0);
    while (count < 10000) {
        demux_output_note_input(f->output, 188);
        if (send_sound(f, leap * count, leap * count, 8))
            break;
        assert_true(f->dts == leap * count);
        count++;
    }
    assert_true(f->dts > DEMUX_CLOCK_MAX / 2 && f->dts < DEMUX_CLOCK_MAX);
    demux_output_restart(f->output);
    assert_int_equal(send_sound(f, leap * count, leap * count, 8), -EPROTO);
}

static void a_packet_that_is_not_taken_moves_no_clock(void **state)
{
    const int64_t far = DEMUX_TIME_MASK / 3;
    struct fixture *f = *state;

    assert_int_equal(send_config(f, 0), 0);
    assert_int_equal(send_sound(f, 1920, 1920, 8), 0);
    assert_int_equal(send_sound(f, far, far, 9000), -EPROTO); /* no frame of AAC is so large */
    assert_int_equal(send_sound(f, 2 * far, 2 * far, 8), 0);
    assert_true(f->dts ==
                2 * far - DEMUX_TIME_MASK - 1); /* the way that is shorter from the first */
}

static void a_packet_needs_its_configuration(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(send_sound(f, 0, 0, 8), -EPROTO);
    assert_int_equal(send_config(f, 1), -EPROTO); /* there is one output */
    assert_int_equal(f->packets, 0);
}

static void media_must_have_been_in_the_stream(void **state)
{
    struct fixture *f = *state;
    int count = 0;

    assert_int_equal(send_config(f, 0), 0);
    while (count < 1000 && send_sound(f, 0, 0, 8000) == 0)
        count++;
    assert_in_range(count, 1, 8); /* 64 KiB in advance */
    demux_output_restart(f->output);
    demux_output_note_input(f->output, 80000);
    for (int i = 0; i < 20; i++)
        assert_int_equal(send_sound(f, 0, 0, 8000), 0);
}

static void configurations_are_counted(void **state)
{
    struct fixture *f = *state;
    int count = 0;

    while (count < 1000 && send_config(f, 0) == 0)
        count++;
    assert_in_range(count, 1, 100);
}

static void small_frames_are_counted(void **state)
{
    struct fixture *f = *state;
    uint8_t head[LINK_HEAD_MAX];
    size_t len;
    int count = 0;

    while (count < 1000) {
        struct demux_tracks tracks = { count % 2, true };

        len = demux_tracks_write(head, &tracks);
        if (take(f, FRAME_DEMUX_TRACKS, head, len))
            break;
        count++;
    }
    assert_in_range(count, 1, 100);
    assert_int_equal(take(f, FRAME_READY, NULL, 0), -EPROTO);
    assert_int_equal(f->tracks, count);
    demux_output_note_input(f->output, 188);
    assert_int_equal(take(f, FRAME_DEMUX_TRACKS, head, len), 0);
}

static void counters_do_not_run_backwards(void **state)
{
    struct fixture *f = *state;
    uint8_t head[LINK_HEAD_MAX];

    assert_int_equal(
        take(f, FRAME_DEMUX_STATS, head, demux_stats_write(head, &(struct demux_stats){ 3, 5 })),
        0);
    assert_int_equal(
        take(f, FRAME_DEMUX_STATS, head, demux_stats_write(head, &(struct demux_stats){ 4, 4 })),
        -EPROTO);
    demux_output_restart(f->output);
    assert_int_equal(
        take(f, FRAME_DEMUX_STATS, head, demux_stats_write(head, &(struct demux_stats){ 1, 1 })),
        0);
    assert_int_equal(f->lost.losses, 4);
    assert_int_equal(f->lost.damaged, 6);
}

static void nonsense_is_told(void **state)
{
    struct fixture *f = *state;
    uint8_t zero[64] = { 0 };

    assert_int_equal(take(f, FRAME_TS, zero, sizeof(zero)), -EPROTO);
    assert_int_equal(take(f, FRAME_DRAINED, NULL, 0), -EPROTO);
    assert_int_equal(take(f, FRAME_DEMUX_TRACKS, NULL, 0), -EPROTO);
    assert_int_equal(take(f, FRAME_DEMUX_REFUSED, zero, 1), -EPROTO); /* for no reason */
    assert_int_equal(take(f, FRAME_DEMUX_STATS, zero, 9), -EPROTO);
    assert_int_equal(take(f, FRAME_DEMUX_CONFIG, zero, 2), -EPROTO);
    assert_int_equal(take(f, FRAME_DEMUX_PACKET, zero, 27), -EPROTO);
    assert_int_equal(f->refused + f->packets + f->tracks, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(times_are_unwrapped_and_delays_bounded),
        TEST(a_clock_that_runs_away_is_stopped),
        TEST(a_packet_that_is_not_taken_moves_no_clock),
        TEST(a_packet_needs_its_configuration),
        TEST(media_must_have_been_in_the_stream),
        TEST(configurations_are_counted),
        TEST(small_frames_are_counted),
        TEST(counters_do_not_run_backwards),
        TEST(nonsense_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
