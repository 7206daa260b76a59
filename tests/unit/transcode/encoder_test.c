/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/encoder.h"

#include <errno.h>
#include <libavutil/frame.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "media/access_unit.h"
#include "media/packet.h"

static const struct encoder_config small = { "superfast", 320, 180, 400000, 30 };

/* Noise that no encoder gets below its bit rate. */
static AVFrame *make_frame(int width, int height)
{
    AVFrame *frame = av_frame_alloc();

    frame->width = width;
    frame->height = height;
    frame->format = AV_PIX_FMT_YUV420P;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    return frame;
}

static void fill(AVFrame *frame, unsigned seed)
{
    for (int p = 0; p < 3; p++)
        for (int i = 0; i < frame->linesize[p] * (p ? frame->height / 2 : frame->height); i++)
            frame->data[p][i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 20);
}

static void check_access_unit(const struct encoded *encoded)
{
    struct access_unit unit;

    assert_int_equal(access_unit_read(&unit, VIDEO_H264, encoded->data, encoded->len, 4), 0);
    assert_int_equal(unit.data->len, encoded->len); /* nothing that packets must not contain */
    assert_int_equal(unit.is_idr, encoded->is_idr);
    bytes_unref(unit.data);
}

static void starts_a_gop_only_where_told(void **state)
{
    AVFrame *frame = make_frame(320, 180);
    struct encoder *e;
    struct encoded encoded;

    assert_int_equal(encoder_create(&e, &small, frame), 0);
    for (int i = 0; i < 600; i++) {
        bool is_key = i == 0 || i == 77 || i == 400;
        fill(frame, (unsigned)i * (i % 50 == 0 ? 99991U : 1U)); /* with cuts in the scene */
        assert_int_equal(encoder_encode(e, frame, i * 3000, is_key, &encoded), 0);
        assert_int_equal(encoded.is_idr, is_key);
        check_access_unit(&encoded);
    }
    encoder_destroy(e);
    av_frame_free(&frame);
}

static void keeps_to_its_bit_rate(void **state)
{
    AVFrame *frame = make_frame(320, 180);
    struct encoder *e;
    struct encoded encoded;
    size_t second = 0, all = 0;

    assert_int_equal(encoder_create(&e, &small, frame), 0);
    for (int i = 0; i < 600; i++) {
        fill(frame, (unsigned)i);
        assert_int_equal(encoder_encode(e, frame, i * 3000, i % 60 == 0, &encoded), 0);
        second += encoded.len;
        all += encoded.len;
        if (i % 30 == 29) { /* a full buffer of one second may go out besides */
            assert_in_range(second * 8, 0, 2 * 400000);
            second = 0;
        }
    }
    assert_in_range(all * 8 / 20, 400000 * 9 / 10, 400000 * 11 / 10);
    encoder_destroy(e);
    av_frame_free(&frame);
}

static void says_what_the_pictures_are_like(void **state)
{
    AVFrame *frame = make_frame(320, 180);
    const struct video_config *video;
    struct encoder *e;

    frame->color_range = AVCOL_RANGE_JPEG;
    frame->color_primaries = AVCOL_PRI_BT2020;
    frame->color_trc = AVCOL_TRC_SMPTE2084;
    frame->colorspace = AVCOL_SPC_BT2020_NCL;
    frame->sample_aspect_ratio = (AVRational){ 4, 3 };
    assert_int_equal(encoder_create(&e, &small, frame), 0);
    video = &encoder_codec_config(e)->video;
    assert_int_equal(video->width, 320);
    assert_int_equal(video->height, 180);
    assert_int_equal(video->profile_idc, 77);
    assert_int_equal((int)video->fps, 30);
    assert_true(video->colour.is_full_range);
    assert_int_equal(video->colour.primaries, 9);
    assert_int_equal(video->colour.transfer, 16);
    assert_int_equal(video->colour.matrix, 9);
    assert_int_equal(video->sar_width, 4);
    assert_int_equal(video->sar_height, 3);
    encoder_destroy(e);
    av_frame_free(&frame);
}

static void knows_its_presets(void **state)
{
    struct encoder_config wrong = small;
    AVFrame *frame = make_frame(320, 180);
    struct encoder *e;

    assert_true(encoder_is_preset("superfast"));
    assert_false(encoder_is_preset("warp"));
    wrong.preset = "warp";
    assert_int_equal(encoder_create(&e, &wrong, frame), -EINVAL);
    av_frame_free(&frame);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_a_gop_only_where_told),
        cmocka_unit_test(keeps_to_its_bit_rate),
        cmocka_unit_test(says_what_the_pictures_are_like),
        cmocka_unit_test(knows_its_presets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
