/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/rtmp_chunk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

/* All messages of `data`, which is fed in pieces of `step` bytes. */
struct result {
    struct rtmp_message messages[16];
    int count;
    int err;
    const char *reason;
};

static struct result read_steps(const uint8_t *data, size_t len, size_t step)
{
    struct rtmp_chunk_reader *r = rtmp_chunk_reader_create();
    struct result result = { 0 };

    rtmp_chunk_allow_media(r, true);
    for (size_t at = 0; at < len && !result.err; at += step) {
        const uint8_t *piece = data + at;
        size_t left = len - at < step ? len - at : step;
        int got;

        while ((got = rtmp_chunk_read(r, &piece, &left, &result.messages[result.count])) == 1)
            assert_true(++result.count < 16);
        result.err = got;
    }
    result.reason = rtmp_chunk_reason(r);
    rtmp_chunk_reader_destroy(r);
    return result;
}

static void clear(struct result *result)
{
    for (int i = 0; i < result->count; i++)
        bytes_unref(result->messages[i].payload);
}

static void assert_same(const struct result *a, const struct result *b)
{
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++) {
        assert_int_equal(a->messages[i].type, b->messages[i].type);
        assert_int_equal(a->messages[i].timestamp, b->messages[i].timestamp);
        assert_int_equal(a->messages[i].stream_id, b->messages[i].stream_id);
        assert_int_equal(a->messages[i].payload->len, b->messages[i].payload->len);
        assert_memory_equal(a->messages[i].payload->data, b->messages[i].payload->data,
                            a->messages[i].payload->len);
    }
}

/* However the bytes are torn, the messages are the same. */
static struct result read_all(const uint8_t *data, size_t len)
{
    struct result whole = read_steps(data, len, len);

    for (size_t step = 1; step < len && step < 24; step++) {
        struct result torn = read_steps(data, len, step);

        assert_same(&whole, &torn);
        clear(&torn);
    }
    return whole;
}

static void assert_message(const struct result *result, int i, uint32_t timestamp, const char *text)
{
    assert_true(i < result->count);
    assert_int_equal(result->messages[i].timestamp, timestamp);
    assert_int_equal(result->messages[i].payload->len, strlen(text));
    assert_memory_equal(result->messages[i].payload->data, text, strlen(text));
}

/* 5.3.1.2.1 to 5.3.1.2.4: what a header leaves out is as in the one before. */
static void reads_all_header_forms(void **state)
{
    static const uint8_t data[] = {
        0x03, 0,   0,   100, 0,   0,   2,   8, 7,   1,   0,   0, 'a', 'b', /* full; stream 0x107 */
        0x43, 0,   0,   10,  0,   0,   3,   9, 'c', 'd', 'e',              /* same stream */
        0x83, 0,   0,   20,  'f', 'g', 'h', /* same length and type */
        0xc3, 'i', 'j', 'k',                /* same delta */
        0xc3, 'l', 'm', 'n',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.count, 5);
    assert_message(&result, 0, 100, "ab");
    assert_message(&result, 1, 110, "cde");
    assert_message(&result, 2, 130, "fgh");
    assert_message(&result, 3, 150, "ijk");
    assert_message(&result, 4, 170, "lmn");
    assert_int_equal(result.messages[0].type, 8);
    assert_int_equal(result.messages[4].type, 9);
    for (int i = 0; i < 5; i++)
        assert_int_equal(result.messages[i].stream_id, 0x107);
    clear(&result);
}

/* 5.3.1.2.4, as ffmpeg does it: behind a full header its time is the delta. */
static void takes_a_full_timestamp_for_the_delta(void **state)
{
    static const uint8_t data[] = { 0x03, 0, 0, 23, 0, 0, 1, 8, 1, 0, 0, 0, 'a', 0xc3, 'b' };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.count, 2);
    assert_message(&result, 0, 23, "a");
    assert_message(&result, 1, 46, "b");
    clear(&result);
}

