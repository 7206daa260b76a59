/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http2.h"

#include <string.h>

#include "base/mem.h"
#include "http2_client.h"
#include "http_fixture.h"

static struct http_fixture fixture;
static struct h2_client client;

static int start(void **state)
{
    memset(&fixture, 0, sizeof(fixture));
    http_fixture_start(&fixture);
    h2_open(&client, fixture.port, 0);
    return 0;
}

static int stop(void **state)
{
    h2_close(&client);
    http_fixture_stop(&fixture);
    return 0;
}

static void answers_with_headers_and_body(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "GET", "/hello", NULL);

    h2_wait(&client, answer);
    assert_int_equal(answer->status, 200);
    assert_string_equal((const char *)answer->body, "hello\n");
    assert_contains(answer->headers, "content-type: text/plain\n");
    assert_contains(answer->headers, "content-length: 6\n");
    assert_contains(answer->headers, "date: ");
    assert_contains(answer->headers, " GMT\n");
}

static void answers_head_without_body(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "HEAD", "/hello", NULL);

    h2_wait(&client, answer);
    assert_contains(answer->headers, "content-length: 6\n");
    assert_int_equal(answer->body_len, 0);
}

static void sends_the_range_that_is_asked_for(void **state)
{
    struct h2_answer *answer = h2_ask_with(&client, "/digits", "range", "bytes=95-");

    h2_wait(&client, answer);
    assert_int_equal(answer->status, 206);
    assert_contains(answer->headers, "content-range: bytes 95-99/100\n");
    assert_string_equal((const char *)answer->body, "56789");
}

static void takes_bodies_up_to_the_handlers_limit(void **state)
{
    char body[1002];
    struct h2_answer *fits, *too_long;

    memset(body, 'x', sizeof(body));
    body[1001] = '\0';
    too_long = h2_ask(&client, "POST", "/echo", body);
    fits = h2_ask(&client, "POST", "/echo", body + 1);
    h2_wait(&client, fits);
    assert_int_equal(fits->status, 200);
    assert_string_equal((const char *)fits->body, body + 1);
    h2_wait(&client, too_long);
    assert_int_equal(too_long->status, 413);
}

static void streams_in_pieces(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "GET", "/stream", NULL);

    h2_wait(&client, answer);
    assert_string_equal((const char *)answer->body, "onetwo");
    assert_null(strstr(answer->headers, "content-length"));
}

static void makes_the_authority_the_host(void **state)
{
    struct h2_answer *answer = h2_ask_with(&client, "/host", "host", "here");

    h2_wait(&client, answer);
    assert_string_equal((const char *)answer->body, "here here");
}

static void parks_many_and_answers_all(void **state)
{
    struct h2_answer *answers[60];

    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        answers[i] = h2_ask(&client, "GET", "/park", NULL);
    h2_send(&client);
    http_fixture_wait_parked(&fixture, ARRAY_LEN(answers));
    http_fixture_release(&fixture);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        h2_wait(&client, answers[i]);
        assert_string_equal((const char *)answers[i]->body, "parked\n");
    }
}

static void tells_who_waits_that_a_stream_was_reset(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "GET", "/park", NULL);

    h2_send(&client);
    http_fixture_wait_parked(&fixture, 1);
    nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, h2_stream_id(&client, answer),
                              NGHTTP2_CANCEL);
    h2_send(&client);
    http_fixture_wait_parked(&fixture, 0);
}

static void sends_large_bodies_through_small_windows(void **state)
{
    struct h2_client small;
    struct h2_answer *answers[5];

    h2_open(&small, fixture.port, 1000);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        answers[i] = h2_ask(&small, "GET", "/large", NULL);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        h2_wait(&small, answers[i]);
        assert_int_equal(answers[i]->body_len, 250000);
        for (size_t k = 0; k < answers[i]->body_len; k++)
            assert_int_equal(answers[i]->body[k], 'a' + k % 26);
    }
    h2_close(&small);
}

static void refuses_heads_that_are_too_large(void **state)
{
    char *value = mem_zalloc(20001);
    char path[9001] = "/";
    struct h2_answer *answer;

    memset(value, 'x', 20000);
    answer = h2_ask_with(&client, "/hello", "x-large", value);
    h2_wait(&client, answer);
    assert_int_equal(answer->status, 200);
    memset(path + 1, 'x', sizeof(path) - 2);
    answer = h2_ask(&client, "GET", path, NULL);
    h2_wait(&client, answer);
    assert_int_equal(answer->status, 431);
    mem_free(value);
}

