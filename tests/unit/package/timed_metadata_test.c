/* SPDX-License-Identifier: Apache-2.0 */
#include "package/timed_metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* ID3v2.4.0 structure, 3.1, 4; native frames, 4.27 */
static void writes_a_private_frame(void **state)
{
    static const uint8_t tag[] = "ID3\x04\0\0\0\0\0\x29"
                                 "PRIV\0\0\0\x1f\0\0"
                                 "metadata.live-video.net\0"
                                 "{\"a\":1}";
    struct buf buf;

    buf_init(&buf, 4096);
    id3_write_metadata(&buf, ID3_OWNER_API, "{\"a\":1}", 7);
    assert_int_equal(buf.len, sizeof(tag) - 1);
    assert_memory_equal(buf.data, tag, buf.len);
    buf_clear(&buf);
}

static void writes_sizes_in_seven_bits(void **state)
{
    uint8_t data[1024] = { 0 };
    struct buf buf;

    buf_init(&buf, 4096);
    id3_write_metadata(&buf, "o", data, sizeof(data));
    assert_memory_equal(buf.data + 6, "\0\0\x08\x0c", 4);  /* 1036 */
    assert_memory_equal(buf.data + 14, "\0\0\x08\x02", 4); /* 1026 */
    buf_clear(&buf);
}

static void writes_text_as_utf8(void **state)
{
    static const uint8_t tag[] = "ID3\x04\0\0\0\0\0\x22"
                                 "TSSE\0\0\0\x05\0\0\x03muh\0"
                                 "TXXX\0\0\0\x05\0\0\x03k\0v";
    struct buf buf;

    buf_init(&buf, 4096);
    id3_begin(&buf);
    id3_add_text(&buf, "TSSE", "muh");
    id3_add_user_text(&buf, "k", "v");
    id3_end(&buf);
    assert_int_equal(buf.len, sizeof(tag));
    buf.data[9] = tag[9]; /* its own size is not the point here */
    assert_memory_equal(buf.data, tag, buf.len);
    buf_clear(&buf);
}

static void tells_the_place_of_a_segment_in_time(void **state)
{
    static const char *const expected[] = {
        "TRCK",
        "\00312345",
        "TDEN",
        "\0032026-09-21T14:13:08",
        "TDTG",
        "\0032026-09-21T14:13:10",
        "TOFN",
        "\003index-0000012345.ts",
        "TSSE",
        "\003weir ",
        "TXXX",
        "\003segmentmetadata",
        "{\"cmd\":\"ld_lat_data\",\"stream_offset\":81,\"ingest_r\":1789999988000,"
        "\"transc_r\":1789999988556,\"transc_s\":1789999990471,\"ingest_s\":1,"
        "\"broadc_r\":-1,\"broadc_s\":-1}",
    };
    const struct segment_tag tag = {
        .number = 12345,
        .wall_ms = 1789999988556,
        .written_ms = 1789999990471,
        .received_ms = 1789999988000,
        .stream_offset_s = 81,
    };
    struct buf buf;
    size_t at = 0;

    buf_init(&buf, 4096);
    id3_write_segment_tag(&buf, &tag);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const uint8_t *found =
            memmem(buf.data + at, buf.len - at, expected[i], strlen(expected[i]));

        assert_non_null(found);
        at = (size_t)(found - buf.data) + strlen(expected[i]);
    }
    buf_clear(&buf);
}

static void fails_where_the_buffer_ends(void **state)
{
    struct buf buf;

    buf_init(&buf, 32);
    id3_write_metadata(&buf, ID3_OWNER_API, "0123456789", 10);
    assert_int_not_equal(buf.err, 0);
    buf_clear(&buf);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_private_frame),
        cmocka_unit_test(writes_sizes_in_seven_bits),
        cmocka_unit_test(writes_text_as_utf8),
        cmocka_unit_test(tells_the_place_of_a_segment_in_time),
        cmocka_unit_test(fails_where_the_buffer_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