/* 5.3.1.1: 3 to 63, 64 to 319, and up to 65599. */
static void reads_long_chunk_stream_ids(void **state)
{
    static const uint8_t data[] = {
        0x00, 10, 0,   0,    1,  0, 0,   1, 8, 1, 0, 0, 0, 'a',      /* 74 */
        0x01, 10, 2,   0,    0,  2, 0,   0, 1, 8, 1, 0, 0, 0,   'b', /* 64 + 10 + 512 */
        0x01, 10, 0,   0,    0,  3, 0,   0, 1, 8, 1, 0, 0, 0,   'c', /* 74 in three bytes */
        0xc0, 10, 'd', 0xc1, 10, 2, 'e',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.count, 5);
    assert_message(&result, 3, 6, "d");
    assert_message(&result, 4, 4, "e");
    clear(&result);
}

static void joins_interleaved_messages(void **state)
{
    static const uint8_t data[] = {
        0x02, 0,   0,   0,    0,   0,    4,   1, 0, 0, 0, 0, 0,   0,   0, 2, /* Set Chunk Size: 2 */
        0x04, 0,   0,   5,    0,   0,    5,   8, 1, 0, 0, 0, 'a', 'b',       /* */
        0x06, 0,   0,   6,    0,   0,    3,   9, 1, 0, 0, 0, '1', '2',       /* */
        0xc4, 'c', 'd', 0xc6, '3', 0xc4, 'e',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.count, 2);
    assert_message(&result, 0, 6, "123");
    assert_message(&result, 1, 5, "abcde");
    clear(&result);
}

static void drops_what_is_aborted(void **state)
{
    static const uint8_t data[] = {
        0x02, 0, 0, 0, 0, 0, 4, 1, 0,   0, 0, 0, 0,   0,   0,   4, /* Set Chunk Size: 4 */
        0x04, 0, 0, 5, 0, 0, 6, 8, 1,   0, 0, 0, 'a', 'b', 'c', 'd',
        0x02, 0, 0, 0, 0, 0, 4, 2, 0,   0, 0, 0, 0,   0,   0,   4, /* Abort of chunk stream 4 */
        0x02, 0, 0, 0, 0, 0, 4, 2, 0,   0, 0, 0, 0,   0,   0,   9, /* of one that is unknown */
        0x44, 0, 0, 1, 0, 0, 1, 8, 'x',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.count, 1);
    assert_message(&result, 0, 6, "x");
    clear(&result);
}

static void passes_empty_messages(void **state)
{
    static const uint8_t data[] = {
        0x04, 0, 0, 5, 0, 0, 0, 8, 1, 0, 0, 0, 0xc4, 0x44, 0, 0, 1, 0, 0, 1, 8, 'x',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.count, 3);
    assert_message(&result, 0, 5, "");
    assert_message(&result, 1, 10, "");
    assert_message(&result, 2, 11, "x");
    clear(&result);
}

#define SMALL_CHUNKS 0x02, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 2

/* 5.3.1.3: in all chunks of the message, as the specification has it. */
static void reads_repeated_extended_timestamps(void **state)
{
    static const uint8_t data[] = {
        SMALL_CHUNKS,
        0x04,
        0xff,
        0xff,
        0xff,
        0,
        0,
        5,
        8,
        1,
        0,
        0,
        0,
        1,
        2,
        3,
        4,
        'a',
        'b',
        0xc4,
        1,
        2,
        3,
        4,
        'c',
        'd',
        0xc4,
        1,
        2,
        3,
        4,
        'e',
        0x44,
        0xff,
        0xff,
        0xff,
        0,
        0,
        3,
        8,
        1,
        0,
        0,
        0,
        'f',
        'g', /* a delta */
        0xc4,
        1,
        0,
        0,
        0,
        'h',
        0x84,
        0,
        0,
        1,
        'i',
        'j',
        0xc4,
        'k', /* none any more */
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.err, 0);
    assert_int_equal(result.count, 3);
    assert_message(&result, 0, 0x01020304, "abcde");
    assert_message(&result, 1, 0x02020304, "fgh");
    assert_message(&result, 2, 0x02020305, "ijk");
    clear(&result);
}

