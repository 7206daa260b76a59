/* SPDX-License-Identifier: Apache-2.0 */
/* One end of a socket pair is a stream_socket, the other the test itself; the loop runs when the
 * test lets it. Each promise is kept in clear and under TLS. */
#include "net/stream_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/bytes_file.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/loop.h"
#include "net/tls_context.h"

#define LARGE ((size_t)3 * 1024 * 1024)

struct pair {
    struct loop *loop;
    struct stream_socket *socket;
    bool is_tls;
    char dir[32];
    struct tls_context *tls;
    SSL_CTX *client_tls;
    SSL *ssl;
    int fd;              /* the test's end */
    struct buf received; /* by on_data() */
    bool pauses;         /* after each on_data() */
    int data_calls, drain_calls, close_calls, close_err;
};

static struct pair pair;

static void on_data(const uint8_t *data, size_t len, void *ctx)
{
    pair.data_calls++;
    buf_append(&pair.received, data, len);
    if (pair.pauses)
        stream_socket_pause(pair.socket);
}

static void on_drain(void *ctx)
{
    pair.drain_calls++;
}

static void on_close(int err, void *ctx)
{
    pair.close_calls++;
    pair.close_err = err;
}

static const struct stream_socket_events events = { on_data, on_drain, on_close };

/* --- the test's end --- */

static void turn(void)
{
    uv_run(loop_uv(pair.loop), UV_RUN_NOWAIT);
}

