/* SPDX-License-Identifier: Apache-2.0 */
/* Access units of HEVC; those of H.264 are read in h264_nal_test.c. */
#include "media/access_unit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "media/hevc_nal.h"

/* A NAL unit of the type, behind its length: header and one byte. */
#define NAL(type) 0, 0, 0, 3, (type) << 1, 1, 0xaa

static void assert_unit(const struct access_unit *unit, const void *data, size_t len)
{
    assert_non_null(unit->data);
    assert_int_equal(unit->data->len, len);
    assert_memory_equal(unit->data->data, data, len);
}

static void keeps_pictures_and_metadata(void **state)
{
    static const uint8_t in[] = { NAL(HEVC_AUD),
                                  NAL(HEVC_VPS),
                                  NAL(HEVC_SPS),
                                  NAL(HEVC_PPS),
                                  NAL(HEVC_PREFIX_SEI),
                                  NAL(HEVC_IDR_N_LP),
                                  NAL(HEVC_IDR_N_LP),
                                  NAL(40),
                                  NAL(HEVC_FILLER),
                                  NAL(22) /* reserved */,
                                  NAL(HEVC_END_OF_SEQUENCE) };
    static const uint8_t out[] = { NAL(HEVC_PREFIX_SEI), NAL(HEVC_IDR_N_LP), NAL(HEVC_IDR_N_LP),
                                   NAL(40) };
    struct access_unit unit;

    assert_int_equal(access_unit_read(&unit, VIDEO_HEVC, in, sizeof(in), 4), 0);
    assert_unit(&unit, out, sizeof(out));
    assert_true(unit.is_idr);
    assert_int_equal(unit.set_count, 3);
    assert_int_equal(hevc_nal_type(&unit.sets[1]), HEVC_SPS);
    bytes_unref(unit.data);
}

/* Whatever else decoders may start at, only an IDR starts a segment. */
static void takes_only_idr_for_one(void **state)
{
    for (int type = 0; type < 64; type++) {
        const uint8_t in[] = { NAL(type) };
        struct access_unit unit;

        assert_int_equal(access_unit_read(&unit, VIDEO_HEVC, in, sizeof(in), 4), 0);
        assert_int_equal(unit.is_idr, type == HEVC_IDR_W_RADL || type == HEVC_IDR_N_LP);
        assert_int_equal(unit.data != NULL, type <= 9 || (type >= 16 && type <= 21));
        bytes_unref(unit.data);
    }
}

static void leaves_other_layers_out(void **state)
{
    static const uint8_t in[] = { 0, 0, 0, 3, 1 << 1,     1,          0xaa, /* the base layer */
                                  0, 0, 0, 3, 1 << 1,     1 << 3 | 1, 0xbb,
                                  0, 0, 0, 3, 1 << 1 | 1, 1,          0xcc, /* the 32nd */
                                  0, 0, 0, 1, 1 << 1 };                     /* no whole header */
    static const uint8_t out[] = { NAL(1) };
    struct access_unit unit;

    assert_int_equal(access_unit_read(&unit, VIDEO_HEVC, in, sizeof(in), 4), 0);
    assert_unit(&unit, out, sizeof(out));
    bytes_unref(unit.data);
    assert_int_equal(access_unit_read(&unit, VIDEO_HEVC, in, sizeof(in) - 1, 4), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_pictures_and_metadata),
        cmocka_unit_test(takes_only_idr_for_one),
        cmocka_unit_test(leaves_other_layers_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