/* As some encoders have it: the first chunk only. Payload that starts like the timestamp does not
 * mislead. */
static void reads_extended_timestamps_that_are_not_repeated(void **state)
{
    static const uint8_t data[] = {
        SMALL_CHUNKS,
        0x04,
        0xff,
        0xff,
        0xff,
        0,
        0,
        5,
        8,
        1,
        0,
        0,
        0,
        1,
        2,
        3,
        4,
        'a',
        'b',
        0xc4,
        'c',
        'd',
        0xc4,
        'e',
        0x04,
        0xff,
        0xff,
        0xff,
        0,
        0,
        5,
        8,
        1,
        0,
        0,
        0,
        1,
        2,
        3,
        5,
        'a',
        'b',
        0xc4,
        1,
        2,
        0xc4,
        1,
        0x06,
        0,
        0,
        7,
        0,
        0,
        1,
        9,
        1,
        0,
        0,
        0,
        'v',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.err, 0);
    assert_int_equal(result.count, 3);
    assert_message(&result, 0, 0x01020304, "abcde");
    assert_message(&result, 1, 0x01020305, "ab\x01\x02\x01");
    assert_message(&result, 2, 7, "v");
    clear(&result);
}

/* As others have it: deltas in the header, the absolute time in what follows. */
static void reads_absolute_times_behind_extended_deltas(void **state)
{
    static const uint8_t data[] = {
        SMALL_CHUNKS, 0x04, 0, 0, 1, 0, 0, 1, 8, 1,   0,   0,    0, 'a', 0x44, 0xff, 0xff,
        0xff,         0,    0, 3, 8, 1, 0, 0, 0, 'b', 'c', 0xc4, 1, 0,   0,    1,    'd',
    };
    struct result result = read_all(data, sizeof(data));

    assert_int_equal(result.err, 0);
    assert_int_equal(result.count, 2);
    assert_message(&result, 1, 0x01000001, "bcd");
    clear(&result);
}

static void assert_refused(const uint8_t *data, size_t len, int err, const char *reason)
{
    struct result result = read_all(data, len);

    assert_int_equal(result.err, err);
    assert_string_equal(result.reason, reason);
    clear(&result);
}
#define ASSERT_REFUSED(data, err, reason) assert_refused(data, sizeof(data), err, reason)

