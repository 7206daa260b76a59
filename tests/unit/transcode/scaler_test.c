/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/scaler.h"

#include <libavutil/frame.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A slope from left to right in luma, flat chroma. */
static AVFrame *make_frame(int width, int height, enum AVPixelFormat format)
{
    bool is_halved = format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P;
    int chroma_rows = is_halved ? (height + 1) / 2 : height;
    AVFrame *frame = av_frame_alloc();

    frame->width = width;
    frame->height = height;
    frame->format = format;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            frame->data[0][y * frame->linesize[0] + x] = (uint8_t)(16 + 200 * x / width);
    for (int p = 1; p < 3; p++)
        for (int i = 0; i < frame->linesize[p] * chroma_rows; i++)
            frame->data[p][i] = (uint8_t)(100 + p);
    return frame;
}

static void check_slope(const AVFrame *frame)
{
    for (int y = 0; y < frame->height; y += 7) {
        for (int x = 4; x < frame->width - 4; x++) {
            int expected = 16 + 200 * x / frame->width;
            int found = frame->data[0][y * frame->linesize[0] + x];
            assert_in_range(found + 3, expected, expected + 6);
        }
    }
    assert_in_range(frame->data[1][3], 100, 102);
    assert_in_range(frame->data[2][3], 101, 103);
}

static void scales_down_a_cascade(void **state)
{
    static const int sizes[][2] = { { 1280, 720 }, { 852, 480 }, { 640, 360 }, { 284, 160 } };
    AVFrame *larger = make_frame(1920, 1080, AV_PIX_FMT_YUV420P);

    for (size_t i = 0; i < 4; i++) {
        struct scaler *s = scaler_create(sizes[i][0], sizes[i][1]);
        AVFrame *scaled = scaler_scale(s, larger);
        assert_int_equal(scaled->width, sizes[i][0]);
        assert_int_equal(scaled->height, sizes[i][1]);
        check_slope(scaled);
        scaler_destroy(s);
        av_frame_free(&larger);
        larger = scaled;
    }
    av_frame_free(&larger);
}

static void passes_on_what_fits(void **state)
{
    AVFrame *in = make_frame(640, 360, AV_PIX_FMT_YUV420P), *out;
    struct scaler *s = scaler_create(640, 360);

    out = scaler_scale(s, in);
    assert_ptr_equal(out->data[0], in->data[0]);
    av_frame_free(&out);
    av_frame_free(&in);
    scaler_destroy(s);
}

static void takes_other_samplings_odd_sizes_and_changes(void **state)
{
    static const struct {
        int width, height;
        enum AVPixelFormat format;
    } inputs[] = {
        { 640, 360, AV_PIX_FMT_YUV444P }, { 853, 479, AV_PIX_FMT_YUV420P },
        { 360, 640, AV_PIX_FMT_YUV422P }, { 641, 361, AV_PIX_FMT_YUVJ420P },
        { 320, 180, AV_PIX_FMT_YUV420P },
    };
    struct scaler *s = scaler_create(320, 180);

    for (size_t i = 0; i < 5; i++) {
        AVFrame *in = make_frame(inputs[i].width, inputs[i].height, inputs[i].format);
        AVFrame *out = scaler_scale(s, in);
        assert_non_null(out);
        check_slope(out);
        assert_int_equal(out->format, AV_PIX_FMT_YUV420P);
        av_frame_free(&in);
        av_frame_free(&out);
    }
    scaler_destroy(s);
}

static void carries_colour_over(void **state)
{
    AVFrame *in = make_frame(640, 360, AV_PIX_FMT_YUVJ420P), *out;
    struct scaler *s = scaler_create(320, 180);

    in->color_primaries = AVCOL_PRI_BT709;
    in->color_trc = AVCOL_TRC_BT709;
    in->colorspace = AVCOL_SPC_BT709;
    in->sample_aspect_ratio = (AVRational){ 4, 3 };
    out = scaler_scale(s, in);
    assert_int_equal(out->color_range, AVCOL_RANGE_JPEG);
    assert_int_equal(out->color_primaries, AVCOL_PRI_BT709);
    assert_int_equal(out->color_trc, AVCOL_TRC_BT709);
    assert_int_equal(out->colorspace, AVCOL_SPC_BT709);
    assert_int_equal(out->sample_aspect_ratio.num, 4);
    check_slope(out); /* the range is a property: no sample is converted */
    av_frame_free(&in);
    av_frame_free(&out);
    scaler_destroy(s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_down_a_cascade),
        cmocka_unit_test(passes_on_what_fits),
        cmocka_unit_test(takes_other_samplings_odd_sizes_and_changes),
        cmocka_unit_test(carries_colour_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
