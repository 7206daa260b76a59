/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile parameter sets; what well-formed ones say is tested in codec_test.c. */
#include "media/h264_sps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/bit_writer.h"

/* A Main profile set up to the size. */
static void begin(struct bit_writer *w)
{
    memset(w, 0, sizeof(*w));
    put(w, 8, 0x67);
    put(w, 8, 77);
    put(w, 8, 0);
    put(w, 8, 30);
    put_ue(w, 0); /* id */
    put_ue(w, 0); /* frame number */
    put_ue(w, 2); /* picture order: by decoding */
    put_ue(w, 1); /* references */
    put(w, 1, 0);
}

static void put_size(struct bit_writer *w, uint32_t width_mbs, uint32_t height_mbs)
{
    put_ue(w, width_mbs - 1);
    put_ue(w, height_mbs - 1);
    put(w, 1, 1); /* frames only */
    put(w, 1, 1);
}

static int parse(struct bit_writer *w, struct h264_sps *sps)
{
    size_t len = (w->bits + 7) / 8;
    uint8_t *copy = mem_dup(w->data, len);
    int err = h264_sps_parse(sps, copy, len);

    mem_free(copy);
    return err;
}

static void refuses_sizes_beyond_the_highest_level(void **state)
{
    struct h264_sps sps;
    struct bit_writer w;

    begin(&w);
    put_size(&w, 1055, 1);
    put(&w, 2, 0);
    put(&w, 1, 1);
    assert_int_equal(parse(&w, &sps), 0);
    assert_int_equal(sps.width, 1055 * 16);

    begin(&w);
    put_size(&w, 1056, 1);
    put(&w, 3, 1);
    assert_int_equal(parse(&w, &sps), -EINVAL);

    begin(&w);
    put_size(&w, UINT32_MAX, 1);
    put(&w, 3, 1);
    assert_int_equal(parse(&w, &sps), -EINVAL);
}

static void refuses_to_crop_everything_away(void **state)
{
    static const uint32_t crops[][4] = {
        { 8, 0, 0, 0 },
        { 4, 4, 0, 0 },
        { 0, 0, 0, 8 },
        { UINT32_MAX - 1, 3, 0, 0 },
        { 0, 0, UINT32_MAX - 1, UINT32_MAX - 1 },
    };
    struct h264_sps sps;
    struct bit_writer w;

    for (size_t i = 0; i < ARRAY_LEN(crops); i++) {
        begin(&w);
        put_size(&w, 1, 1);
        put(&w, 1, 1);
        for (int k = 0; k < 4; k++)
            put_ue(&w, crops[i][k]);
        put(&w, 2, 1);
        assert_int_equal(parse(&w, &sps), -EINVAL);
    }
}

/* 7.4.2.1.1: at most 255 offsets; more would let a set of a few bytes steer a loop of billions. */
static void holds_counts_to_their_limits(void **state)
{
    struct h264_sps sps;
    struct bit_writer w;

    memset(&w, 0, sizeof(w));
    put(&w, 8, 0x67);
    put(&w, 8, 77);
    put(&w, 16, 30);
    put_ue(&w, 0);
    put_ue(&w, 0);
    put_ue(&w, 1);
    put(&w, 3, 3);
    put_ue(&w, 256);
    put(&w, 32, 0xffffffff);
    assert_int_equal(parse(&w, &sps), -EINVAL);
}

static void takes_usability_information_as_far_as_it_goes(void **state)
{
    struct h264_sps sps;
    struct bit_writer w;

    begin(&w);
    put_size(&w, 40, 30);
    put(&w, 1, 0);  /* no cropping */
    put(&w, 1, 1);  /* usability information */
    put(&w, 1, 1);  /* aspect ratio */
    put(&w, 8, 14); /* 4:3 */
    put(&w, 1, 0);  /* overscan */
    put(&w, 1, 1);  /* video signal type, cut off */
    assert_int_equal(parse(&w, &sps), 0);
    assert_int_equal(sps.width, 640);
    assert_int_equal(sps.sar_width, 4);
    assert_int_equal(sps.colour.primaries, 0);
    assert_true(sps.fps == 0);
}

static void refuses_each_shortened_set(void **state)
{
    struct h264_sps sps;
    struct bit_writer w;

    begin(&w);
    put_size(&w, 40, 30);
    put(&w, 2, 0);
    put(&w, 1, 1);
    for (size_t len = 0; len < w.bits / 8; len++) {
        uint8_t *copy = mem_dup(w.data, len);

        assert_int_equal(h264_sps_parse(&sps, copy, len), -EINVAL);
        mem_free(copy);
    }
}

static void refuses_other_nal_units(void **state)
{
    static const uint8_t pps[] = { 0x68, 0xeb, 0xe3, 0xcb };
    struct h264_sps sps;

    assert_int_equal(h264_sps_parse(&sps, pps, sizeof(pps)), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_sizes_beyond_the_highest_level),
        cmocka_unit_test(refuses_to_crop_everything_away),
        cmocka_unit_test(holds_counts_to_their_limits),
        cmocka_unit_test(takes_usability_information_as_far_as_it_goes),
        cmocka_unit_test(refuses_each_shortened_set),
        cmocka_unit_test(refuses_other_nal_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
