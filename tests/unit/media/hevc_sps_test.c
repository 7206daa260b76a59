/* SPDX-License-Identifier: Apache-2.0 */
/* A set with every tool, and hostile ones; those of libx265 are read in hevc_config_test.c. */
#include "media/hevc_sps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/bit_writer.h"

/* Written by hand, and read field by field by ffmpeg's trace_headers: three temporal sub-layers, a
 * window, all scaling lists, PCM, reference picture sets (listed, predicted), long-term pictures,
 * all usability information but what concerns buffers. */
static const uint8_t all_tools[] = {
    0x42, 0x01, 0x05, 0x24, 0x08, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03,
    0x00, 0x78, 0xd0, 0x00, 0x24, 0x08, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00,
    0x00, 0x03, 0x00, 0x3c, 0x5a, 0xb0, 0x03, 0xc8, 0x80, 0x11, 0x26, 0x52, 0x89, 0x12, 0xd9, 0x65,
    0x72, 0xb9, 0x5e, 0x49, 0x12, 0xed, 0x34, 0xd3, 0x4d, 0x34, 0xd3, 0x4a, 0xad, 0xa6, 0x9a, 0x69,
    0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6,
    0x9a, 0x69, 0xa6, 0x9a, 0x69, 0x55, 0x88, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a,
    0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x55,
    0x62, 0x1a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6,
    0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9a, 0x69, 0xa6, 0x9e, 0xef, 0x62, 0x35, 0xad, 0xf4, 0x29,
    0x36, 0x0b, 0x09, 0x7f, 0xf8, 0x01, 0x40, 0x01, 0x0f, 0xa8, 0x48, 0x80, 0x4d, 0xb3, 0x4c, 0x85,
    0x80, 0x00, 0x01, 0xf4, 0x80, 0x00, 0x75, 0x30, 0x04,
};

static void reads_past_every_tool(void **state)
{
    char name[HEVC_CODEC_NAME_SIZE];
    struct hevc_sps sps;

    assert_int_equal(hevc_sps_parse(&sps, all_tools, sizeof(all_tools)), 0);
    assert_int_equal(sps.sub_layers, 3);
    assert_true(sps.is_temporal_id_nested);
    assert_int_equal(sps.chroma_format_idc, 2);
    assert_int_equal(sps.bit_depth_luma, 10);
    assert_int_equal(sps.bit_depth_chroma, 10);
    assert_int_equal(sps.width, 1920);
    assert_int_equal(sps.height, 1080);
    assert_int_equal(sps.sar_width, 40);
    assert_int_equal(sps.sar_height, 33);
    assert_int_equal(sps.colour.primaries, 9);
    assert_int_equal(sps.colour.transfer, 16);
    assert_int_equal(sps.colour.matrix, 9);
    assert_true(sps.fps > 59.94 && sps.fps < 59.9401);
    hevc_profile_codec_name(name, &sps.profile);
    assert_string_equal(name, "hvc1.4.10.H120.90");
}

#define VUI_AT 147 /* the byte where usability information begins, bit 1123 without the escapes */

/* Cut anywhere before the usability information it is none; behind that it counts as it is. */
static void withstands_every_cut(void **state)
{
    struct hevc_sps sps;

    for (size_t len = 0; len < sizeof(all_tools); len++) {
        uint8_t *copy = mem_dup(all_tools, len ? len : 1);
        int err = hevc_sps_parse(&sps, copy, len);

        assert_int_equal(err, len <= VUI_AT ? -EINVAL : 0);
        if (!err)
            assert_int_equal(sps.width, 1920);
        mem_free(copy);
    }
}

/* A Main profile set of one layer, up to the size. */
static void begin(struct bit_writer *w)
{
    memset(w, 0, sizeof(*w));
    put(w, 16, 0x4201);
    put(w, 8, 1); /* nested */
    put(w, 8, 1);
    for (int i = 0; i < 10; i++)
        put(w, 8, 0xff); /* nothing to escape */
    put(w, 8, 93);
    put_ue(w, 0);
    put_ue(w, 1); /* 4:2:0 */
}

static void put_size(struct bit_writer *w, uint32_t width, uint32_t height, const uint32_t *window)
{
    put_ue(w, width);
    put_ue(w, height);
    put(w, 1, window != NULL);
    for (int i = 0; window && i < 4; i++)
        put_ue(w, window[i]);
}

