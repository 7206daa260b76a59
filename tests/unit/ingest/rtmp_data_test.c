/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with more in them than a frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ingest/amf0_write.h"
#include "media/packet.h"
#include "rtmp_fixture.h"

#define LARGE (1 << 20)

static int setup(void **state)
{
    static struct rtmp_fixture f;

    fixture_open(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

static void understands_amf3_envelopes(void **state)
{
    static const uint8_t publish[] = "\0\2\0\7publish\0\x40\x14\0\0\0\0\0\0\x05\x11\x06\x07key";
    static const uint8_t metadata[] = "\0\2\0\x0aonMetaData\x11\x0a\x0b\1\x0bwidth\4\x82\0\1";
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_begin(&script);
    script_message(&script, RTMP_COMMAND_AMF3, 0, publish, sizeof(publish) - 1);
    script_message(&script, RTMP_DATA_AMF3, 0, metadata, sizeof(metadata) - 1);
    fixture_run(f, &script);
    assert_true(f->is_publishing);
    assert_string_equal(f->key, "key");
    assert_int_equal(f->metadata.width, 256);
}

static void takes_aggregates_apart(void **state)
{
    /* two sounds, 10 ms apart, in a message at 1000 ms */
    static const uint8_t aggregate[] = { 8,  0,   0, 3, 0, 0,    50, 0,   0, 0, 0, 0xaf,
                                         1,  'a', 0, 0, 0, 14,   8,  0,   0, 3, 0, 0,
                                         60, 0,   0, 0, 0, 0xaf, 1,  'b', 0, 0, 0, 14 };
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    script_configs(&script);
    script_message(&script, RTMP_AGGREGATE, 1000, aggregate, sizeof(aggregate));
    fixture_run(f, &script);
    assert_int_equal(f->packet_count, 2);
    assert_int_equal(f->packets[0]->dts, 1000 * 90);
    assert_int_equal(f->packets[1]->dts, 1010 * 90);
    assert_int_equal(f->packets[1]->data->data[0], 'b');
}

static void send_text(struct buf *script, const char *name, const char *member, const char *text,
                      uint32_t timestamp)
{
    struct buf payload;

    buf_init(&payload, LARGE);
    amf0_write_string(&payload, name);
    if (member) {
        amf0_write_object(&payload);
        amf0_write_name(&payload, member);
    }
    amf0_write_string(&payload, text);
    if (member)
        amf0_write_object_end(&payload);
    script_message(script, RTMP_DATA_AMF0, timestamp, payload.data, payload.len);
    buf_clear(&payload);
}

static void passes_timed_metadata(void **state)
{
    struct rtmp_fixture *f = *state;
    char text[INGEST_TEXT_MAX + 2];
    struct buf script;

    memset(text, 'x', sizeof(text));
    text[INGEST_TEXT_MAX + 1] = '\0';
    script_publish(&script);
    send_text(&script, "onTextData", "text", "goal", 1000);
    fixture_run(f, &script);
    assert_string_equal(f->text, "goal");
    assert_int_equal(f->text_pts, 1000 * 90);

    buf_init(&script, LARGE);
    send_text(&script, "onTimedMetadata", NULL, "offside", 2000);
    send_text(&script, "onTimedMetadata", NULL, text, 2000);       /* too long */
    send_text(&script, "onTimedMetadata", NULL, "\xc0\xaf", 2000); /* not UTF-8 */
    send_text(&script, "onTextData", "language", "en", 2000);      /* no text */
    fixture_run(f, &script);
    assert_string_equal(f->text, "offside");
    assert_int_equal(f->texts, 2);

    buf_init(&script, LARGE);
    text[INGEST_TEXT_MAX] = '\0';
    for (int i = 0; i < 10; i++)
        send_text(&script, "onTimedMetadata", NULL, text, 3000);
    fixture_run(f, &script);
    assert_true(f->texts <= 2 + INGEST_TEXTS_PER_SECOND);
}

static void passes_captions(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script, payload;

    script_publish(&script);
    script_configs(&script);
    buf_init(&payload, 1000);
    amf0_write_string(&payload, "onCaptionInfo");
    amf0_write_ecma_array(&payload, 2);
    amf0_write_name(&payload, "type");
    amf0_write_string(&payload, "708");
    amf0_write_name(&payload, "data");
    amf0_write_string(&payload, "A0H//JQg/w==");
    amf0_write_object_end(&payload);
    script_message(&script, RTMP_DATA_AMF0, 0, payload.data, payload.len);
    script_picture(&script, 0, true, 10);
    fixture_run(f, &script);
    assert_int_equal(f->packet_count, 1);
    assert_non_null(memmem(f->packets[0]->data->data, f->packets[0]->data->len, "GA94", 4));
    buf_clear(&payload);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    /* clang-format off */
    static const struct CMUnitTest tests[] = {
        TEST(understands_amf3_envelopes),
        TEST(takes_aggregates_apart),
        TEST(passes_timed_metadata),
        TEST(passes_captions),
    };
    /* clang-format on */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
