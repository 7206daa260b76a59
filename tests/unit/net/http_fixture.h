/* SPDX-License-Identifier: Apache-2.0 */
/* A server with one loop on a loopback port, and a blocking client's verbs. */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>

#include <cmocka.h>

#include "net/http_server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/stream_socket.h"

struct http_fixture {
    struct loop *loop;
    struct http_server *server;
    struct listener *listener;
    struct http_server_config config; /* set before http_fixture_start(), as these: */
    struct tls_context *tls;
    struct connection_limits *limits;
    int port;
};

/* Without a handler of the test's own it answers as http_fixture_answer() says. */
void http_fixture_start(struct http_fixture *f);
void http_fixture_stop(struct http_fixture *f);
/* Runs `run(arg)` on the loop and waits for it. */
void http_fixture_call(struct http_fixture *f, void (*run)(void *arg), void *arg);
/* /hello says "hello\n"; /echo returns the body; /digits 100 digits, with ranges; /host the host
 * twice; /large 250,000 letters a to z; /stream "one", "two" in pieces; /park nothing until
 * http_fixture_release(); else 404. At most 1000 bytes of body. */
void http_fixture_answer(struct http_exchange *exchange, const struct http_request *request,
                         void *ctx);
/* Answers "parked\n" to all who wait; returns how many did. */
int http_fixture_release(struct http_fixture *f);
/* Waits until `count` requests are parked. */
void http_fixture_wait_parked(struct http_fixture *f, int count);

/* A connected socket; all its verbs fail the test after 5 s. */
int client_connect(int port);
void client_send(int fd, const char *text);
/* The next response whole, by its Content-Length or until the connection ends. */
const char *client_response(int fd);
/* All that comes until the connection ends. */
const char *client_rest(int fd);
void client_close(int fd);

#define assert_contains(text, part) assert_non_null(strstr(text, part))

#endif
