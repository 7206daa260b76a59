/* SPDX-License-Identifier: Apache-2.0 */
#include "child/worker_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static size_t write_frame(uint8_t *out, int type, const char *text)
{
    worker_frame_header(out, type, strlen(text));
    memcpy(out + WORKER_HEADER_SIZE, text, strlen(text));
    return WORKER_HEADER_SIZE + strlen(text);
}

static void writes_the_documented_header(void **state)
{
    static const uint8_t expected[] = { 'W', 'R', 'L', 'K', 1, 17, 0, 0, 4, 3, 2, 0 };
    uint8_t header[WORKER_HEADER_SIZE];

    worker_frame_header(header, 17, 0x020304);
    assert_memory_equal(header, expected, sizeof(expected));
}

static void finds_frames_wherever_the_stream_is_cut(void **state)
{
    uint8_t stream[100];
    size_t len = write_frame(stream, 20, "first");
    struct worker_frame_reader reader;
    struct worker_frame frame;

    len += write_frame(stream + len, 21, "");
    len += write_frame(stream + len, 22, "third");
    for (size_t step = 1; step <= len; step++) {
        int seen = 0;
        worker_frame_reader_init(&reader);
        for (size_t at = 0; at < len; at += step) {
            size_t left = len - at;
            assert_int_equal(
                worker_frame_reader_feed(&reader, stream + at, left < step ? left : step), 0);
            while (worker_frame_reader_next(&reader, &frame) == 1) {
                assert_int_equal(frame.type, 20 + seen);
                assert_int_equal(frame.len, seen == 1 ? 0 : 5);
                if (seen == 2)
                    assert_memory_equal(frame.data, "third", 5);
                seen++;
            }
        }
        assert_int_equal(seen, 3);
        worker_frame_reader_clear(&reader);
    }
}

static void refuse(size_t at, uint8_t value)
{
    struct worker_frame_reader reader;
    struct worker_frame frame;
    uint8_t stream[100];
    size_t len = write_frame(stream, 20, "text");

    stream[at] = value;
    worker_frame_reader_init(&reader);
    worker_frame_reader_feed(&reader, stream, len);
    assert_int_equal(worker_frame_reader_next(&reader, &frame), -EPROTO);
    worker_frame_reader_clear(&reader);
}

static void refuses_what_is_not_its_own(void **state)
{
    refuse(0, 'X');
    refuse(4, 2);
    refuse(6, 1);
}

static void refuses_frames_above_the_limit_at_once(void **state)
{
    refuse(11, 0x01);
    refuse(10, 0x41);
}

static void takes_the_largest_frame(void **state)
{
    static uint8_t payload[WORKER_PAYLOAD_MAX];
    uint8_t header[WORKER_HEADER_SIZE];
    struct worker_frame_reader reader;
    struct worker_frame frame;

    worker_frame_reader_init(&reader);
    worker_frame_header(header, 30, sizeof(payload));
    assert_int_equal(worker_frame_reader_feed(&reader, header, sizeof(header)), 0);
    assert_int_equal(worker_frame_reader_next(&reader, &frame), 0);
    assert_int_equal(worker_frame_reader_feed(&reader, payload, sizeof(payload)), 0);
    assert_int_equal(worker_frame_reader_next(&reader, &frame), 1);
    assert_int_equal(frame.len, sizeof(payload));
    worker_frame_reader_clear(&reader);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_documented_header),
        cmocka_unit_test(finds_frames_wherever_the_stream_is_cut),
        cmocka_unit_test(refuses_what_is_not_its_own),
        cmocka_unit_test(refuses_frames_above_the_limit_at_once),
        cmocka_unit_test(takes_the_largest_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
