/* SPDX-License-Identifier: Apache-2.0 */
/* Our resampling beside libswscale's, whose kernel it shares. */
#include "transcode/bicubic.h"

#include <libswscale/swscale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "transcode/bicubic_axis.h"

#define GUARD 0xa5

struct plane {
    int width, height;
    int stride;
    uint8_t *data;
};

static struct plane make_plane(int width, int height)
{
    struct plane plane = { width, height, ((width + 15) & ~15) + 16, NULL };
    size_t size = (size_t)plane.stride * (size_t)height;

    plane.data = mem_alloc(size);
    memset(plane.data, GUARD, size);
    return plane;
}

/* Edges, slopes, a fine grid and a little noise. */
static void paint(struct plane *plane)
{
    unsigned seed = 7;

    for (int y = 0; y < plane->height; y++) {
        for (int x = 0; x < plane->width; x++) {
            int value = x * 200 / plane->width + ((x / 40 + y / 30) % 2 ? 40 : 0);
            seed = seed * 1103515245 + 12345;
            value += (int)(seed >> 28) + ((x ^ y) & 1 ? 0 : 20);
            plane->data[y * plane->stride + x] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
}

static void scale_with_libswscale(struct plane *out, const struct plane *in)
{
    struct SwsContext *sws =
        sws_getContext(in->width, in->height, AV_PIX_FMT_GRAY8, out->width, out->height,
                       AV_PIX_FMT_GRAY8, SWS_BICUBIC | SWS_ACCURATE_RND, NULL, NULL, NULL);
    const uint8_t *const from[] = { in->data };

    sws_scale(sws, from, &in->stride, 0, in->height, &out->data, &out->stride);
    sws_freeContext(sws);
}

static void compare(const struct plane *ours, const struct plane *theirs)
{
    long sum = 0;

    for (int y = 0; y < ours->height; y++) {
        for (int x = 0; x < ours->width; x++) {
            int difference =
                ours->data[y * ours->stride + x] - theirs->data[y * theirs->stride + x];
            assert_in_range(difference + 3, 0, 6);
            sum += abs(difference);
        }
    }
    assert_true(sum * 2 < (long)ours->width * ours->height);
}

static void check_guards(const struct plane *plane)
{
    for (int y = 0; y < plane->height; y++)
        for (int x = (plane->width + 15) & ~15; x < plane->stride; x++)
            assert_int_equal(plane->data[y * plane->stride + x], GUARD);
}

static void check_size(int in_width, int in_height, int out_width, int out_height)
{
    struct plane in = make_plane(in_width, in_height);
    struct plane ours = make_plane(out_width, out_height);
    struct plane theirs = make_plane(out_width, out_height);
    struct bicubic *b = bicubic_create(in_width, in_height, out_width, out_height);

    paint(&in);
    bicubic_scale(b, ours.data, ours.stride, in.data, in.stride);
    scale_with_libswscale(&theirs, &in);
    compare(&ours, &theirs);
    check_guards(&ours);
    bicubic_destroy(b);
    mem_free(in.data);
    mem_free(ours.data);
    mem_free(theirs.data);
}

static void agrees_with_libswscale(void **state)
{
    static const int sizes[][4] = {
        { 1920, 1080, 1280, 720 }, { 1280, 720, 852, 480 }, { 852, 480, 640, 360 },
        { 640, 360, 284, 160 },    { 320, 180, 142, 80 },   { 1080, 1920, 720, 1280 },
        { 1281, 723, 1274, 720 },  { 16, 16, 16, 16 },      { 17, 31, 16, 19 },
        { 1440, 1080, 212, 160 },  { 64, 1000, 40, 17 },    { 960, 540, 960, 540 },
    };

    if (!bicubic_is_supported())
        skip();
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        check_size(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
}

static void keeps_a_flat_plane_flat(void **state)
{
    if (!bicubic_is_supported())
        skip();
    for (int shade = 0; shade < 256; shade += 51) {
        struct plane in = make_plane(320, 180), out = make_plane(142, 80);
        struct bicubic *b = bicubic_create(320, 180, 142, 80);
        memset(in.data, shade, (size_t)in.stride * 180);
        bicubic_scale(b, out.data, out.stride, in.data, in.stride);
        for (int y = 0; y < 80; y++)
            for (int x = 0; x < 142; x++)
                assert_int_equal(out.data[y * out.stride + x], shade);
        bicubic_destroy(b);
        mem_free(in.data);
        mem_free(out.data);
    }
}

static void weighs_samples_inside_only(void **state)
{
    for (int in = 16; in < 200; in += 7) {
        for (int out = 16; out < 200; out += 5) {
            struct bicubic_axis axis;
            bicubic_axis_init(&axis, in, out, 16);
            assert_int_equal(axis.padded % 16, 0);
            for (int i = 0; i < axis.padded; i++) {
                int sum = 0;
                assert_true(axis.first[i] >= 0 && axis.first[i] + axis.taps <= in);
                assert_true(i == 0 || axis.first[i] >= axis.first[i - 1]);
                for (int k = 0; k < axis.taps; k++)
                    sum += axis.weights[i * axis.taps + k];
                assert_int_equal(sum, BICUBIC_ONE);
            }
            bicubic_axis_clear(&axis);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libswscale),
        cmocka_unit_test(keeps_a_flat_plane_flat),
        cmocka_unit_test(weighs_samples_inside_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