/* Bytes read, 0 if there are none yet, -1 at the end. */
static ssize_t peer_read(void *out, size_t size)
{
    ssize_t len;

    if (pair.is_tls) {
        len = SSL_read(pair.ssl, out, (int)size);
        if (len > 0)
            return len;
        return SSL_get_error(pair.ssl, (int)len) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    len = recv(pair.fd, out, size, MSG_DONTWAIT);
    if (len < 0)
        return errno == EAGAIN ? 0 : -1;
    return len ? len : -1;
}

static void peer_write(const void *data, size_t len)
{
    const char *at = data;

    while (len) {
        ssize_t sent = pair.is_tls ? SSL_write(pair.ssl, at, (int)len)
                                   : send(pair.fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            len -= (size_t)sent;
        }
        turn();
    }
}

/* Reads until `len` bytes are there; fails the test after 10 s. */
static void peer_expect(uint8_t *out, size_t len)
{
    int64_t give_up_ms = clock_mono_ms() + 10000;

    for (size_t at = 0; at < len;) {
        ssize_t got = peer_read(out + at, len - at);
        if (got < 0 || clock_mono_ms() > give_up_ms)
            fail_msg("%zu of %zu bytes", at, len);
        at += (size_t)got;
        turn();
    }
}

static void turn_until(const int *counter, int value)
{
    int64_t give_up_ms = clock_mono_ms() + 10000;

    while (*counter < value && clock_mono_ms() < give_up_ms)
        turn();
    assert_int_equal(*counter, value);
}

/* --- fixture --- */

static void shake_hands(void)
{
    pair.client_tls = SSL_CTX_new(TLS_client_method());
    pair.ssl = SSL_new(pair.client_tls);
    SSL_set_fd(pair.ssl, pair.fd);
    while (SSL_connect(pair.ssl) != 1)
        turn();
    for (int i = 0; i < 5; i++)
        turn();
}

static int open_pair(bool is_tls)
{
    static const char *const names[] = { "localhost" };
    struct tls_context_config tls = { .dir = pair.dir, .names = names, .name_count = 1 };
    struct stream_socket_config config = { .peer = "192.0.2.7" };
    int fds[2];

    memset(&pair, 0, sizeof(pair));
    snprintf(pair.dir, sizeof(pair.dir), "/tmp/weir-test-XXXXXX");
    assert_non_null(mkdtemp(pair.dir));
    if (is_tls)
        assert_int_equal(tls_context_create(&pair.tls, &tls), 0);
    config.tls = pair.tls;
    pair.is_tls = is_tls;
    buf_init(&pair.received, 2 * LARGE);
    pair.loop = loop_create(0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pair.fd = fds[1];
    assert_int_equal(stream_socket_create(&pair.socket, pair.loop, fds[0], &config), 0);
    stream_socket_set_events(pair.socket, &events, NULL);
    if (is_tls)
        shake_hands();
    return 0;
}

static int open_clear(void **state)
{
    return open_pair(false);
}

static int open_tls(void **state)
{
    return open_pair(true);
}

static int close_pair(void **state)
{
    char command[64];

    if (!pair.close_calls && pair.socket)
        stream_socket_close(pair.socket, 0);
    SSL_free(pair.ssl);
    SSL_CTX_free(pair.client_tls);
    close(pair.fd);
    loop_stop(pair.loop);
    loop_destroy(pair.loop);
    tls_context_destroy(pair.tls);
    buf_clear(&pair.received);
    snprintf(command, sizeof(command), "rm -r %s", pair.dir);
    return system(command);
}

/* Bytes that differ from their neighbours far and near. */
static struct bytes *pattern(size_t len)
{
    struct bytes *bytes = bytes_create(len);

    for (size_t i = 0; i < len; i++)
        bytes->data[i] = (uint8_t)(i ^ (i >> 8) ^ (i >> 16));
    return bytes;
}

static struct bytes *in_file(struct bytes *bytes)
{
    struct slice piece = slice_of(bytes);
    struct bytes *file = bytes_file_create(&piece, 1);

    assert_non_null(file);
    return file;
}

/* --- promises --- */

static void delivers_what_the_peer_sends(void **state)
{
    struct bytes *sent = pattern(200000);

    peer_write(sent->data, sent->len);
    while (pair.received.len < sent->len)
        turn();
    assert_memory_equal(pair.received.data, sent->data, sent->len);
    assert_string_equal(stream_socket_peer(pair.socket), "192.0.2.7");
    assert_int_equal(stream_socket_is_tls(pair.socket), pair.is_tls);
    bytes_unref(sent);
}

static void sends_more_than_the_kernel_takes_in_order(void **state)
{
    struct bytes *sent = pattern(LARGE);
    uint8_t *got = mem_alloc(LARGE);

    for (size_t at = 0, len = 1; at < LARGE; at += len, len = len * 3 % 70001 + 1) {
        struct slice piece = { .owner = sent, .data = sent->data + at };
        piece.len = len < LARGE - at ? len : LARGE - at;
        assert_int_equal(stream_socket_write(pair.socket, &piece, 1), 0);
    }
    assert_true(stream_socket_queued(pair.socket) > STREAM_SOCKET_HIGH_WATER);
    peer_expect(got, LARGE);
    assert_memory_equal(got, sent->data, LARGE);
    assert_int_equal(stream_socket_queued(pair.socket), 0);
    assert_true(stream_socket_sent(pair.socket) >= LARGE);
    mem_free(got);
    bytes_unref(sent);
}

static void copies_nothing_that_has_an_owner(void **state)
{
    struct bytes *sent = pattern(LARGE);
    struct slice piece = slice_of(sent);
    uint8_t *got = mem_alloc(LARGE);

    stream_socket_write(pair.socket, &piece, 1);
    assert_int_equal(sent->refs, 2);
    peer_expect(got, LARGE);
    assert_int_equal(sent->refs, 1);
    mem_free(got);
    bytes_unref(sent);
}

static void copies_what_has_none(void **state)
{
    struct bytes *sent = pattern(LARGE);
    uint8_t *passing = mem_dup(sent->data, LARGE), *got = mem_alloc(LARGE);

    stream_socket_write(pair.socket, &(struct slice){ .data = passing, .len = LARGE }, 1);
    memset(passing, 0, LARGE);
    mem_free(passing);
    peer_expect(got, LARGE);
    assert_memory_equal(got, sent->data, LARGE);
    mem_free(got);
    bytes_unref(sent);
}

/* What a segment looks like on its way: a head, its file, and the head of the next, again and
 * again; once also a part of the file, and pieces too small for another system call. */
static void sends_files_and_memory_in_order(void **state)
{
    struct bytes *sent = pattern(LARGE), *file = in_file(sent);
    struct slice pieces[] = {
        { .data = sent->data, .len = 100 },
        { .owner = file, .data = file->data + 100, .len = 1000000 },
        { .data = sent->data, .len = 0 },
        { .owner = file, .data = file->data + 1000100, .len = 20 },
        { .owner = sent, .data = sent->data + 1000120, .len = 70000 },
        { .owner = file, .data = file->data + 1070120, .len = LARGE - 1070120 },
        { .owner = file, .data = file->data, .len = 0 },
    };
    uint8_t *got = mem_alloc(LARGE);

    assert_int_equal(stream_socket_write(pair.socket, pieces, ARRAY_LEN(pieces)), 0);
    bytes_unref(file);
    peer_expect(got, LARGE);
    assert_memory_equal(got, sent->data, LARGE);
    assert_int_equal(stream_socket_queued(pair.socket), 0);
    for (int i = 0; i < 20; i++)
        turn();
    assert_int_equal(peer_read(got, 1), 0); /* no byte more */
    mem_free(got);
    bytes_unref(sent);
}

static void sends_a_file_that_ends_while_the_kernel_has_it(void **state)
{
    struct bytes *sent = pattern(60000), *file = in_file(sent);
    uint8_t *got = mem_alloc(sent->len);
    struct slice piece = slice_of(file);
    int fd = file->fd;

    assert_int_equal(stream_socket_write(pair.socket, &piece, 1), 0);
    assert_int_equal(stream_socket_queued(pair.socket), 0);
    bytes_unref(file);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    peer_expect(got, sent->len);
    assert_memory_equal(got, sent->data, sent->len);
    mem_free(got);
    bytes_unref(sent);
}

static void drops_a_file_with_a_broken_connection(void **state)
{
    struct bytes *sent = pattern(LARGE), *file = in_file(sent);
    struct slice piece = slice_of(file);

    assert_int_equal(stream_socket_write(pair.socket, &piece, 1), 0);
    assert_true(file->refs > 1);
    shutdown(pair.fd, SHUT_RDWR);
    turn_until(&pair.close_calls, 1);
    assert_int_equal(file->refs, 1);
    bytes_unref(file);
    bytes_unref(sent);
}

static void tells_once_when_the_queue_has_drained(void **state)
{
    struct bytes *sent = pattern(LARGE);
    struct slice piece = slice_of(sent);
    uint8_t *got = mem_alloc(LARGE);

    stream_socket_write(pair.socket, &piece, 1);
    turn();
    assert_int_equal(pair.drain_calls, 0);
    peer_expect(got, LARGE);
    turn();
    assert_int_equal(pair.drain_calls, 1);
    mem_free(got);
    bytes_unref(sent);
}

static void delivers_nothing_while_paused(void **state)
{
    struct bytes *sent = pattern(60000);
    int calls;

    pair.pauses = true;
    peer_write(sent->data, sent->len);
    turn_until(&pair.data_calls, 1);
    for (int i = 0; i < 20; i++)
        turn();
    assert_int_equal(pair.data_calls, 1);
    while (pair.received.len < sent->len) {
        calls = pair.data_calls;
        stream_socket_resume(pair.socket);
        assert_int_equal(pair.data_calls, calls); /* never inside the call */
        turn_until(&pair.data_calls, calls + 1);
    }
    assert_memory_equal(pair.received.data, sent->data, sent->len);
    bytes_unref(sent);
}

static void delivers_when_asked_if_read_by_hand(void **state)
{
    stream_socket_set_manual(pair.socket, true);
    peer_write("one", 3);
    for (int i = 0; i < 20; i++)
        turn();
    assert_int_equal(pair.data_calls, 0);
    stream_socket_read(pair.socket);
    assert_string_equal(buf_str(&pair.received), "one");
}

static void tells_of_the_end_without_being_asked(void **state)
{
    stream_socket_set_manual(pair.socket, true);
    peer_write("one", 3);
    if (pair.is_tls)
        SSL_shutdown(pair.ssl);
    shutdown(pair.fd, SHUT_WR);
    turn_until(&pair.close_calls, 1);
    assert_int_equal(pair.close_err, 0);
    assert_string_equal(buf_str(&pair.received), "one"); /* what came before it is not lost */
}

static void tells_when_the_peer_has_ended(void **state)
{
    if (pair.is_tls)
        SSL_shutdown(pair.ssl);
    else
        shutdown(pair.fd, SHUT_WR);
    turn_until(&pair.close_calls, 1);
    assert_int_equal(pair.close_err, 0);
}

static void tells_of_a_broken_connection_after_the_write_that_found_it(void **state)
{
    struct bytes *sent = pattern(1000);
    struct slice piece = slice_of(sent);

    if (pair.is_tls)
        SSL_set_quiet_shutdown(pair.ssl, 1);
    shutdown(pair.fd, SHUT_RDWR);
    stream_socket_pause(pair.socket); /* so that only writing can notice */
    assert_int_equal(stream_socket_write(pair.socket, &piece, 1), -EPIPE);
    assert_int_equal(stream_socket_write(pair.socket, &piece, 1), -EPIPE);
    assert_int_equal(pair.close_calls, 0);
    turn_until(&pair.close_calls, 1);
    assert_int_equal(pair.close_err, -EPIPE);
    bytes_unref(sent);
}

static void sends_what_is_queued_before_it_closes(void **state)
{
    struct bytes *sent = pattern(LARGE);
    struct slice piece = slice_of(sent);
    uint8_t *got = mem_alloc(LARGE);

    stream_socket_write(pair.socket, &piece, 1);
    stream_socket_close(pair.socket, 5000);
    pair.socket = NULL;
    peer_write("too late", 8);
    peer_expect(got, LARGE);
    assert_memory_equal(got, sent->data, LARGE);
    for (int i = 0; i < 1000 && !peer_read(got, 1); i++)
        turn();
    assert_int_equal(peer_read(got, 1), -1);
    assert_int_equal(pair.data_calls, 0);
    assert_int_equal(pair.close_calls, 0);
    assert_int_equal(sent->refs, 1);
    mem_free(got);
    bytes_unref(sent);
}

static void lingers_no_longer_than_told(void **state)
{
    struct bytes *sent = pattern(LARGE);
    struct slice piece = slice_of(sent);
    int64_t give_up_ms = clock_mono_ms() + 5000;

    stream_socket_write(pair.socket, &piece, 1);
    stream_socket_close(pair.socket, 20);
    pair.socket = NULL;
    while (sent->refs > 1 && clock_mono_ms() < give_up_ms)
        turn();
    assert_int_equal(sent->refs, 1);
    bytes_unref(sent);
}

static struct buf second_received;

static void on_second_data(const uint8_t *data, size_t len, void *ctx)
{
    buf_append(&second_received, data, len);
}

static void on_first_data(const uint8_t *data, size_t len, void *ctx)
{
    static const struct stream_socket_events second = { on_second_data, NULL, on_close };

    buf_append(&pair.received, data, len);
    stream_socket_set_events(pair.socket, &second, NULL);
}

static void can_be_handed_to_another_owner(void **state)
{
    static const struct stream_socket_events first = { on_first_data, NULL, on_close };

    buf_init(&second_received, 100);
    stream_socket_set_events(pair.socket, &first, NULL);
    peer_write("one", 3);
    while (!pair.received.len)
        turn();
    peer_write("two", 3);
    while (!second_received.len)
        turn();
    assert_string_equal(buf_str(&pair.received), "one");
    assert_string_equal(buf_str(&second_received), "two");
    buf_clear(&second_received);
}

static void on_data_close(const uint8_t *data, size_t len, void *ctx)
{
    pair.data_calls++;
    stream_socket_close(pair.socket, 0);
    pair.socket = NULL;
}

static void may_be_closed_inside_its_callback(void **state)
{
    static const struct stream_socket_events closing = { on_data_close, NULL, on_close };

    stream_socket_set_events(pair.socket, &closing, NULL);
    peer_write("one", 3);
    turn_until(&pair.data_calls, 1);
    for (int i = 0; i < 5; i++)
        turn();
    assert_int_equal(pair.close_calls, 0);
}

static void ends_on_nonsense_instead_of_records(void **state)
{
    static const uint8_t nonsense[100] = "GET / HTTP/1.1\r\n\r\n";

    assert_int_equal(send(pair.fd, nonsense, sizeof(nonsense), 0), sizeof(nonsense));
    turn_until(&pair.close_calls, 1);
    assert_int_equal(pair.close_err, -EPROTO);
}

#define CLEAR(test) cmocka_unit_test_setup_teardown(test, open_clear, close_pair)
#define TLS(test)   cmocka_unit_test_setup_teardown(test, open_tls, close_pair)
#define BOTH(test)  CLEAR(test), TLS(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(delivers_what_the_peer_sends),
        BOTH(sends_more_than_the_kernel_takes_in_order),
        BOTH(copies_nothing_that_has_an_owner),
        BOTH(copies_what_has_none),
        BOTH(sends_files_and_memory_in_order),
        BOTH(sends_a_file_that_ends_while_the_kernel_has_it),
        BOTH(drops_a_file_with_a_broken_connection),
        BOTH(tells_once_when_the_queue_has_drained),
        BOTH(delivers_nothing_while_paused),
        BOTH(delivers_when_asked_if_read_by_hand),
        BOTH(tells_of_the_end_without_being_asked),
        BOTH(tells_when_the_peer_has_ended),
        BOTH(tells_of_a_broken_connection_after_the_write_that_found_it),
        BOTH(sends_what_is_queued_before_it_closes),
        BOTH(lingers_no_longer_than_told),
        BOTH(can_be_handed_to_another_owner),
        BOTH(may_be_closed_inside_its_callback),
        TLS(ends_on_nonsense_instead_of_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
