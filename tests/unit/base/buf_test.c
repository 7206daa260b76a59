/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void refuses_to_pass_its_ceiling(void **state)
{
    struct buf buf;

    buf_init(&buf, 8);
    assert_int_equal(buf_append(&buf, "12345678", 8), 0);
    assert_int_equal(buf_append_u8(&buf, '9'), -EMSGSIZE);
    assert_int_equal(buf.err, -EMSGSIZE);
    assert_string_equal(buf_str(&buf), "12345678");
    buf_clear(&buf);
}

static void writes_big_endian(void **state)
{
    static const uint8_t expected[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    struct buf buf;

    buf_init(&buf, 100);
    buf_append_u8(&buf, 0x01);
    buf_append_u16(&buf, 0x0203);
    buf_append_u24(&buf, 0x040506);
    buf_append_u32(&buf, 0x0708090a);
    assert_int_equal(buf.len, sizeof(expected));
    assert_memory_equal(buf.data, expected, sizeof(expected));
    buf_clear(&buf);
}

static void writes_little_endian(void **state)
{
    static const uint8_t expected[] = { 2, 1, 6, 5, 4, 3, 14, 13, 12, 11, 10, 9, 8, 7 };
    struct buf buf;

    buf_init(&buf, 100);
    buf_append_u16le(&buf, 0x0102);
    buf_append_u32le(&buf, 0x03040506);
    buf_append_u64le(&buf, 0x0708090a0b0c0d0e);
    assert_int_equal(buf.len, sizeof(expected));
    assert_memory_equal(buf.data, expected, sizeof(expected));
    buf_clear(&buf);
}

static void consumes_from_the_front(void **state)
{
    struct buf buf;

    buf_init(&buf, 100);
    buf_printf(&buf, "%s-%d", "segment", 7);
    buf_consume(&buf, 8);
    assert_string_equal(buf_str(&buf), "7");
    buf_clear(&buf);
    assert_string_equal(buf_str(&buf), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_to_pass_its_ceiling),
        cmocka_unit_test(writes_big_endian),
        cmocka_unit_test(writes_little_endian),
        cmocka_unit_test(consumes_from_the_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
