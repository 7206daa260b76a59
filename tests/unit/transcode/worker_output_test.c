/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side against a worker that somebody else has taken over. */
#include "transcode/worker_output.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/codec.h"

/* clang-format off */
/* x264's parameter sets of 320x240 Main, made by the ffmpeg program. */
static const uint8_t avcc_320x240[] = {
    0x01, 0x4d, 0x40, 0x0d, 0xff, 0xe1, 0x00, 0x18, 0x67, 0x4d, 0x40, 0x0d,
    0xec, 0xa0, 0xa0, 0xfd, 0x80, 0x88, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00,
    0x00, 0x03, 0x01, 0x90, 0x78, 0xa1, 0x4c, 0xb0, 0x01, 0x00, 0x05, 0x68,
    0xeb, 0xe3, 0xcb, 0x20,
};
/* clang-format on */

struct fixture {
    struct worker_output *output;
    struct packet *last;
    int packets, lost, stats;
};

static void on_packet(int output, struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    f->packets++;
    packet_unref(f->last);
    f->last = packet_ref(packet);
}

static void on_lost(int output, int64_t dts, void *ctx)
{
    struct fixture *f = ctx;

    f->lost++;
}

static void on_stats(const struct transcode_stats *stats, void *ctx)
{
    struct fixture *f = ctx;

    f->stats++;
}

static void setup(struct fixture *f)
{
    static const struct worker_output_events events = { on_packet, on_lost, on_stats };
    struct transcode_setup setup = {
        .preset = "superfast", .fps = 30, .video_count = 2, .audio_count = 1
    };

    setup.video[0] = (struct transcode_video){ 320, 240, 400000, 1 };
    setup.video[1] = (struct transcode_video){ 160, 120, 200000, 1 };
    setup.audio_bps[0] = 64000;
    *f = (struct fixture){ .output = worker_output_create(&setup, &events, f) };
    worker_output_note_source(f->output, 900000);
}

static void teardown(struct fixture *f)
{
    packet_unref(f->last);
    worker_output_destroy(f->output);
}

static int say(struct fixture *f, int type, const void *head, size_t head_len, const void *body,
               size_t body_len)
{
    uint8_t *data = mem_alloc(head_len + body_len);
    struct worker_frame frame = { type, data, head_len + body_len };
    int err;

    memcpy(data, head, head_len);
    memcpy(data + head_len, body, body_len);
    err = worker_output_take(f->output, &frame);
    mem_free(data);
    return err;
}

static int say_config(struct fixture *f, int output, enum media_kind kind, const void *data,
                      size_t len)
{
    struct link_config config = { .output = output, .kind = kind };
    uint8_t head[LINK_HEAD_MAX];

    return say(f, FRAME_OUT_CONFIG, head, link_config_write(head, &config), data, len);
}

static const uint8_t idr[] = { 0, 0, 0, 3, 0x65, 0x88, 0x84 };
static const uint8_t slice[] = { 0, 0, 0, 3, 0x41, 0x9a, 0x20 };

static int say_packet(struct fixture *f, int output, int64_t dts, int64_t pts, const void *data,
                      size_t len)
{
    struct link_packet packet = {
        .output = output,
        .kind = output < 2 ? MEDIA_VIDEO : MEDIA_AUDIO,
        .dts = dts,
        .pts = pts,
    };
    uint8_t head[LINK_HEAD_MAX];

    return say(f, FRAME_OUT_PACKET, head, link_packet_write(head, &packet), data, len);
}

static int say_video_config(struct fixture *f, int output)
{
    return say_config(f, output, MEDIA_VIDEO, avcc_320x240, sizeof(avcc_320x240));
}

