/* SPDX-License-Identifier: Apache-2.0 */
/* What the server does of its own accord: patience, draining, counting, room. */
#include "net/http_server.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "http2_client.h"
#include "http_fixture.h"
#include "net/connection_limits.h"

static struct http_fixture fixture;

static int start(void **state)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.config.patience = (struct http_patience){
        .first_ms = 300, .head_ms = 300, .body_ms = 300, .idle_ms = 600, .sent_ms = 300
    };
    http_fixture_start(&fixture);
    return 0;
}

static int stop(void **state)
{
    http_fixture_stop(&fixture);
    return 0;
}

#define REQUEST "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"

static void closes_who_says_nothing(void **state)
{
    int fd = client_connect(fixture.port);

    assert_string_equal(client_rest(fd), "");
    client_close(fd);
}

static void tells_who_is_slow_with_a_head(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /hello HTTP/1.1\r\nHost: ");
    assert_contains(client_rest(fd), "HTTP/1.1 408 ");
    client_close(fd);
}

/* A byte now and then keeps nobody. */
static void is_not_held_up_by_drops(void **state)
{
    int fd = client_connect(fixture.port);
    int64_t begin_ms = clock_mono_ms();

    client_send(fd, "GET /hello HTTP/1.1\r\nHost: here\r\nX: ");
    while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && clock_mono_ms() - begin_ms < 4000)
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    assert_true(clock_mono_ms() - begin_ms < 4000);
    client_close(fd);

    fd = client_connect(fixture.port);
    begin_ms = clock_mono_ms();
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n");
    while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && clock_mono_ms() - begin_ms < 4000)
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    assert_true(clock_mono_ms() - begin_ms < 4000);
    client_close(fd);
}

static void closes_idle_connections_but_not_busy_ones(void **state)
{
    int fd = client_connect(fixture.port);

    for (int i = 0; i < 6; i++) { /* together longer than the patience with an idle one */
        client_send(fd, REQUEST);
        assert_contains(client_response(fd), "hello");
        nanosleep(&(struct timespec){ .tv_nsec = 150000000 }, NULL);
    }
    assert_string_equal(client_rest(fd), "");
    client_close(fd);
}

static void lets_parked_requests_wait(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, "GET /park HTTP/1.1\r\nHost: here\r\n\r\n");
    http_fixture_wait_parked(&fixture, 1);
    nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
    assert_int_equal(http_fixture_release(&fixture), 1);
    assert_contains(client_response(fd), "parked");
    client_close(fd);
}

static void closes_who_takes_nothing_of_its_answer(void **state)
{
    struct http_counters counters;
    int fd = client_connect(fixture.port);
    int64_t give_up_ms = clock_mono_ms() + 5000;

    for (int i = 0; i < 40; i++) /* 10 MB */
        client_send(fd, "GET /large HTTP/1.1\r\nHost: here\r\n\r\n");
    do {
        http_server_count(fixture.server, &counters);
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    } while ((counters.open_connections || !counters.connections) && clock_mono_ms() < give_up_ms);
    assert_int_equal(counters.open_connections, 0);
    assert_int_equal(counters.timeouts, 1);
    client_close(fd);
}

static void closes_who_opens_no_window(void **state)
{
    struct h2_client client;

    h2_open(&client, fixture.port, 1);
    h2_ask(&client, "GET", "/large", NULL);
    nghttp2_session_set_local_window_size(client.session, NGHTTP2_FLAG_NONE, 0, 0);
    h2_send(&client);
    /* Only reads: its library would open the window if it were given what comes. */
    client_rest(client.fd);
    h2_close(&client);
}

static void says_goodbye_to_idle_http2(void **state)
{
    struct h2_client client;

    h2_open(&client, fixture.port, 0);
    h2_wait(&client, h2_ask(&client, "GET", "/hello", NULL));
    h2_wait_end(&client);
    assert_true(client.has_goaway);
    h2_close(&client);
}

static atomic_bool is_drained;

static void on_drained(void *ctx)
{
    is_drained = true;
}

static void drain(void *arg)
{
    http_server_drain(fixture.server, on_drained, NULL);
}

