/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/scaler.h"

#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A slope from left to right in luma, flat chroma. */
static AVFrame *make_frame(int width, int height, enum AVPixelFormat format)
{
    int chroma_rows = AV_CEIL_RSHIFT(height, av_pix_fmt_desc_get(format)->log2_chroma_h);
    AVFrame *frame = av_frame_alloc();

    frame->width = width;
    frame->height = height;
    frame->format = format;
    assert_int_equal(av_frame_get_buffer(frame, 0), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            frame->data[0][y * frame->linesize[0] + x] = (uint8_t)(16 + 200 * x / width);
    for (int p = 1; p < 3 && frame->data[p]; p++)
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

/* Chroma that grows by 8 a column; halved, its column 5 lies on the source's 10.25 if sited to the
 * left of its luma samples, on 10.5 if in their middle. */
static int chroma_at_column_5(enum AVChromaLocation location, struct scaler *s)
{
    AVFrame *in = make_frame(640, 360, AV_PIX_FMT_YUV420P), *out;
    int found;

    in->chroma_location = location;
    for (int y = 0; y < 180; y++)
        for (int x = 0; x < 28; x++)
            in->data[1][y * in->linesize[1] + x] = (uint8_t)(16 + 8 * x);
    out = scaler_scale(s, in);
    assert_int_equal(out->chroma_location, location);
    found = out->data[1][40 * out->linesize[1] + 5];
    av_frame_free(&in);
    av_frame_free(&out);
    return found;
}

static void keeps_chroma_where_it_is_sited(void **state)
{
    struct scaler *s = scaler_create(320, 180);

    assert_int_equal(chroma_at_column_5(AVCHROMA_LOC_UNSPECIFIED, s), 16 + 82);
    assert_int_equal(chroma_at_column_5(AVCHROMA_LOC_CENTER, s), 16 + 84);
    assert_int_equal(chroma_at_column_5(AVCHROMA_LOC_TOPLEFT, s), 16 + 82);
    assert_int_equal(chroma_at_column_5(AVCHROMA_LOC_TOP, s), 16 + 84);
    scaler_destroy(s);
}

static void takes_ten_bits_and_grey(void **state)
{
    AVFrame *deep = make_frame(640, 360, AV_PIX_FMT_YUV420P10);
    AVFrame *grey = make_frame(640, 360, AV_PIX_FMT_GRAY8);
    struct scaler *s = scaler_create(320, 180);
    AVFrame *out;

    for (int p = 0; p < 3; p++)
        for (int i = 0; i < deep->linesize[p] / 2 * (p ? 180 : 360); i++)
            ((uint16_t *)(void *)deep->data[p])[i] = (uint16_t)(4 * (50 + p));
    out = scaler_scale(s, deep);
    for (int p = 0; p < 3; p++)
        assert_int_equal(out->data[p][out->linesize[p] * 20 + 30], 50 + p);
    av_frame_free(&out);
    out = scaler_scale(s, grey);
    assert_in_range(out->data[0][160], 113, 119);
    assert_int_equal(out->data[1][out->linesize[1] * 89 + 159], 128);
    assert_int_equal(out->data[2][0], 128);
    av_frame_free(&out);
    av_frame_free(&deep);
    av_frame_free(&grey);
    scaler_destroy(s);
}

/* What a picture cropped on its left looks like. */
static void takes_rows_at_any_address(void **state)
{
    AVFrame *in = make_frame(640, 360, AV_PIX_FMT_YUV420P), *out;
    struct scaler *s = scaler_create(320, 180);

    for (int p = 0; p < 3; p++)
        in->data[p] += p ? 3 : 6;
    in->width -= 6;
    out = scaler_scale(s, in);
    assert_int_equal(out->data[0][0], in->data[0][0]);
    assert_in_range(out->data[1][3], 100, 102);
    av_frame_free(&in);
    av_frame_free(&out);
    scaler_destroy(s);
}

static void refuses_rgb(void **state)
{
    AVFrame *in = make_frame(640, 360, AV_PIX_FMT_GBRP);
    struct scaler *s = scaler_create(320, 180);

    assert_null(scaler_scale(s, in));
    av_frame_free(&in);
    scaler_destroy(s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(scales_down_a_cascade),
        cmocka_unit_test(passes_on_what_fits),
        cmocka_unit_test(takes_other_samplings_odd_sizes_and_changes),
        cmocka_unit_test(carries_colour_over),
        cmocka_unit_test(keeps_chroma_where_it_is_sited),
        cmocka_unit_test(takes_ten_bits_and_grey),
        cmocka_unit_test(takes_rows_at_any_address),
        cmocka_unit_test(refuses_rgb),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
