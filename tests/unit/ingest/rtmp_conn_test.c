/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/rtmp_conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ingest/amf0_write.h"
#include "ingest/rtmp_handshake.h"
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

static void answers_in_order(void **state)
{
    static const char *const expected[] = { "_result",  "NetConnection.Connect.Success",
                                            "_result",  "onFCPublish",
                                            "_result",  "_result",
                                            "onStatus", "NetStream.Publish.Start" };
    struct rtmp_fixture *f = *state;
    const uint8_t *at;
    struct buf script;

    buf_init(&script, LARGE);
    script_handshake(&script);
    script_connect(&script, "app");
    script_command(&script, "releaseStream", 2, "key");
    script_command(&script, "FCPublish", 3, "key");
    script_command(&script, "createStream", 4, NULL);
    script_command(&script, "publish", 5, "key");
    fixture_run(f, &script);
    assert_true(f->answers.len > RTMP_S0S1S2_SIZE);
    at = f->answers.data + RTMP_S0S1S2_SIZE;
    for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
        at = memmem(at, (size_t)(f->answers.data + f->answers.len - at), expected[i],
                    strlen(expected[i]));
        assert_non_null(at);
        at += strlen(expected[i]);
    }
    assert_true(f->is_publishing);
}

/* All answers are whole messages in the chunks that were announced. */
static void answers_are_well_formed(void **state)
{
    struct rtmp_fixture *f = *state;
    struct rtmp_chunk_reader *r = rtmp_chunk_reader_create();
    struct rtmp_message message;
    const uint8_t *at;
    struct buf script;
    int count = 0;
    size_t left;

    script_publish(&script);
    script_command(&script, "FCUnpublish", 6, "key");
    fixture_run(f, &script);
    at = f->answers.data + RTMP_S0S1S2_SIZE;
    left = f->answers.len - RTMP_S0S1S2_SIZE;
    while (rtmp_chunk_read(r, &at, &left, &message) == 1) {
        count++;
        bytes_unref(message.payload);
    }
    assert_int_equal(left, 0);
    /* window, bandwidth, 2 results, StreamBegin, Publish.Start, onFCUnpublish, Unpublish.Success */
    assert_int_equal(count, 8);
    rtmp_chunk_reader_destroy(r);
}

static void waits_for_the_verdict(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    f->verdict = VERDICT_LATER;
    script_publish(&script);
    script_configs(&script);
    script_picture(&script, 0, true, 5000);
    fixture_run(f, &script);
    assert_true(f->is_paused);
    assert_false(fixture_was_told(f, "NetStream.Publish.Start"));
    assert_int_equal(f->packet_count, 0);

    ingest_accept(f->ingest);
    assert_int_equal(f->resumes, 1);
    assert_true(fixture_was_told(f, "NetStream.Publish.Start"));
    assert_int_equal(f->packet_count, 0); /* no callback inside the call */
    rtmp_conn_continue(f->conn);
    assert_int_equal(f->packet_count, 1);
}

static void bounds_what_it_holds_meanwhile(void **state)
{
    struct rtmp_fixture *f = *state;
    uint8_t *junk = mem_zalloc(LARGE);
    struct buf script;

    f->verdict = VERDICT_LATER;
    script_publish(&script);
    fixture_run(f, &script);
    fixture_feed(f, junk, LARGE);
    assert_non_null(f->conn);
    fixture_feed(f, junk, 1);
    assert_null(f->conn);
    assert_int_equal(f->ends, 1);
    mem_free(junk);
}

static void tells_why_it_refuses(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    f->verdict = VERDICT_REFUSE;
    script_publish(&script);
    fixture_run(f, &script);
    assert_true(fixture_was_told(f, "NetStream.Publish.BadName"));
    assert_true(fixture_was_told(f, "not you"));
    assert_null(f->conn);
    assert_true(f->has_last_words);
    assert_int_equal(f->ends, 0);
}

static void refuses_later_as_well(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    f->verdict = VERDICT_LATER;
    script_publish(&script);
    fixture_run(f, &script);
    ingest_refuse(f->ingest, "no more");
    assert_null(f->conn);
    assert_true(fixture_was_told(f, "no more"));
    assert_int_equal(f->ends, 0);
}

static void closes_from_inside_a_callback(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    f->close_after = 2;
    script_publish(&script);
    script_configs(&script);
    for (uint32_t i = 0; i < 5; i++)
        script_picture(&script, 40 * i, !i, 300);
    fixture_run(f, &script);
    assert_int_equal(f->packet_count, 2);
    assert_null(f->conn);
    assert_true(fixture_was_told(f, "NetStream.Unpublish.Success"));
    assert_true(fixture_was_told(f, "enough"));
    assert_int_equal(f->ends, 0);
}