static void drains_when_all_are_answered(void **state)
{
    int idle = client_connect(fixture.port), busy = client_connect(fixture.port), late;
    const char *answer;

    client_send(idle, REQUEST);
    assert_contains(client_response(idle), "hello");
    client_send(busy, "GET /park HTTP/1.1\r\nHost: here\r\n\r\n");
    http_fixture_wait_parked(&fixture, 1);
    is_drained = false;
    http_fixture_call(&fixture, drain, NULL);
    assert_string_equal(client_rest(idle), "");
    assert_false(is_drained);
    late = client_connect(fixture.port);
    assert_string_equal(client_rest(late), "");
    http_fixture_release(&fixture);
    answer = client_rest(busy);
    assert_contains(answer, "Connection: close\r\n");
    assert_contains(answer, "parked");
    for (int i = 0; i < 5000 && !is_drained; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    assert_true(is_drained);
    client_close(idle);
    client_close(busy);
    client_close(late);
}

static void counts(void **state)
{
    int fd = client_connect(fixture.port);
    struct http_counters counters;
    struct h2_client client;

    client_send(fd, REQUEST);
    client_response(fd);
    client_send(fd, "GET /missing HTTP/1.1\r\nHost: here\r\n\r\n");
    client_response(fd);
    h2_open(&client, fixture.port, 0);
    h2_wait(&client, h2_ask(&client, "GET", "/stream", NULL));
    http_server_count(fixture.server, &counters);
    assert_int_equal(counters.connections, 2);
    assert_int_equal(counters.open_connections, 2);
    assert_int_equal(counters.requests[0], 2);
    assert_int_equal(counters.requests[1], 1);
    assert_int_equal(counters.answers[2], 2);
    assert_int_equal(counters.answers[4], 1);
    assert_int_equal(counters.body_bytes, 6 + 8 + 6);
    h2_close(&client);
    client_close(fd);
}

static void answer_with_count(struct http_exchange *exchange, const struct http_request *request,
                              void *ctx)
{
    struct http_counters counters;
    char text[24];
    struct slice body = { .data = (const uint8_t *)text };

    http_server_count(fixture.server, &counters);
    snprintf(text, sizeof(text), "open %lld\n", (long long)counters.open_connections);
    body.len = strlen(text);
    http_respond(exchange,
                 &(struct http_response){ .status = 200, .body = &body, .body_count = 1 });
}

static size_t no_body(const struct http_request *request, void *ctx)
{
    return 0;
}

static int start_counting(void **state)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.config.handler = (struct http_handler){ no_body, answer_with_count };
    http_fixture_start(&fixture);
    return 0;
}

/* Also while its first bytes are being answered, when it has just been told what it speaks. */
static void a_connection_counts_once(void **state)
{
    int fd = client_connect(fixture.port);

    client_send(fd, REQUEST);
    assert_contains(client_response(fd), "open 1\n");
    client_close(fd);
}

static void survives_peers_that_leave_at_any_moment(void **state)
{
    static const char request[] =
        "POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nabcd"
        "GET /park HTTP/1.1\r\nHost: here\r\n\r\n"
        "GET /large HTTP/1.1\r\nHost: here\r\n\r\n";
    struct linger reset = { .l_onoff = 1 };
    struct http_counters counters;
    int64_t give_up_ms = clock_mono_ms() + 5000;
    int fd;

    for (size_t len = 0; len < sizeof(request); len++) {
        fd = client_connect(fixture.port);
        send(fd, request, len, MSG_NOSIGNAL);
        if (len % 2)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        client_close(fd);
    }
    http_fixture_wait_parked(&fixture, 0);
    do
        http_server_count(fixture.server, &counters);
    while (counters.open_connections && clock_mono_ms() < give_up_ms);
    assert_int_equal(counters.open_connections, 0);
    assert_int_equal(counters.open_exchanges, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(closes_who_says_nothing, start, stop),
        cmocka_unit_test_setup_teardown(tells_who_is_slow_with_a_head, start, stop),
        cmocka_unit_test_setup_teardown(is_not_held_up_by_drops, start, stop),
        cmocka_unit_test_setup_teardown(closes_idle_connections_but_not_busy_ones, start, stop),
        cmocka_unit_test_setup_teardown(lets_parked_requests_wait, start, stop),
        cmocka_unit_test_setup_teardown(closes_who_takes_nothing_of_its_answer, start, stop),
        cmocka_unit_test_setup_teardown(closes_who_opens_no_window, start, stop),
        cmocka_unit_test_setup_teardown(says_goodbye_to_idle_http2, start, stop),
        cmocka_unit_test_setup_teardown(drains_when_all_are_answered, start, stop),
        cmocka_unit_test_setup_teardown(counts, start, stop),
        cmocka_unit_test_setup_teardown(a_connection_counts_once, start_counting, stop),
        cmocka_unit_test_setup_teardown(survives_peers_that_leave_at_any_moment, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
