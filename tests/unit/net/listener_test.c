/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http_fixture.h"
#include "net/connection_limits.h"

#define LOOPS 2

static struct loop *loops[LOOPS];
static atomic_int accepted[LOOPS];
static char greeting[64]; /* what is_welcome() read: the peer's own address */
static struct connection_limits *limits;
static struct listener *listener;
static int dialled[128], dialled_count;

/* Keeps the connection until its peer ends. */
static void on_data(const uint8_t *data, size_t len, void *ctx)
{
}

static void on_close(int err, void *ctx)
{
}

static void on_accept(struct stream_socket *socket, void *ctx)
{
    static const struct stream_socket_events events = { .on_data = on_data, .on_close = on_close };
    const char *peer = stream_socket_peer(socket);
    struct slice hello = { .data = (const uint8_t *)peer, .len = strlen(peer) };

    accepted[loop_index(stream_socket_loop(socket))]++; /* before the peer hears of it */
    stream_socket_set_events(socket, &events, NULL);
    stream_socket_write(socket, &hello, 1);
}

static const struct listener_events events = { .on_accept = on_accept };

static int start(void **state)
{
    for (int i = 0; i < LOOPS; i++) {
        loops[i] = loop_create(i);
        accepted[i] = 0;
        assert_int_equal(loop_start(loops[i]), 0);
    }
    limits = connection_limits_create(0, 0);
    listener = NULL;
    dialled_count = 0;
    return 0;
}

static int stop(void **state)
{
    for (int i = 0; i < dialled_count; i++)
        client_close(dialled[i]);
    if (listener)
        listener_stop(listener);
    for (int i = 0; i < LOOPS; i++)
        loop_stop(loops[i]);
    for (int i = 0; i < LOOPS; i++)
        loop_join(loops[i]);
    for (int i = 0; i < LOOPS; i++)
        loop_destroy(loops[i]);
    listener_destroy(listener);
    connection_limits_destroy(limits);
    return 0;
}

static void listen_on(const char *host)
{
    struct listener_config config = { .host = host, .limits = limits };

    assert_int_equal(listener_create(&listener, &config, loops, LOOPS, &events, NULL), 0);
}

/* Returns a connection that stop() closes. */
static int dial(void)
{
    dialled[dialled_count] = client_connect(listener_port(listener));
    return dialled[dialled_count++];
}

static void hang_up(int fd)
{
    for (int i = 0; i < dialled_count; i++)
        if (dialled[i] == fd)
            dialled[i] = dialled[--dialled_count];
    client_close(fd);
}

static void on_called(void *arg)
{
    atomic_bool *is_called = arg;

    *is_called = true;
}

/* Returns when all loops have stopped accepting. */
static void stop_listening(void)
{
    listener_stop(listener);
    for (int i = 0; i < LOOPS; i++) {
        atomic_bool is_called = false;
        loop_post(loops[i], on_called, &is_called);
        while (!is_called)
            sched_yield();
    }
    listener_destroy(listener);
    listener = NULL;
}

/* Whether the server has taken the connection in: then it greets. */
static bool is_welcome(int fd, int within_ms)
{
    struct timeval timeout = { .tv_sec = within_ms / 1000, .tv_usec = within_ms % 1000 * 1000 };

    memset(greeting, 0, sizeof(greeting));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    return recv(fd, greeting, sizeof(greeting) - 1, 0) > 0;
}

static void spreads_connections_over_the_loops(void **state)
{
    int fds[64];

    listen_on("127.0.0.1");
    for (int i = 0; i < 64; i++)
        fds[i] = dial();
    for (int i = 0; i < 64; i++)
        assert_true(is_welcome(fds[i], 5000));
    assert_int_equal(accepted[0] + accepted[1], 64);
    assert_true(accepted[0] > 0 && accepted[1] > 0);
    assert_string_equal(greeting, "127.0.0.1");
    assert_string_equal(listener_host(listener), "127.0.0.1");
}