static void refuses_what_breaks_the_rules(void **state)
{
    static const uint8_t no_length[] = { 0x83, 0, 0, 1 };
    static const uint8_t no_header[] = { 0xc3 };
    static const uint8_t zero_size[] = { 2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
    static const uint8_t top_bit[] = { 2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0x80, 0, 0, 0 };
    static const uint8_t short_size[] = { 2, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0 };
    static const uint8_t short_abort[] = { 2, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0 };
    static const uint8_t in_the_middle[] = { SMALL_CHUNKS, 4, 0, 0, 0, 0, 0, 4, 8, 1, 0, 0, 0, 'a',
                                             'b',          4, 0, 0, 0, 0, 0, 4, 8, 1, 0, 0, 0 };
    static const uint8_t long_video[] = { 4, 0, 0, 0, 0x80, 0, 1, 9, 1, 0, 0, 0 };
    static const uint8_t long_audio[] = { 4, 0, 0, 0, 4, 0, 1, 8, 1, 0, 0, 0 };
    static const uint8_t long_command[] = { 4, 0, 0, 0, 1, 0, 1, 20, 1, 0, 0, 0 };

    ASSERT_REFUSED(no_length, -EPROTO, "chunk stream begins without a message length");
    ASSERT_REFUSED(no_header, -EPROTO, "chunk stream begins without a message length");
    ASSERT_REFUSED(zero_size, -EPROTO, "impossible chunk size");
    ASSERT_REFUSED(top_bit, -EPROTO, "impossible chunk size");
    ASSERT_REFUSED(short_size, -EPROTO, "short Set Chunk Size");
    ASSERT_REFUSED(short_abort, -EPROTO, "short Abort");
    ASSERT_REFUSED(in_the_middle, -EPROTO, "message header in the middle of a message");
    ASSERT_REFUSED(long_video, -EMSGSIZE, "message too long");
    ASSERT_REFUSED(long_audio, -EMSGSIZE, "message too long");
    ASSERT_REFUSED(long_command, -EMSGSIZE, "message too long");
}

static void bounds_what_a_peer_leaves_unfinished(void **state)
{
    struct buf data;
    struct result result;

    buf_init(&data, 4096);
    for (uint8_t id = 3; id < 6; id++) {
        static const uint8_t head[] = { 0, 0, 0, 0x7f, 0xff, 0xff, 9, 1, 0, 0, 0 };

        buf_append_u8(&data, id);
        buf_append(&data, head, sizeof(head));
        for (int i = 0; i < 128; i++)
            buf_append_u8(&data, 0);
    }
    result = read_steps(data.data, data.len, data.len);
    assert_int_equal(result.err, -EMSGSIZE);
    assert_string_equal(result.reason, "too much in unfinished messages");
    buf_clear(&data);
}

static void bounds_the_chunk_streams(void **state)
{
    static const uint8_t empty_message[] = { 0, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0 };
    struct rtmp_chunk_reader *r = rtmp_chunk_reader_create();
    int count = 0, got;

    do {
        uint8_t chunk[2 + sizeof(empty_message)] = { 0, (uint8_t)count };
        const uint8_t *at = chunk;
        size_t left = sizeof(chunk);
        struct rtmp_message message = { 0 };

        memcpy(chunk + 2, empty_message, sizeof(empty_message));
        got = rtmp_chunk_read(r, &at, &left, &message);
        bytes_unref(message.payload);
        count += got == 1;
    } while (got == 1);
    assert_int_equal(got, -EPROTO);
    assert_int_equal(count, RTMP_CHUNK_STREAMS_MAX);
    assert_string_equal(rtmp_chunk_reason(r), "too many chunk streams");
    rtmp_chunk_reader_destroy(r);
}

static void reads_what_it_writes(void **state)
{
    static const uint32_t timestamps[] = { 0, 0xfffffe, 0xffffff, 0xfffffff0 };
    uint8_t payload[1000];
    struct result result;
    struct buf out;

    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)i;
    for (size_t i = 0; i < ARRAY_LEN(timestamps); i++) {
        struct rtmp_head head = {
            .type = 9, .chunk_stream_id = 5, .stream_id = 0x01020304, .timestamp = timestamps[i]
        };

        buf_init(&out, 4096);
        rtmp_chunk_write(&out, &head, payload, sizeof(payload), 128);
        result = read_all(out.data, out.len);
        assert_int_equal(result.count, 1);
        assert_int_equal(result.messages[0].timestamp, timestamps[i]);
        assert_int_equal(result.messages[0].stream_id, 0x01020304);
        assert_int_equal(result.messages[0].payload->len, sizeof(payload));
        assert_memory_equal(result.messages[0].payload->data, payload, sizeof(payload));
        clear(&result);
        buf_clear(&out);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_header_forms),
        cmocka_unit_test(takes_a_full_timestamp_for_the_delta),
        cmocka_unit_test(reads_long_chunk_stream_ids),
        cmocka_unit_test(joins_interleaved_messages),
        cmocka_unit_test(drops_what_is_aborted),
        cmocka_unit_test(passes_empty_messages),
        cmocka_unit_test(reads_repeated_extended_timestamps),
        cmocka_unit_test(reads_extended_timestamps_that_are_not_repeated),
        cmocka_unit_test(reads_absolute_times_behind_extended_deltas),
        cmocka_unit_test(refuses_what_breaks_the_rules),
        cmocka_unit_test(bounds_what_a_peer_leaves_unfinished),
        cmocka_unit_test(bounds_the_chunk_streams),
        cmocka_unit_test(reads_what_it_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