static void closes_from_outside(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    fixture_run(f, &script);
    ingest_close(f->ingest, "stopped by its owner");
    assert_null(f->conn);
    assert_true(f->has_last_words);
    assert_true(fixture_was_told(f, "stopped by its owner"));
    assert_int_equal(f->ends, 0);
}

static void goodbyes_end_the_broadcast(void **state)
{
    static const struct {
        const char *command, *argument;
    } goodbyes[] = { { "FCUnpublish", "key" }, { "closeStream", NULL }, { "deleteStream", "1" } };
    struct rtmp_fixture f;
    struct buf script, payload;

    for (int i = 0; i < 3; i++) {
        fixture_open(&f);
        script_publish(&script);
        script_configs(&script);
        if (i < 2) {
            script_command(&script, goodbyes[i].command, 6, goodbyes[i].argument);
        } else { /* with a number, not a string */
            buf_init(&payload, 100);
            amf0_write_string(&payload, "deleteStream");
            amf0_write_number(&payload, 6);
            amf0_write_null(&payload);
            amf0_write_number(&payload, 1);
            script_message(&script, RTMP_COMMAND_AMF0, 0, payload.data, payload.len);
            buf_clear(&payload);
        }
        script_picture(&script, 0, true, 100); /* late, and harmless */
        fixture_run(&f, &script);
        assert_int_equal(f.ends, 1);
        assert_true(f.ended_clean);
        assert_false(f.is_publishing);
        assert_int_equal(f.packet_count, 0);
        assert_non_null(f.conn);
        fixture_close(&f);
        assert_int_equal(f.ends, 1);
    }
}

static void publishes_again_on_the_same_connection(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    script_configs(&script);
    script_command(&script, "FCUnpublish", 6, "key");
    script_command(&script, "publish", 7, "other");
    script_picture(&script, 0, true, 100); /* of the broadcast before, for all we know */
    fixture_run(f, &script);
    assert_int_equal(f->offers, 2);
    assert_string_equal(f->key, "other");
    assert_true(f->is_publishing);
    assert_int_equal(f->packet_count, 0);
}

static void a_lost_connection_is_no_goodbye(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    fixture_run(f, &script);
    rtmp_conn_lost(f->conn);
    assert_int_equal(f->ends, 1);
    assert_false(f->ended_clean);
}

static void takes_any_application(void **state)
{
    static const char *const apps[] = { "", "live", "app/instance", "x?y=z" };
    struct rtmp_fixture f;
    struct buf script;

    for (size_t i = 0; i < sizeof(apps) / sizeof(*apps); i++) {
        fixture_open(&f);
        buf_init(&script, LARGE);
        script_handshake(&script);
        script_connect(&script, apps[i]);
        script_command(&script, "publish", 5, "key"); /* not even a stream was created */
        fixture_run(&f, &script);
        assert_true(f.is_publishing);
        assert_string_equal(f.key, "key");
        fixture_close(&f);
    }
}

static void tells_players_that_this_is_no_place_for_them(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_begin(&script);
    script_command(&script, "getStreamLength", 5, "key");
    script_command(&script, "play", 6, "key");
    fixture_run(f, &script);
    assert_true(fixture_was_told(f, "NetStream.Play.Failed"));
    assert_null(f->conn);
    assert_true(f->has_last_words);
}

static void answers_pings_and_acknowledges(void **state)
{
    static const uint8_t ping[] = { 0, 6, 1, 2, 3, 4 }, window[] = { 0, 0, 16, 0 };
    static const uint8_t pong[] = { 4, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4 };
    static const uint8_t acknowledgement[] = { 4, 3, 0, 0, 0, 0 };
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    script_message(&script, RTMP_USER_CONTROL, 0, ping, sizeof(ping));
    script_message(&script, RTMP_WINDOW_ACK_SIZE, 0, window, sizeof(window));
    script_picture(&script, 0, true, 5000);
    fixture_run(f, &script);
    assert_non_null(memmem(f->answers.data, f->answers.len, pong, sizeof(pong)));
    assert_non_null(
        memmem(f->answers.data, f->answers.len, acknowledgement, sizeof(acknowledgement)));
}

/* ---- time ---- */

