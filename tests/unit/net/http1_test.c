/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http1.h"

#include <string.h>

#include "http_fixture.h"

static struct http_fixture fixture;

static int start(void **state)
{
    memset(&fixture, 0, sizeof(fixture));
    http_fixture_start(&fixture);
    return 0;
}

static int stop(void **state)
{
    http_fixture_stop(&fixture);
    return 0;
}

static void answers_with_length_and_date(void **state)
{
    int fd = client_connect(fixture.port);
    const char *response;

    client_send(fd, "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
    response = client_response(fd);
    assert_contains(response, "HTTP/1.1 200 OK\r\n");
    assert_contains(response, "Content-Length: 6\r\n");
    assert_contains(response, "Date: ");
    assert_contains(response, " GMT\r\n");
    assert_contains(response, "\r\n\r\nhello\n");
    client_close(fd);
}

static void keeps_the_connection_for_the_next_request(void **state)
{
    int fd = client_connect(fixture.port);

    for (int i = 0; i < 3; i++) {
        client_send(fd, "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
        assert_contains(client_response(fd), "hello");
    }
    client_close(fd);
}

static void closes_when_the_peer_says_so(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert_contains(client_rest(fd), "Connection: close\r\n");
    client_close(fd);
}

static void closes_after_http_10_unless_asked(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_contains(client_response(fd), "Connection: keep-alive\r\n");
    client_send(fd, "GET /hello HTTP/1.0\r\n\r\n");
    assert_contains(client_rest(fd), "hello");
    client_close(fd);
}

static void answers_pipelined_requests_in_their_order(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /park HTTP/1.1\r\nHost: here\r\n\r\n"
                    "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"
                    "GET /stream HTTP/1.1\r\nHost: here\r\n\r\n");
    http_fixture_wait_parked(&fixture, 1);
    assert_int_equal(http_fixture_release(&fixture), 1);
    assert_contains(client_response(fd), "parked");
    assert_contains(client_response(fd), "hello");
    assert_contains(client_response(fd), "one");
    client_close(fd);
}

static void answers_more_pipelined_requests_than_it_reads_ahead(void **state)
{
    int fd = client_connect(fixture.port);

    for (int i = 0; i < 100; i++)
        client_send(fd, "GET /park HTTP/1.1\r\nHost: here\r\n\r\n"
                        "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
    for (int released = 0; released < 100;)
        released += http_fixture_release(&fixture);
    for (int i = 0; i < 100; i++) {
        assert_contains(client_response(fd), "parked");
        assert_contains(client_response(fd), "hello");
    }
    client_close(fd);
}

static void takes_bodies_with_length_and_in_chunks(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nabcd");
    assert_contains(client_response(fd), "\r\n\r\nabcd");
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n");
    assert_contains(client_response(fd), "\r\n\r\nabcde");
    client_send(fd, "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n");
    assert_contains(client_response(fd), "hello");
    client_close(fd);
}

static void refuses_bodies_over_the_handlers_limit(void **state)
{
    int fd = client_connect(fixture.port);
    char chunk[1100] = "44c\r\n";

    client_send(fd, "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 1001\r\n\r\n");
    assert_contains(client_rest(fd), "HTTP/1.1 413 ");
    client_close(fd);

    fd = client_connect(fixture.port);
    memset(chunk + 5, 'x', sizeof(chunk) - 6);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n");
    client_send(fd, chunk);
    assert_contains(client_rest(fd), "HTTP/1.1 413 ");
    client_close(fd);
}

static void says_continue_before_a_body_that_waits_for_it(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n"
                    "Expect: 100-continue\r\n\r\n");
    assert_contains(client_response(fd), "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(fd, "ab");
    assert_contains(client_response(fd), "\r\n\r\nab");
    client_close(fd);
}

static void answers_head_without_body(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "HEAD /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert_contains(client_rest(fd), "Content-Length: 6\r\n");
    client_close(fd);

    fd = client_connect(fixture.port);
    client_send(fd, "HEAD /hello HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert_null(strstr(client_rest(fd), "hello"));
    client_close(fd);
}

static void streams_in_chunks(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /stream HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert_contains(client_rest(fd), "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    client_close(fd);
}

static void streams_to_http_10_until_the_end(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_contains(client_rest(fd), "\r\n\r\nonetwo");
    client_close(fd);
}

static void sends_the_range_that_is_asked_for(void **state)
{
    /* clang-format off */
    static const struct { const char *range, *status, *content_range, *body; } cases[] = {
        { "bytes=0-4",   "206", "bytes 0-4/100",   "\r\n\r\n01234" },
        { "bytes=95-",   "206", "bytes 95-99/100", "\r\n\r\n56789" },
        { "bytes=-3",    "206", "bytes 97-99/100", "\r\n\r\n789" },
        { "bytes=98-200", "206", "bytes 98-99/100", "\r\n\r\n89" },
        { "bytes=100-",  "416", "bytes */100",     "\r\n\r\n" },
        { "bytes=-0",    "416", "bytes */100",     "\r\n\r\n" },
        { "bytes=5-4",   "200", "Content-Length: 100", "0123456789" },
        { "bytes=0-1,4-5", "200", "Content-Length: 100", "0123456789" },
        { "lines=0-1",   "200", "Content-Length: 100", "0123456789" },
    };
    /* clang-format on */
    char request[200];
    int fd = client_connect(fixture.port);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *response;

        snprintf(request, sizeof(request),
                 "GET /digits HTTP/1.1\r\nHost: here\r\nRange: %s\r\n\r\n", cases[i].range);
        client_send(fd, request);
        response = client_response(fd);
        assert_memory_equal(response + 9, cases[i].status, 3);
        assert_contains(response, cases[i].content_range);
        assert_contains(response, cases[i].body);
    }
    client_close(fd);
}

static void tells_who_waits_that_the_peer_has_left(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /park HTTP/1.1\r\nHost: here\r\n\r\n");
    http_fixture_wait_parked(&fixture, 1);
    client_close(fd);
    http_fixture_wait_parked(&fixture, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_with_length_and_date, start, stop),
        cmocka_unit_test_setup_teardown(keeps_the_connection_for_the_next_request, start, stop),
        cmocka_unit_test_setup_teardown(closes_when_the_peer_says_so, start, stop),
        cmocka_unit_test_setup_teardown(closes_after_http_10_unless_asked, start, stop),
        cmocka_unit_test_setup_teardown(answers_pipelined_requests_in_their_order, start, stop),
        cmocka_unit_test_setup_teardown(answers_more_pipelined_requests_than_it_reads_ahead, start,
                                        stop),
        cmocka_unit_test_setup_teardown(takes_bodies_with_length_and_in_chunks, start, stop),
        cmocka_unit_test_setup_teardown(refuses_bodies_over_the_handlers_limit, start, stop),
        cmocka_unit_test_setup_teardown(says_continue_before_a_body_that_waits_for_it, start, stop),
        cmocka_unit_test_setup_teardown(answers_head_without_body, start, stop),
        cmocka_unit_test_setup_teardown(streams_in_chunks, start, stop),
        cmocka_unit_test_setup_teardown(streams_to_http_10_until_the_end, start, stop),
        cmocka_unit_test_setup_teardown(sends_the_range_that_is_asked_for, start, stop),
        cmocka_unit_test_setup_teardown(tells_who_waits_that_the_peer_has_left, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
