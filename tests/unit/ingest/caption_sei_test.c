/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/caption_sei.h"

#include <errno.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int append(struct buf *out, const void *payload, size_t len)
{
    unsigned char base64[4 * CAPTION_MAX];
    int size = EVP_EncodeBlock(base64, payload, (int)len);

    return caption_sei_append(out, VIDEO_H264, (const char *)base64, (size_t)size);
}

/* One CEA-608 pair in CC1 ("resume caption loading"): A/53-4, tables 6.6 to 6.9. */
static const uint8_t sei[] = { 0,   0,   0,   18,   0x06, 0x04, 14,   0xb5, 0x00, 0x31, 'G',
                               'A', '9', '4', 0x03, 0x41, 0xff, 0xfc, 0x94, 0x20, 0xff, 0x80 };
#define PAYLOAD_AT 7

static void takes_every_form_of_captions(void **state)
{
    for (size_t missing = 0; missing <= 7; missing += missing ? 4 : 3) {
        struct buf out;

        buf_init(&out, 100);
        assert_int_equal(append(&out, sei + PAYLOAD_AT + missing, 14 - missing), 0);
        assert_int_equal(out.len, sizeof(sei));
        assert_memory_equal(out.data, sei, sizeof(sei));
        buf_clear(&out);
    }
}

/* H.264 7.4.1, and D.1: a payload of 255 bytes or more has its size in several. */
static void escapes_and_counts(void **state)
{
    static const uint8_t escaped[] = { 3, 0x41, 0, 0, 3, 1, 0, 0, 3, 0 };
    uint8_t captions[600] = { 3, 0x41, 0, 0, 1, 0, 0, 0 };
    struct buf out;

    buf_init(&out, 1000);
    memset(captions + 8, 0x55, sizeof(captions) - 8);
    assert_int_equal(append(&out, captions, sizeof(captions)), 0);
    assert_memory_equal(out.data + 4, "\x06\x04\xff\xff\x61\xb5", 6); /* 255 + 255 + 97 = 607 */
    assert_memory_equal(out.data + 16, escaped, sizeof(escaped));
    assert_int_equal(out.len, 4 + 1 + 4 + 607 + 2 + 1);
    buf_clear(&out);
}

static void refuses_what_is_no_captions(void **state)
{
    static const uint8_t other[] = { 1, 2, 3, 4, 5 };
    uint8_t huge[CAPTION_MAX + 1] = { 3 };
    struct buf out;

    buf_init(&out, 100);
    assert_int_equal(append(&out, other, sizeof(other)), -EINVAL);
    assert_int_equal(append(&out, sei + PAYLOAD_AT, 3), -EINVAL);
    assert_int_equal(append(&out, huge, sizeof(huge)), -EMSGSIZE);
    assert_int_equal(caption_sei_append(&out, VIDEO_H264, "", 0), -EINVAL);
    assert_int_equal(caption_sei_append(&out, VIDEO_H264, "====", 4), -EINVAL);
    assert_int_equal(caption_sei_append(&out, VIDEO_H264, "!!!!", 4), -EINVAL);
    assert_int_equal(caption_sei_append(&out, VIDEO_H264, "A0E", 3), -EINVAL);
    assert_int_equal(out.len, 0);
    while (append(&out, sei + PAYLOAD_AT, 14) == 0)
        ;
    assert_int_equal(out.len, 4 * sizeof(sei)); /* full: nothing is appended by halves */
    buf_clear(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_form_of_captions),
        cmocka_unit_test(escapes_and_counts),
        cmocka_unit_test(refuses_what_is_no_captions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