static void believes_what_fits(void **state)
{
    static const uint8_t asc[] = { 0x11, 0x90 };
    struct fixture f;

    setup(&f);
    assert_int_equal(say_video_config(&f, 0), 0);
    assert_int_equal(say_packet(&f, 0, 900000, 903000, idr, sizeof(idr)), 0);
    assert_int_equal(f.packets, 1);
    assert_true(f.last->is_idr);
    assert_int_equal(say_packet(&f, 0, 903000, 906000, slice, sizeof(slice)), 0);
    assert_false(f.last->is_idr);
    assert_int_equal(say_config(&f, 2, MEDIA_AUDIO, asc, sizeof(asc)), 0);
    assert_int_equal(say_packet(&f, 2, 900000, 900000, "sound", 5), 0);
    assert_int_equal(f.packets, 3);
    assert_int_equal(f.last->kind, MEDIA_AUDIO);
    teardown(&f);
}

static void keeps_the_pointer_of_an_equal_configuration(void **state)
{
    const struct codec_config *before;
    struct fixture f;

    setup(&f);
    say_video_config(&f, 0);
    say_packet(&f, 0, 900000, 900000, idr, sizeof(idr));
    before = f.last->config;
    say_video_config(&f, 0);
    say_packet(&f, 0, 903000, 903000, slice, sizeof(slice));
    assert_ptr_equal(f.last->config, before);
    teardown(&f);
}

static void refuses_configurations_that_were_not_asked_for(void **state)
{
    static const uint8_t rubbish[] = { 1, 2, 3, 4, 5, 6, 7 };
    struct fixture f;

    setup(&f);
    assert_int_equal(say_video_config(&f, 1), -EPROTO); /* another size */
    assert_int_equal(say_video_config(&f, 2), -EPROTO); /* pictures where sound should be */
    assert_int_equal(say_video_config(&f, 3), -EPROTO); /* no such output */
    assert_int_equal(say_config(&f, 0, MEDIA_VIDEO, rubbish, sizeof(rubbish)), -EPROTO);
    assert_int_equal(say_config(&f, 2, MEDIA_AUDIO, rubbish, 1), -EPROTO);
    teardown(&f);
}

static void refuses_packets_without_configuration(void **state)
{
    struct fixture f;

    setup(&f);
    assert_int_equal(say_packet(&f, 0, 900000, 900000, idr, sizeof(idr)), -EPROTO);
    teardown(&f);
}

static void refuses_times_from_elsewhere(void **state)
{
    static const int64_t wrong[][2] = {
        { 90000000, 90000000 },   { -90000000, -90000000 },     { INT64_MAX, INT64_MAX },
        { INT64_MIN, INT64_MIN }, { 900000, 900000 - 1 },       { 900000, INT64_MAX },
        { INT64_MIN, INT64_MAX }, { 900000, 900000 + 9000000 }, { -1, INT64_MAX },
    };
    struct fixture f;

    setup(&f);
    say_video_config(&f, 0);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(say_packet(&f, 0, wrong[i][0], wrong[i][1], idr, sizeof(idr)), -EPROTO);
    assert_int_equal(f.packets, 0);
    teardown(&f);
}

static void leaves_out_what_runs_backwards_or_starts_in_the_middle(void **state)
{
    struct fixture f;

    setup(&f);
    say_video_config(&f, 0);
    assert_int_equal(say_packet(&f, 0, 900000, 900000, slice, sizeof(slice)), 0);
    assert_int_equal(f.packets, 0);
    say_packet(&f, 0, 903000, 903000, idr, sizeof(idr));
    assert_int_equal(say_packet(&f, 0, 903000, 903000, slice, sizeof(slice)), 0);
    assert_int_equal(say_packet(&f, 0, 900000, 900000, slice, sizeof(slice)), 0);
    assert_int_equal(f.packets, 1);
    teardown(&f);
}

static void refuses_access_units_that_are_none(void **state)
{
    static const uint8_t beyond[] = { 0, 0, 1, 0, 0x65, 1 };
    static const uint8_t no_slice[] = { 0, 0, 0, 2, 0x06, 1 };
    struct fixture f;

    setup(&f);
    say_video_config(&f, 0);
    assert_int_equal(say_packet(&f, 0, 900000, 900000, beyond, sizeof(beyond)), -EPROTO);
    assert_int_equal(say_packet(&f, 0, 900000, 900000, no_slice, sizeof(no_slice)), -EPROTO);
    teardown(&f);
}

