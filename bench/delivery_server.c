/* SPDX-License-Identifier: Apache-2.0 */
/* The network layer alone, for comparing it with other servers: answers /segment (200 kB) and
 * /playlist (2 kB) from memory. Usage: delivery_server HTTP-PORT [HTTPS-PORT DIR], where DIR gets
 * the certificate. Prints the ports. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"

static struct bytes *segment, *playlist;
static struct http_server *server;

static size_t body_max(const struct http_request *request, void *ctx)
{
    return (size_t)1024 * 1024;
}

static void respond(struct http_exchange *exchange, int status, struct bytes *body)
{
    static const struct http_header headers[] = { { "Content-Type", "video/mp2t" },
                                                  { "Cache-Control", "public, max-age=3600" } };
    struct slice piece = slice_of(body);

    http_respond(exchange, &(struct http_response){ .status = status,
                                                    .headers = headers,
                                                    .header_count = ARRAY_LEN(headers),
                                                    .body = &piece,
                                                    .body_count = 1,
                                                    .accepts_ranges = true });
}

static void on_request(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx)
{
    if (!strcmp(request->path, "/segment")) {
        respond(exchange, 200, segment);
    } else if (!strcmp(request->path, "/playlist")) {
        respond(exchange, 200, playlist);
    } else if (!strcmp(request->path, "/echo")) {
        struct bytes *copy = bytes_copy(request->body, request->body_len);
        respond(exchange, 200, copy);
        bytes_unref(copy);
    } else {
        respond(exchange, 404, playlist);
    }
}

static void on_accept(struct stream_socket *socket, void *ctx)
{
    http_server_accept(server, socket);
}

static struct bytes *filled(size_t len)
{
    struct bytes *bytes = bytes_create(len);

    for (size_t i = 0; i < len; i++)
        bytes->data[i] = (uint8_t)('a' + i % 26);
    return bytes;
}

static int listen_on(struct loop *loop, const char *port, struct tls_context *tls)
{
    struct listener_events events = { on_accept };
    struct listener_config where = { .host = "127.0.0.1",
                                     .port = (int)strtol(port, NULL, 10),
                                     .tls = tls };
    struct listener *listener;
    int err = listener_create(&listener, &where, &loop, 1, &events, NULL);

    if (err) {
        fprintf(stderr, "port %s: %s\n", port, err_str(err));
        exit(1);
    }
    return listener_port(listener);
}

int main(int argc, char **argv)
{
    static const char *const names[] = { "localhost", "127.0.0.1" };
    struct tls_context_config config = { .dir = argc > 3 ? argv[3] : "",
                                         .names = names,
                                         .name_count = 2 };
    struct loop *loop = loop_create(0);
    struct tls_context *tls = NULL;

    signal(SIGPIPE, SIG_IGN);
    segment = filled(200 * 1000);
    playlist = filled(2000);
    server = http_server_create(
        loop, &(struct http_server_config){ .handler = { body_max, on_request } });
    printf("%d\n", listen_on(loop, argc > 1 ? argv[1] : "0", NULL));
    if (argc > 3) {
        if (tls_context_create(&tls, &config))
            return 1;
        printf("%d\n", listen_on(loop, argv[2], tls));
    }
    fflush(stdout);
    loop_start(loop);
    loop_join(loop);
    return 0;
}
