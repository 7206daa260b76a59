/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_detect.h"

#include <string.h>

#include "base/mem.h"
#include "net/http1.h"
#include "net/http2.h"
#include "net/http_internal.h"
#include "net/stream_socket.h"

/* The method PRI is reserved for it, so that its first letters suffice: RFC 9113 11.6. */
static const char preface[] = "PRI";
#define PREFACE_LEN (sizeof(preface) - 1)

/* RTMP 1.0, 5.2.2: the version. */
#define RTMP_FIRST_BYTE 0x03

struct detect_conn {
    struct http_conn base;
    size_t len;
    uint8_t first[PREFACE_LEN]; /* what came in pieces too small to tell */
};

static struct detect_conn *conn_of(struct http_conn *base)
{
    return CONTAINER_OF(base, struct detect_conn, base);
}

static void leave(struct detect_conn *conn)
{
    http_conn_clear(&conn->base);
    mem_free(conn);
}

static void close_conn(struct http_conn *base)
{
    stream_socket_close(base->socket, 0);
    leave(conn_of(base));
}

static void on_timeout(struct http_conn *base, enum http_wait wait)
{
    close_conn(base);
}

static const struct http_conn_ops conn_ops = { .drain = close_conn,
                                               .destroy = close_conn,
                                               .on_timeout = on_timeout };

typedef void open_fn(struct http_server *server, struct stream_socket *socket, const uint8_t *first,
                     size_t len);

static void open_rtmp(struct http_server *server, struct stream_socket *socket,
                      const uint8_t *first, size_t len)
{
    if (!http_server_hand_over(server, socket, first, len))
        stream_socket_close(socket, 0);
}

/* NULL: more bytes are needed to tell. */
static open_fn *tell(const struct stream_socket *socket, const uint8_t *first, size_t len)
{
    const char *alpn = stream_socket_alpn(socket);
    size_t known = len < PREFACE_LEN ? len : PREFACE_LEN;

    if (!strcmp(alpn, "h2"))
        return http2_open;
    if (!strcmp(alpn, "http/1.1"))
        return http1_open;
    if (stream_socket_is_tls(socket) && first[0] == RTMP_FIRST_BYTE)
        return open_rtmp;
    if (memcmp(first, preface, known) != 0)
        return http1_open;
    return known == PREFACE_LEN ? http2_open : NULL;
}

static void hand_on(struct detect_conn *conn, open_fn *open, const uint8_t *first, size_t len)
{
    struct http_server *server = conn->base.server;
    struct stream_socket *socket = conn->base.socket;

    http_conn_pass_on(&conn->base);
    mem_free(conn);
    open(server, socket, first, len);
    http_conn_passed_on(server);
}

static void on_data(const uint8_t *data, size_t len, void *ctx)
{
    struct detect_conn *conn = ctx;
    size_t all_len = conn->len + len;
    uint8_t *all = NULL;
    open_fn *open;

    if (conn->len) {
        all = mem_alloc(all_len);
        memcpy(all, conn->first, conn->len);
        memcpy(all + conn->len, data, len);
        data = all;
    }
    open = tell(conn->base.socket, data, all_len);
    if (open) {
        hand_on(conn, open, data, all_len);
    } else {
        memcpy(conn->first, data, all_len);
        conn->len = all_len;
    }
    mem_free(all);
}

static void on_close(int err, void *ctx)
{
    leave(ctx);
}

void http_detect_open(struct http_server *server, struct stream_socket *socket)
{
    static const struct stream_socket_events events = { .on_data = on_data, .on_close = on_close };
    struct detect_conn *conn = mem_zalloc(sizeof(*conn));

    http_conn_init(&conn->base, server, socket, &conn_ops);
    http_conn_wait(&conn->base, HTTP_WAIT_FIRST, 0);
    stream_socket_set_events(socket, &events, conn);
}
