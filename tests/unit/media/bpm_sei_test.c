/* SPDX-License-Identifier: Apache-2.0 */
/* The messages are written here by hand, from their published description. */
#include "media/bpm_sei.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

#define TS  "\x0a\xec\xff\xe7\x52\x72\x4e\x2f\xa6\x2f\xd1\x9c\xd6\x1a\x93\xb5"
#define SM  "\xca\x60\xe7\x1c\x6a\x8b\x43\x88\xa3\x77\x15\x1d\xf7\xbf\x8a\xc2"
#define ERM "\xf1\xfb\xc1\xd5\x10\x1e\x4f\xb5\xa6\x1e\xb8\xce\x3c\x07\xb8\xc0"

#define STAMP                                                                                      \
    "\1\4"                                                                                         \
    "2024-05-31T12:26:03.591Z"                                                                     \
    "\0"
/* Three zero bytes do not stand in a NAL unit: 14496-10, 7.4.1. */
#define NUMBER "\0\0\3\0\x3c"
#define COUNTERS                                                                                   \
    "\2"                                                                                           \
    "\1" NUMBER "\2"                                                                               \
    "\0\0\3\0\0"                                                                                   \
    "\3"                                                                                           \
    "\3" NUMBER

static struct buf unit;

static int setup(void **state)
{
    buf_init(&unit, 4096);
    return 0;
}

static int teardown(void **state)
{
    buf_clear(&unit);
    return 0;
}

static void add_nal(const void *data, size_t len)
{
    buf_append_u32(&unit, (uint32_t)len);
    buf_append(&unit, data, len);
}
#define ADD_NAL(text) add_nal(text, sizeof(text) - 1)

/* `size` is what the payload has without the bytes against start codes. */
static void add_sei(int size, const void *payload, size_t len)
{
    buf_append_u32(&unit, (uint32_t)len + 4);
    buf_append(&unit, "\6\5", 2);
    buf_append_u8(&unit, (uint8_t)size);
    buf_append(&unit, payload, len);
    buf_append_u8(&unit, 0x80);
}
#define ADD_SEI(escapes, text) add_sei(sizeof(text) - 1 - (escapes), text, sizeof(text) - 1)

static unsigned find(void)
{
    return bpm_sei_find(VIDEO_H264, unit.data, unit.len);
}

static void finds_all_three_before_an_idr(void **state)
{
    ADD_SEI(0, TS "\1" STAMP "\1\1"
                  "2024-05-31T12:26:03.500Z\0");
    assert_int_equal(find(), BPM_TIMESTAMPS);
    ADD_SEI(4, SM "\0" STAMP COUNTERS);
    assert_int_equal(find(), BPM_TIMESTAMPS | BPM_SESSION);
    ADD_SEI(4, ERM "\0" STAMP COUNTERS);
    ADD_NAL("\x65slice");
    assert_int_equal(find(), BPM_ALL);
}

static void takes_every_kind_of_timestamp(void **state)
{
    ADD_SEI(0, TS "\2"
                  "\2\1"
                  "\1\2\3\4\5\6\7\x8"
                  "\3\2"
                  "\xff\xff\xff\xff\xff\xff\xff\xff" STAMP);
    assert_int_equal(find(), BPM_TIMESTAMPS);
}

static void looks_only_in_front_of_the_picture(void **state)
{
    ADD_NAL("\x65slice");
    ADD_SEI(0, TS "\0" STAMP);
    assert_int_equal(find(), 0);
}

static void passes_over_other_messages(void **state)
{
    ADD_NAL("\6\4\3abc\x80"); /* captions */
    ADD_NAL("\6\5\x10"
            "0123456789abcdef\x80");                 /* x264 tells its settings like this */
    ADD_NAL("\6\x06\1x\5\x2c" TS "\0" STAMP "\x80"); /* two messages in a unit */
    assert_int_equal(find(), BPM_TIMESTAMPS);
}

static void believes_no_broken_message(void **state)
{
    ADD_SEI(0, TS);            /* nothing behind the UUID */
    ADD_SEI(0, TS "\1" STAMP); /* one of two timestamps */
    ADD_SEI(0, TS "\0\1\4"
                  "no end");
    ADD_SEI(0, TS "\0\7\4"
                  "12345678");               /* a type that nobody defined */
    ADD_SEI(0, TS "\x10\1\4x\0");            /* the reserved bits are zero */
    ADD_SEI(1, SM "\0" STAMP "\3\1" NUMBER); /* one of four counters */
    ADD_SEI(0, SM "\0" STAMP);
    ADD_NAL("\6\5\xff\xff");
    ADD_NAL("\6");
    assert_int_equal(find(), 0);
}

/* A prefix SEI; a suffix SEI, and what stands behind the picture, do not count. */
static void finds_them_in_hevc(void **state)
{
    ADD_NAL("\x50\1\5\x2c" TS "\0" STAMP "\x80");
    assert_int_equal(bpm_sei_find(VIDEO_HEVC, unit.data, unit.len), 0);
    ADD_NAL("\x4e\1\5\x2c" TS "\0" STAMP "\x80");
    assert_int_equal(bpm_sei_find(VIDEO_HEVC, unit.data, unit.len), BPM_TIMESTAMPS);
    assert_int_equal(find(), 0);
    buf_reset(&unit);
    ADD_NAL("\x4e");
    ADD_NAL("\x28\1slice");
    ADD_NAL("\x4e\1\5\x2c" TS "\0" STAMP "\x80");
    assert_int_equal(bpm_sei_find(VIDEO_HEVC, unit.data, unit.len), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_all_three_before_an_idr, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_every_kind_of_timestamp, setup, teardown),
        cmocka_unit_test_setup_teardown(looks_only_in_front_of_the_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(passes_over_other_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(believes_no_broken_message, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_them_in_hevc, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