static void refuses_floods(void **state)
{
    size_t len = 1 << 20;
    uint8_t *large = mem_zalloc(len);
    struct fixture f;
    int err = 0;

    setup(&f);
    say_video_config(&f, 0);
    memcpy(large, "\x00\x0f\xff\xfc\x65\x88", 6);
    for (int i = 0; i < 100 && !err; i++)
        err = say_packet(&f, 0, 900000 + i, 900000 + i, large, len);
    assert_int_equal(err, -EPROTO);
    assert_in_range(f.packets, 1, 16);
    mem_free(large);
    teardown(&f);
}

static void tells_of_losses_and_waits_for_the_next_idr(void **state)
{
    struct transcode_lost lost = { .output = 0, .dts = 903000 };
    uint8_t head[LINK_HEAD_MAX];
    struct fixture f;

    setup(&f);
    say_video_config(&f, 0);
    say_packet(&f, 0, 900000, 900000, idr, sizeof(idr));
    assert_int_equal(say(&f, FRAME_OUT_LOST, head, transcode_lost_write(head, &lost), "", 0), 0);
    assert_int_equal(f.lost, 1);
    say_packet(&f, 0, 906000, 906000, slice, sizeof(slice));
    assert_int_equal(f.packets, 1);
    say_packet(&f, 0, 909000, 909000, idr, sizeof(idr));
    assert_int_equal(f.packets, 2);
    lost.output = 5;
    assert_int_equal(say(&f, FRAME_OUT_LOST, head, transcode_lost_write(head, &lost), "", 0),
                     -EPROTO);
    teardown(&f);
}

static void tells_of_a_loss_once(void **state)
{
    struct transcode_lost lost = { .output = 0, .dts = 903000 };
    uint8_t head[LINK_HEAD_MAX];
    struct fixture f;

    setup(&f);
    say_video_config(&f, 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(say(&f, FRAME_OUT_LOST, head, transcode_lost_write(head, &lost), "", 0),
                         0);
    assert_int_equal(f.lost, 1);
    say_packet(&f, 0, 906000, 906000, idr, sizeof(idr));
    say(&f, FRAME_OUT_LOST, head, transcode_lost_write(head, &lost), "", 0);
    assert_int_equal(f.lost, 2);
    teardown(&f);
}

static void refuses_swarms_of_small_packets(void **state)
{
    struct fixture f;
    int err = 0;

    setup(&f);
    say_video_config(&f, 0);
    for (int i = 0; i < 180000 && !err; i++)
        err = say_packet(&f, 0, 900000 + i, 900000 + i, idr, sizeof(idr));
    assert_int_equal(err, -EPROTO);
    teardown(&f);
}

static void refuses_frames_of_unknown_types(void **state)
{
    struct fixture f;

    setup(&f);
    for (int type = 0; type < 256; type++)
        if (type < FRAME_OUT_CONFIG || type > FRAME_STATS)
            assert_int_equal(say(&f, type, "", 0, "", 0), -EPROTO);
    teardown(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_what_fits),
        cmocka_unit_test(keeps_the_pointer_of_an_equal_configuration),
        cmocka_unit_test(refuses_configurations_that_were_not_asked_for),
        cmocka_unit_test(refuses_packets_without_configuration),
        cmocka_unit_test(refuses_times_from_elsewhere),
        cmocka_unit_test(leaves_out_what_runs_backwards_or_starts_in_the_middle),
        cmocka_unit_test(refuses_access_units_that_are_none),
        cmocka_unit_test(refuses_floods),
        cmocka_unit_test(tells_of_losses_and_waits_for_the_next_idr),
        cmocka_unit_test(tells_of_a_loss_once),
        cmocka_unit_test(refuses_swarms_of_small_packets),
        cmocka_unit_test(refuses_frames_of_unknown_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
