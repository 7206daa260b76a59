/* SPDX-License-Identifier: Apache-2.0 */
#include "media/access_unit.h"
#include "media/h264_nal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"

static int count_nals(const uint8_t *data, size_t len, int length_size, int *err)
{
    struct h264_nal nal;
    struct reader r;
    int count = 0;

    reader_init(&r, data, len);
    while (h264_next_nal(&r, length_size, &nal))
        count++;
    *err = reader_err(&r);
    return count;
}

static void walks_over_all_length_sizes(void **state)
{
    static const uint8_t one[] = { 2, 0x65, 1, 0, 1, 0x41 };
    static const uint8_t two[] = { 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41 };
    static const uint8_t four[] = { 0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x41 };
    int err;

    assert_int_equal(count_nals(one, sizeof(one), 1, &err), 2);
    assert_int_equal(err, 0);
    assert_int_equal(count_nals(two, sizeof(two), 2, &err), 2);
    assert_int_equal(err, 0);
    assert_int_equal(count_nals(four, sizeof(four), 4, &err), 2);
    assert_int_equal(err, 0);
}

static void ends_at_a_length_beyond_the_data(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 1, 0x65, 0xff, 0xff, 0xff, 0xff, 0x41 };
    int err;

    assert_int_equal(count_nals(data, sizeof(data), 4, &err), 1);
    assert_int_equal(err, -ENODATA);
}

static void walks_over_start_codes_of_both_lengths(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 1, 0x67, 0,    0, 3, 1, 0, 0, 1,
                                    9, 0, 0, 1, 0x65, 0xaa, 0, 0, 0, 0, 0, 1 };
    struct h264_nal nal;
    struct reader r;

    reader_init(&r, data, sizeof(data));
    assert_true(h264_next_annexb_nal(&r, &nal));
    assert_int_equal(nal.type, NAL_SPS);
    assert_int_equal(nal.len, 5);
    assert_true(h264_next_annexb_nal(&r, &nal));
    assert_int_equal(nal.type, NAL_AUD);
    assert_true(h264_next_annexb_nal(&r, &nal));
    assert_int_equal(nal.type, NAL_IDR);
    assert_int_equal(nal.len, 2); /* without the zeroes behind */
    assert_false(h264_next_annexb_nal(&r, &nal));
}

/* delimiter, SPS, PPS, SEI, IDR, filler */
static const uint8_t key_unit[] = { 0, 0, 0, 1,    9,    0, 0, 0, 2, 0x67, 1,   0,
                                    0, 0, 2, 0x68, 2,    0, 0, 0, 2, 0x06, 3,   0,
                                    0, 0, 3, 0x65, 0x88, 4, 0, 0, 0, 1,    0x0c };

static void keeps_what_a_packet_carries(void **state)
{
    static const uint8_t kept[] = { 0, 0, 0, 2, 6, 3, 0, 0, 0, 3, 0x65, 0x88, 4 };
    struct access_unit unit;

    assert_int_equal(access_unit_read(&unit, VIDEO_H264, key_unit, sizeof(key_unit), 4), 0);
    assert_int_equal(unit.data->len, sizeof(kept));
    assert_memory_equal(unit.data->data, kept, sizeof(kept));
    assert_true(unit.is_idr);
    assert_int_equal(unit.set_count, 2);
    assert_int_equal(unit.sets[0].type, NAL_SPS);
    assert_int_equal(unit.sets[1].data[1], 2);
    bytes_unref(unit.data);
}

/* FLV marks these as keyframes; decoding cannot start there for sure. */
static void tells_an_open_gop_picture_from_an_idr(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 2, 0x06, 3, 0, 0, 0, 3, 0x61, 0x88, 4 };
    struct access_unit unit;

    assert_int_equal(access_unit_read(&unit, VIDEO_H264, data, sizeof(data), 4), 0);
    assert_false(unit.is_idr);
    bytes_unref(unit.data);
}

static void has_nothing_to_show_without_a_slice(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 2, 0x67, 1, 0, 0, 0, 2, 0x68, 2 };
    struct access_unit unit;

    assert_int_equal(access_unit_read(&unit, VIDEO_H264, data, sizeof(data), 4), 0);
    assert_null(unit.data);
    assert_int_equal(unit.set_count, 2);
}

static void rewrites_start_codes_to_lengths(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 0x88, 4, 0, 0, 1, 0x65, 1 };
    static const uint8_t kept[] = { 0, 0, 0, 3, 0x65, 0x88, 4, 0, 0, 0, 2, 0x65, 1 };
    struct access_unit unit;

    assert_int_equal(access_unit_read_annexb(&unit, data, sizeof(data)), 0);
    assert_int_equal(unit.data->len, sizeof(kept));
    assert_memory_equal(unit.data->data, kept, sizeof(kept));
    bytes_unref(unit.data);
}

static void refuses_each_shortened_unit_or_reads_less(void **state)
{
    for (size_t len = 0; len < sizeof(key_unit); len++) {
        uint8_t *copy = mem_dup(key_unit, len);
        struct access_unit unit = { 0 };
        int err = access_unit_read(&unit, VIDEO_H264, copy, len, 4);

        assert_true(err == 0 || err == -EINVAL);
        bytes_unref(err ? NULL : unit.data);
        mem_free(copy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_over_all_length_sizes),
        cmocka_unit_test(ends_at_a_length_beyond_the_data),
        cmocka_unit_test(walks_over_start_codes_of_both_lengths),
        cmocka_unit_test(keeps_what_a_packet_carries),
        cmocka_unit_test(tells_an_open_gop_picture_from_an_idr),
        cmocka_unit_test(has_nothing_to_show_without_a_slice),
        cmocka_unit_test(rewrites_start_codes_to_lengths),
        cmocka_unit_test(refuses_each_shortened_unit_or_reads_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