static void refuses_methods_that_it_does_not_know(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "BREW", "/hello", NULL);

    h2_wait(&client, answer);
    assert_int_equal(answer->status, 501);
}

static void refuses_targets_that_are_no_path(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "GET", "/a#b", NULL);

    h2_wait(&client, answer);
    assert_int_equal(answer->status, 400);
}

static void ends_connections_that_reset_too_many_streams(void **state)
{
    for (int i = 0; i < 250; i++) {
        struct h2_answer *answer = h2_ask(&client, "GET", "/park", NULL);
        nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, h2_stream_id(&client, answer),
                                  NGHTTP2_CANCEL);
        h2_send(&client);
    }
    h2_wait_end(&client);
    http_fixture_wait_parked(&fixture, 0);
}

static void ends_connections_that_ping_without_reading(void **state)
{
    static const uint8_t ping[17] = { 0, 0, 8, NGHTTP2_PING };
    char flood[sizeof(ping) * 200];

    h2_send(&client);
    for (size_t i = 0; i < sizeof(flood); i++)
        flood[i] = (char)ping[i % sizeof(ping)];
    for (int i = 0; i < 5000; i++)
        if (send(client.fd, flood, sizeof(flood), MSG_NOSIGNAL) < 0)
            break;
    h2_wait_end(&client);
}

static void drain_server(void *arg)
{
    http_server_drain(fixture.server, NULL, NULL);
}

static void drains_after_the_last_answer(void **state)
{
    struct h2_answer *answer = h2_ask(&client, "GET", "/park", NULL);

    h2_send(&client);
    http_fixture_wait_parked(&fixture, 1);
    http_fixture_call(&fixture, drain_server, NULL);
    http_fixture_release(&fixture);
    h2_wait(&client, answer);
    assert_string_equal((const char *)answer->body, "parked\n");
    h2_wait_end(&client);
    assert_true(client.has_goaway);
    assert_int_equal(client.goaway_error, NGHTTP2_NO_ERROR);
}

static void closes_after_a_preface_that_is_none(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    client_rest(fd);
    client_close(fd);
}

static void recognises_the_preface_byte_by_byte(void **state)
{
    int fd = client_connect(fixture.port);
    char byte[2] = "";

    for (const char *at = "PUT /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"; *at;
         at++) {
        byte[0] = *at;
        client_send(fd, byte);
    }
    assert_contains(client_rest(fd), "hello");
    client_close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_with_headers_and_body, start, stop),
        cmocka_unit_test_setup_teardown(answers_head_without_body, start, stop),
        cmocka_unit_test_setup_teardown(sends_the_range_that_is_asked_for, start, stop),
        cmocka_unit_test_setup_teardown(takes_bodies_up_to_the_handlers_limit, start, stop),
        cmocka_unit_test_setup_teardown(streams_in_pieces, start, stop),
        cmocka_unit_test_setup_teardown(makes_the_authority_the_host, start, stop),
        cmocka_unit_test_setup_teardown(parks_many_and_answers_all, start, stop),
        cmocka_unit_test_setup_teardown(tells_who_waits_that_a_stream_was_reset, start, stop),
        cmocka_unit_test_setup_teardown(sends_large_bodies_through_small_windows, start, stop),
        cmocka_unit_test_setup_teardown(refuses_heads_that_are_too_large, start, stop),
        cmocka_unit_test_setup_teardown(refuses_methods_that_it_does_not_know, start, stop),
        cmocka_unit_test_setup_teardown(refuses_targets_that_are_no_path, start, stop),
        cmocka_unit_test_setup_teardown(ends_connections_that_reset_too_many_streams, start, stop),
        cmocka_unit_test_setup_teardown(ends_connections_that_ping_without_reading, start, stop),
        cmocka_unit_test_setup_teardown(drains_after_the_last_answer, start, stop),
        cmocka_unit_test_setup_teardown(closes_after_a_preface_that_is_none, start, stop),
        cmocka_unit_test_setup_teardown(recognises_the_preface_byte_by_byte, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