/* From the bit depths to the picture sets. */
static void put_tools(struct bit_writer *w)
{
    put_ue(w, 0);
    put_ue(w, 0);
    put_ue(w, 4);
    put(w, 1, 1);
    for (int i = 0; i < 9; i++)
        put_ue(w, 1);
    put(w, 4, 0); /* no scaling lists, partitions, offsets, PCM */
}

static int parse(struct bit_writer *w, struct hevc_sps *sps)
{
    size_t len = (w->bits + 7) / 8;
    uint8_t *copy = mem_dup(w->data, len);
    int err = hevc_sps_parse(sps, copy, len);

    mem_free(copy);
    return err;
}

static int parse_size(uint32_t width, uint32_t height, const uint32_t *window, struct hevc_sps *sps)
{
    struct bit_writer w;

    begin(&w);
    put_size(&w, width, height, window);
    put_tools(&w);
    put_ue(&w, 0); /* picture sets */
    put(&w, 4, 0); /* no long-term pictures */
    put(&w, 2, 1); /* nor usability information */
    return parse(&w, sps);
}

static void holds_sizes_to_the_highest_level(void **state)
{
    struct hevc_sps sps;

    assert_int_equal(parse_size(16888, 8, NULL, &sps), 0);
    assert_int_equal(sps.width, 16888);
    assert_int_equal(parse_size(16889, 8, NULL, &sps), -EINVAL);
    assert_int_equal(parse_size(8, UINT32_MAX - 1, NULL, &sps), -EINVAL);
    assert_int_equal(parse_size(0, 8, NULL, &sps), -EINVAL);
    assert_int_equal(parse_size(8, 0, NULL, &sps), -EINVAL);
}

static void refuses_to_crop_everything_away(void **state)
{
    static const uint32_t windows[][4] = {
        { 4, 0, 0, 0 },
        { 2, 2, 0, 0 },
        { 0, 0, 0, 4 },
        { UINT32_MAX - 1, 3, 0, 0 },
    };
    static const uint32_t some[4] = { 1, 2, 0, 1 };
    struct hevc_sps sps;

    assert_int_equal(parse_size(8, 8, some, &sps), 0);
    assert_int_equal(sps.width, 2);
    assert_int_equal(sps.height, 6);
    for (size_t i = 0; i < ARRAY_LEN(windows); i++)
        assert_int_equal(parse_size(8, 8, windows[i], &sps), -EINVAL);
}

/* Numbers that steer loops, and ones behind them. */
static int parse_counts(const uint32_t *counts, int count)
{
    struct hevc_sps sps;
    struct bit_writer w;

    begin(&w);
    put_size(&w, 8, 8, NULL);
    put_tools(&w);
    for (int i = 0; i < count; i++)
        put_ue(&w, counts[i]);
    for (int i = 0; i < 32; i++)
        put(&w, 32, 0xffffffff);
    return parse(&w, &sps);
}
#define PARSE_COUNTS(...)                                                                          \
    parse_counts((const uint32_t[]){ __VA_ARGS__ }, ARRAY_LEN(((const uint32_t[]){ __VA_ARGS__ })))

static void holds_counts_to_their_limits(void **state)
{
    assert_int_equal(PARSE_COUNTS(0), 0);
    assert_int_equal(PARSE_COUNTS(65), -EINVAL); /* picture sets */
    assert_int_equal(PARSE_COUNTS(1, 8, 8), 0);  /* pictures before and behind */
    assert_int_equal(PARSE_COUNTS(1, 17, 0), -EINVAL);
    assert_int_equal(PARSE_COUNTS(1, 9, 8), -EINVAL);
    assert_int_equal(PARSE_COUNTS(1, 0, UINT32_MAX - 1), -EINVAL);
}

static void is_of_the_base_layer(void **state)
{
    uint8_t copy[sizeof(all_tools)];
    struct hevc_sps sps;

    memcpy(copy, all_tools, sizeof(copy));
    copy[1] |= 1 << 3;
    assert_int_equal(hevc_sps_parse(&sps, copy, sizeof(copy)), -EINVAL);
    copy[1] = 1;
    copy[0] = 32 << 1; /* a VPS */
    assert_int_equal(hevc_sps_parse(&sps, copy, sizeof(copy)), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_past_every_tool),
        cmocka_unit_test(withstands_every_cut),
        cmocka_unit_test(holds_sizes_to_the_highest_level),
        cmocka_unit_test(refuses_to_crop_everything_away),
        cmocka_unit_test(holds_counts_to_their_limits),
        cmocka_unit_test(is_of_the_base_layer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
