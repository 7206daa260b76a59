/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void reads_zeroes_after_the_end(void **state)
{
    static const uint8_t data[] = { 1, 2, 3 };
    struct reader r;

    reader_init(&r, data, sizeof(data));
    assert_int_equal(read_u16(&r), 0x0102);
    assert_int_equal(read_u16(&r), 0);
    assert_int_equal(read_u8(&r), 0); /* sticky, though one byte was left */
    assert_int_equal(reader_err(&r), -ENODATA);
}

static void reads_both_byte_orders(void **state)
{
    static const uint8_t data[] = { 1, 2, 3, 4, 1, 2, 3, 4 };
    struct reader r;

    reader_init(&r, data, sizeof(data));
    assert_int_equal(read_u32(&r), 0x01020304);
    assert_int_equal(read_u32le(&r), 0x04030201);
    reader_init(&r, data, sizeof(data));
    assert_int_equal(read_u16le(&r), 0x0201);
    read_skip(&r, 2);
    assert_int_equal(reader_err(&r), 0);
    reader_init(&r, data, sizeof(data));
    assert_true(read_u64le(&r) == 0x0403020104030201);
    assert_int_equal(reader_err(&r), 0);
}

/* The table of ISO/IEC 14496-10, 9.1: 1 010 011 00100 00101 */
static void reads_exp_golomb(void **state)
{
    static const uint8_t data[] = { 0xa6, 0x42, 0x80 };
    struct bit_reader r;

    bit_reader_init(&r, data, sizeof(data));
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(read_ue(&r), i);
    assert_int_equal(r.err, 0);
}

static void ends_a_code_word_that_never_ends(void **state)
{
    static const uint8_t data[16] = { 0 };
    struct bit_reader r;

    bit_reader_init(&r, data, sizeof(data));
    assert_int_equal(read_ue(&r), 0);
    assert_int_equal(r.err, -ENODATA);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_zeroes_after_the_end),
        cmocka_unit_test(reads_both_byte_orders),
        cmocka_unit_test(reads_exp_golomb),
        cmocka_unit_test(ends_a_code_word_that_never_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