static void gives_up_on_silence(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    rtmp_conn_sweep(f->conn, clock_mono_ms() + RTMP_HANDSHAKE_MS - 1000);
    assert_non_null(f->conn);
    rtmp_conn_sweep(f->conn, clock_mono_ms() + RTMP_HANDSHAKE_MS + 1000);
    assert_null(f->conn);
    assert_false(f->has_last_words);
    fixture_close(f);

    fixture_open(f);
    script_begin(&script);
    fixture_run(f, &script);
    rtmp_conn_sweep(f->conn, clock_mono_ms() + RTMP_COMMAND_MS + 1000);
    assert_null(f->conn);
    fixture_close(f);

    fixture_open(f);
    script_publish(&script);
    fixture_run(f, &script);
    rtmp_conn_sweep(f->conn, clock_mono_ms() + RTMP_IDLE_MS - 1000);
    assert_non_null(f->conn);
    rtmp_conn_sweep(f->conn, clock_mono_ms() + RTMP_IDLE_MS + 1000);
    assert_null(f->conn);
    assert_int_equal(f->ends, 1);
    assert_false(f->ended_clean);
}

static void waits_for_the_verdict_however_long(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    f->verdict = VERDICT_LATER;
    script_publish(&script);
    fixture_run(f, &script);
    rtmp_conn_sweep(f->conn, clock_mono_ms() + 10 * RTMP_IDLE_MS);
    assert_non_null(f->conn);
}

/* ---- peers that do wrong ---- */

static void closes_on_what_breaks_the_protocol(void **state)
{
    static const char *const wrong[] = { "createStream", "publish", "play", "FCUnpublish", "what" };
    struct rtmp_fixture f;
    struct buf script;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) { /* before connect */
        fixture_open(&f);
        buf_init(&script, LARGE);
        script_handshake(&script);
        script_command(&script, wrong[i], 2, "key");
        fixture_run(&f, &script);
        assert_null(f.conn);
        assert_int_equal(f.offers, 0);
        fixture_close(&f);
    }
    fixture_open(&f); /* HTTP */
    fixture_feed(&f, "GET / HTTP/1.1\r\n\r\n", 18);
    script_handshake(&f.answers);
    fixture_feed(&f, f.answers.data, f.answers.len);
    assert_null(f.conn);
    fixture_close(&f);
}

static void refuses_a_second_publish_or_connect(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    script_command(&script, "publish", 6, "other");
    fixture_run(f, &script);
    assert_null(f->conn);
    assert_int_equal(f->offers, 1);
    assert_int_equal(f->ends, 1);
    assert_false(f->ended_clean);
    fixture_close(f);

    fixture_open(f);
    script_publish(&script);
    script_connect(&script, "app");
    fixture_run(f, &script);
    assert_null(f->conn);
    assert_int_equal(f->ends, 1);
}

static void bounds_the_streams_of_a_connection(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_begin(&script);
    for (int i = 0; i < 20; i++)
        script_command(&script, "createStream", 5, NULL);
    fixture_run(f, &script);
    assert_null(f->conn);
}

static void closes_when_its_answers_are_not_read(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    fixture_run(f, &script);
    f->is_deaf = true;
    buf_init(&script, LARGE);
    script_command(&script, "releaseStream", 6, "key");
    fixture_run(f, &script);
    assert_null(f->conn);
    assert_int_equal(f->ends, 1);
}

static void names_the_codec_it_cannot_carry(void **state)
{
    struct rtmp_fixture *f = *state;
    struct buf script;

    script_publish(&script);
    script_message(&script, RTMP_VIDEO, 0, "\x90hvc1", 5);
    fixture_run(f, &script);
    assert_true(fixture_was_told(f, "H.265 (HEVC) is not supported: send H.264"));
    assert_null(f->conn);
    assert_true(f->has_last_words);
    assert_int_equal(f->ends, 1);
    assert_true(f->ended_clean);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    /* clang-format off */
    static const struct CMUnitTest tests[] = {
        TEST(answers_in_order),
        TEST(answers_are_well_formed),
        TEST(waits_for_the_verdict),
        TEST(bounds_what_it_holds_meanwhile),
        TEST(tells_why_it_refuses),
        TEST(refuses_later_as_well),
        TEST(closes_from_inside_a_callback),
        TEST(closes_from_outside),
        TEST(goodbyes_end_the_broadcast),
        TEST(publishes_again_on_the_same_connection),
        TEST(a_lost_connection_is_no_goodbye),
        TEST(takes_any_application),
        TEST(tells_players_that_this_is_no_place_for_them),
        TEST(answers_pings_and_acknowledges),
        TEST(gives_up_on_silence),
        TEST(waits_for_the_verdict_however_long),
        TEST(closes_on_what_breaks_the_protocol),
        TEST(refuses_a_second_publish_or_connect),
        TEST(bounds_the_streams_of_a_connection),
        TEST(closes_when_its_answers_are_not_read),
        TEST(names_the_codec_it_cannot_carry),
    };
    /* clang-format on */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