static void refuses_a_port_that_another_listener_has(void **state)
{
    struct listener_config config = { .host = "127.0.0.1" };
    struct listener *second;

    listen_on("127.0.0.1");
    config.port = listener_port(listener);
    assert_int_equal(listener_create(&second, &config, loops, LOOPS, &events, NULL), -EADDRINUSE);
    stop_listening();
    assert_int_equal(listener_create(&listener, &config, loops, LOOPS, &events, NULL), 0);
}

static void refuses_addresses_of_other_machines(void **state)
{
    struct listener_config config = { .host = "192.0.2.77" };

    assert_int_equal(listener_create(&listener, &config, loops, LOOPS, &events, NULL),
                     -EADDRNOTAVAIL);
}

static void hears_ipv4_on_all_addresses(void **state)
{
    listen_on("");
    assert_true(is_welcome(dial(), 5000));
    assert_string_equal(greeting, "127.0.0.1");
}

static void hears_ipv6(void **state)
{
    struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    listen_on("::1");
    dialled[dialled_count++] = fd;
    address.sin6_port = htons((uint16_t)listener_port(listener));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(is_welcome(fd, 5000));
    assert_string_equal(greeting, "::1");
}

static void takes_no_more_than_allowed_from_one_peer(void **state)
{
    int fds[3], late;
    bool is_taken = false;

    connection_limits_destroy(limits);
    limits = connection_limits_create(0, 3);
    listen_on("127.0.0.1");
    for (int i = 0; i < 3; i++) {
        fds[i] = dial();
        assert_true(is_welcome(fds[i], 5000));
    }
    late = dial();
    assert_false(is_welcome(late, 5000));
    hang_up(late);
    hang_up(fds[0]);
    for (int tries = 0; tries < 1000 && !is_taken; tries++) { /* until the server notices */
        late = dial();
        is_taken = is_welcome(late, 5000);
        if (!is_taken)
            hang_up(late);
    }
    assert_true(is_taken);
}

static void lets_who_exceeds_the_total_wait_for_room(void **state)
{
    int first, second;

    connection_limits_destroy(limits);
    limits = connection_limits_create(1, 0);
    listen_on("127.0.0.1");
    first = dial();
    assert_true(is_welcome(first, 5000));
    second = dial();
    assert_false(is_welcome(second, 200));
    hang_up(first);
    assert_true(is_welcome(second, 5000));
}

static void lets_who_comes_at_the_descriptor_limit_wait(void **state)
{
    struct rlimit before, tight;
    int spare = open("/dev/null", O_RDONLY), next, fd;

    listen_on("127.0.0.1");
    getrlimit(RLIMIT_NOFILE, &before);
    next = open("/dev/null", O_RDONLY);
    close(next);
    tight = (struct rlimit){ .rlim_cur = (rlim_t)next + 1, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    fd = dial(); /* takes the last descriptor */
    assert_false(is_welcome(fd, 300));
    close(spare);
    assert_true(is_welcome(fd, 5000));
    setrlimit(RLIMIT_NOFILE, &before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spreads_connections_over_the_loops, start, stop),
        cmocka_unit_test_setup_teardown(refuses_a_port_that_another_listener_has, start, stop),
        cmocka_unit_test_setup_teardown(refuses_addresses_of_other_machines, start, stop),
        cmocka_unit_test_setup_teardown(hears_ipv4_on_all_addresses, start, stop),
        cmocka_unit_test_setup_teardown(hears_ipv6, start, stop),
        cmocka_unit_test_setup_teardown(takes_no_more_than_allowed_from_one_peer, start, stop),
        cmocka_unit_test_setup_teardown(lets_who_exceeds_the_total_wait_for_room, start, stop),
        cmocka_unit_test_setup_teardown(lets_who_comes_at_the_descriptor_limit_wait, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
