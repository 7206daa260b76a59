/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define PARKED_MAX   64
#define RESPONSE_MAX 300000
#define LARGE        250000

/* On the loop's thread; the count is read by the test's. */
static struct http_exchange *parked[PARKED_MAX];
static atomic_int parked_count;

static void respond(struct http_exchange *exchange, int status, const void *body, size_t len)
{
    static const struct http_header headers[] = { { "Content-Type", "text/plain" } };
    struct slice piece = { .owner = bytes_copy(body, len), .len = len };

    piece.data = piece.owner->data;
    http_respond(exchange, &(struct http_response){ .status = status,
                                                    .headers = headers,
                                                    .header_count = ARRAY_LEN(headers),
                                                    .body = &piece,
                                                    .body_count = 1,
                                                    .accepts_ranges = len == 100 });
    bytes_unref(piece.owner);
}

static void respond_large(struct http_exchange *exchange)
{
    char *text = mem_alloc(LARGE);

    for (size_t i = 0; i < LARGE; i++)
        text[i] = (char)('a' + i % 26);
    respond(exchange, 200, text, LARGE);
    mem_free(text);
}

static void stream(struct http_exchange *exchange)
{
    static const struct slice pieces[] = { { .data = (const uint8_t *)"one", .len = 3 },
                                           { .data = (const uint8_t *)"two", .len = 3 } };

    http_respond_start(exchange, &(struct http_response){ .status = 200 });
    http_respond_piece(exchange, &pieces[0], 1);
    http_respond_piece(exchange, &pieces[1], 1);
    http_respond_end(exchange);
}

static void on_parked_gone(void *ctx)
{
    for (int i = 0; i < parked_count; i++) {
        if (parked[i] == ctx) {
            parked[i] = parked[parked_count - 1];
            parked_count--;
            return;
        }
    }
}

void http_fixture_answer(struct http_exchange *exchange, const struct http_request *request,
                         void *ctx)
{
    char digits[100];

    if (!strcmp(request->path, "/hello")) {
        respond(exchange, 200, "hello\n", 6);
    } else if (!strcmp(request->path, "/echo")) {
        respond(exchange, 200, request->body, request->body_len);
    } else if (!strcmp(request->path, "/digits")) {
        for (size_t i = 0; i < sizeof(digits); i++)
            digits[i] = (char)('0' + i % 10);
        respond(exchange, 200, digits, sizeof(digits));
    } else if (!strcmp(request->path, "/host")) {
        snprintf(digits, sizeof(digits), "%s %s", request->host, http_header(request, "host"));
        respond(exchange, 200, digits, strlen(digits));
    } else if (!strcmp(request->path, "/large")) {
        respond_large(exchange);
    } else if (!strcmp(request->path, "/stream")) {
        stream(exchange);
    } else if (!strcmp(request->path, "/park") && parked_count < PARKED_MAX) {
        http_exchange_on_gone(exchange, on_parked_gone, exchange);
        parked[parked_count] = exchange;
        parked_count++;
    } else {
        respond(exchange, 404, "nothing\n", 8);
    }
}

static size_t body_max(const struct http_request *request, void *ctx)
{
    return 1000;
}

static void on_accept(struct stream_socket *socket, void *ctx)
{
    struct http_fixture *f = ctx;

    http_server_accept(f->server, socket);
}

void http_fixture_start(struct http_fixture *f)
{
    struct listener_config config = { .host = "127.0.0.1", .tls = f->tls, .limits = f->limits };
    struct listener_events events = { .on_accept = on_accept };

    signal(SIGPIPE, SIG_IGN);
    parked_count = 0;
    if (!f->config.handler.on_request)
        f->config.handler = (struct http_handler){ body_max, http_fixture_answer };
    f->loop = loop_create(0);
    f->server = http_server_create(f->loop, &f->config);
    assert_int_equal(listener_create(&f->listener, &config, &f->loop, 1, &events, f), 0);
    f->port = listener_port(f->listener);
    assert_int_equal(loop_start(f->loop), 0);
}

static void destroy_server(void *arg)
{
    struct http_fixture *f = arg;

    http_server_destroy(f->server);
}

void http_fixture_stop(struct http_fixture *f)
{
    listener_stop(f->listener);
    loop_post(f->loop, destroy_server, f);
    loop_stop(f->loop);
    loop_join(f->loop);
    loop_destroy(f->loop);
    listener_destroy(f->listener);
}

struct loop_call {
    void (*run)(void *arg);
    void *arg;
    pthread_mutex_t lock; /* lock guards: is_done */
    pthread_cond_t done;
    bool is_done;
};

static void run_call(void *arg)
{
    struct loop_call *call = arg;

    call->run(call->arg);
    pthread_mutex_lock(&call->lock);
    call->is_done = true;
    pthread_cond_signal(&call->done);
    pthread_mutex_unlock(&call->lock);
}

void http_fixture_call(struct http_fixture *f, void (*run)(void *arg), void *arg)
{
    struct loop_call call = { .run = run, .arg = arg };

    pthread_mutex_init(&call.lock, NULL);
    pthread_cond_init(&call.done, NULL);
    loop_post(f->loop, run_call, &call);
    pthread_mutex_lock(&call.lock);
    while (!call.is_done)
        pthread_cond_wait(&call.done, &call.lock);
    pthread_mutex_unlock(&call.lock);
    pthread_cond_destroy(&call.done);
    pthread_mutex_destroy(&call.lock);
}

static void release(void *arg)
{
    int *count = arg;

    *count = 0;
    while (parked_count) { /* an answer may let the next request in, and park it */
        parked_count--;
        ++*count;
        respond(parked[parked_count], 200, "parked\n", 7);
    }
}

int http_fixture_release(struct http_fixture *f)
{
    int count;

    http_fixture_call(f, release, &count);
    return count;
}

void http_fixture_wait_parked(struct http_fixture *f, int count)
{
    for (int tries = 0; parked_count != count; tries++) {
        if (tries == 5000)
            fail_msg("%d requests are parked, not %d", parked_count, count);
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
}

int client_connect(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval timeout = { .tv_sec = 5 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void client_send(int fd, const char *text)
{
    size_t len = strlen(text);

    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
}

static char response[RESPONSE_MAX];

/* The length of the first response in `response`, 0 if it is not complete. */
static size_t response_len(size_t len)
{
    const char *end = strstr(response, "\r\n\r\n");
    const char *length = strcasestr(response, "\r\nContent-Length: ");
    size_t total;

    if (!end)
        return 0;
    if (strcasestr(response, "Transfer-Encoding: chunked"))
        return strcmp(response + len - 5, "0\r\n\r\n") ? 0 : len;
    total = (size_t)(end + 4 - response);
    if (length && length < end)
        total += strtoul(length + 18, NULL, 10);
    else if (!strncmp(response, "HTTP/1.1 200", 12))
        return 0; /* until the end */
    return len >= total ? total : 0;
}

/* Byte by byte, so that nothing of the next response is taken. */
const char *client_response(int fd)
{
    size_t len = 0;

    memset(response, 0, sizeof(response));
    while (len < RESPONSE_MAX - 1 && !response_len(len)) {
        ssize_t got = recv(fd, response + len, 1, 0);
        if (got < 0)
            fail_msg("no answer within 5 s, only: %s", response);
        if (got == 0)
            break;
        len++;
    }
    return response;
}

const char *client_rest(int fd)
{
    size_t len = 0;

    memset(response, 0, sizeof(response));
    for (;;) {
        ssize_t got = recv(fd, response + len, RESPONSE_MAX - 1 - len, 0);
        if (got < 0 && len == 0)
            fail_msg("the connection does not end");
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    return response;
}

void client_close(int fd)
{
    close(fd);
}
