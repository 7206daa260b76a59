/* SPDX-License-Identifier: Apache-2.0 */
/*     stream_socket --bytes--> rtmp_conn --ingest events--> live/
 *                   <-answers-
 *
 * One timer looks for connections that have been silent for too long. Another one reads from all
 * that publish, in a beat: an encoder sends each frame of picture and sound by itself, and to be
 * woken for each costs more than all else that is done with it. Reading frames together halves the
 * cost of an encoder, for a delay of half a beat on average. To wake an idle core costs 0.1 ms, as
 * much as the media of a fifth of a second: the fewer share it, the slower the beat, within what
 * low latency allows. */
#include "ingest/rtmp_server.h"

#include <errno.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/rtmp_conn.h"
#include "net/loop.h"
#include "net/stream_socket.h"

#define BEAT_MIN_MS    40
#define BEAT_MAX_MS    100
#define BEAT_SHARED_MS 1500 /* of media, from all together, that is worth a beat */
#define BEAT_READS_MAX 8    /* then the others get their turn */
#define SWEEP_MS       500
#define LINGER_MS      1000       /* for an encoder to read why it was closed */
#define UNREAD_MAX     (64 << 10) /* answers that a peer may leave unread */
#define CONNECTION_MAX 10000      /* of one loop; publishers are limited by live/ */

struct rtmp_server {
    struct loop *loop;
    const struct ingest_events *events;
    void *ctx;
    struct loop_timer *sweep; /* runs while there are peers */
    struct loop_timer *beat;  /* runs while any of them publishes */
    struct list peers;
    size_t peer_count;
    struct list publishing; /* peers that are read in the beat */
    int publishing_count;
    int beat_ms;         /* 0: none */
    struct list resumed; /* peers that go on when the loop comes round */
    bool is_posted;
    bool is_destroyed; /* waits for the posted message */
};

struct peer {
    struct list node, publishing_node, resumed_node;
    struct rtmp_server *server;
    struct stream_socket *socket;
    struct rtmp_conn *conn;
    bool is_publishing;
};

/* ---- the beat ---- */

static int choose_beat(int publishing)
{
    int beat_ms = publishing ? BEAT_SHARED_MS / publishing : 0;

    if (beat_ms > BEAT_MAX_MS)
        return BEAT_MAX_MS;
    return publishing && beat_ms < BEAT_MIN_MS ? BEAT_MIN_MS : beat_ms;
}

static void update_beat(struct rtmp_server *server)
{
    int beat_ms = choose_beat(server->publishing_count);

    if (beat_ms == server->beat_ms)
        return;
    server->beat_ms = beat_ms;
    if (beat_ms)
        loop_timer_start(server->beat, beat_ms, beat_ms);
    else
        loop_timer_stop(server->beat);
}

/* Whoever begins joins in the beat, whoever ends leaves it. */
static void set_publishing(struct peer *peer, bool is_publishing)
{
    struct rtmp_server *server = peer->server;

    if (peer->is_publishing == is_publishing)
        return;
    peer->is_publishing = is_publishing;
    list_remove(&peer->publishing_node);
    if (is_publishing)
        list_append(&server->publishing, &peer->publishing_node);
    server->publishing_count += is_publishing ? 1 : -1;
    update_beat(server);
}

static void read_peer(struct stream_socket *socket)
{
    for (int i = 0; i < BEAT_READS_MAX && stream_socket_read(socket); i++)
        ; /* the peer may be gone, its socket stays until the loop comes round */
}

static void beat(void *ctx)
{
    struct rtmp_server *server = ctx;
    struct list batch, *node;

    list_move(&batch, &server->publishing);
    while ((node = list_pop(&batch))) { /* whose callbacks may take any of them out */
        list_append(&server->publishing, node);
        read_peer(LIST_ITEM(node, struct peer, publishing_node)->socket);
    }
}

/* ---- the end of a peer ---- */

static void destroy_peer(struct peer *peer)
{
    set_publishing(peer, false);
    list_remove(&peer->node);
    list_remove(&peer->resumed_node);
    peer->server->peer_count--;
    rtmp_conn_destroy(peer->conn);
    mem_free(peer);
}

static void close_peer(struct peer *peer, int linger_ms)
{
    stream_socket_close(peer->socket, linger_ms);
    destroy_peer(peer);
}

/* ---- what the socket says ---- */

static void on_data(const uint8_t *data, size_t len, void *ctx)
{
    struct peer *peer = ctx;

    rtmp_conn_feed(peer->conn, data, len);
}

static void on_close(int err, void *ctx)
{
    struct peer *peer = ctx;

    if (err == -EPROTO)
        log_info("rtmps", "TLS failed, encoders need rtmps:// on this port: peer=%s",
                 stream_socket_peer(peer->socket));
    rtmp_conn_lost(peer->conn);
    destroy_peer(peer);
}

static const struct stream_socket_events socket_events = {
    .on_data = on_data,
    .on_close = on_close,
};

/* ---- what the conversation wants ---- */

static int write_answer(const uint8_t *data, size_t len, void *ctx)
{
    struct peer *peer = ctx;
    struct slice slice = { .data = data, .len = len };

    if (stream_socket_queued(peer->socket) > UNREAD_MAX)
        return -ENOBUFS;
    stream_socket_write(peer->socket, &slice, 1); /* if it is broken, on_close() says so */
    return 0;
}

static void pause_peer(void *ctx)
{
    struct peer *peer = ctx;

    stream_socket_pause(peer->socket);
}

static void run_resumed(void *arg)
{
    struct rtmp_server *server = arg;
    struct list batch, *node;

    server->is_posted = false;
    if (server->is_destroyed) {
        mem_free(server);
        return;
    }
    list_move(&batch, &server->resumed);
    while ((node = list_pop(&batch)))
        rtmp_conn_continue(LIST_ITEM(node, struct peer, resumed_node)->conn);
}

static void resume_peer(void *ctx)
{
    struct peer *peer = ctx;
    struct rtmp_server *server = peer->server;

    stream_socket_resume(peer->socket);
    list_remove(&peer->resumed_node);
    list_append(&server->resumed, &peer->resumed_node);
    if (!server->is_posted)
        loop_post(server->loop, run_resumed, server);
    server->is_posted = true;
}

static void on_publishing(bool is_publishing, void *ctx)
{
    struct peer *peer = ctx;

    stream_socket_set_manual(peer->socket, is_publishing);
    set_publishing(peer, is_publishing);
}

static void on_finish(bool has_last_words, void *ctx)
{
    close_peer(ctx, has_last_words ? LINGER_MS : 0);
}

static const struct rtmp_transport transport = {
    .write = write_answer,
    .pause = pause_peer,
    .resume = resume_peer,
    .on_publishing = on_publishing,
    .on_finish = on_finish,
};

/* ---- the server ---- */

static void sweep(void *ctx)
{
    struct rtmp_server *server = ctx;
    int64_t now_ms = clock_mono_ms();
    struct list batch, *node;

    list_move(&batch, &server->peers);
    while ((node = list_pop(&batch))) { /* whose callbacks may take others out */
        struct peer *peer = LIST_ITEM(node, struct peer, node);

        list_append(&server->peers, node);
        rtmp_conn_sweep(peer->conn, now_ms);
    }
    if (list_is_empty(&server->peers)) /* an idle server sleeps */
        loop_timer_stop(server->sweep);
}

struct rtmp_server *rtmp_server_create(struct loop *loop, const struct ingest_events *events,
                                       void *ctx)
{
    struct rtmp_server *server = mem_zalloc(sizeof(*server));

    server->loop = loop;
    server->events = events;
    server->ctx = ctx;
    list_init(&server->peers);
    list_init(&server->publishing);
    list_init(&server->resumed);
    server->beat = loop_timer_create(loop, beat, server);
    server->sweep = loop_timer_create(loop, sweep, server);
    return server;
}

void rtmp_server_adopt(struct rtmp_server *server, struct stream_socket *socket,
                       const uint8_t *data, size_t len)
{
    struct rtmp_conn_config config = {
        .loop = server->loop,
        .peer = stream_socket_peer(socket),
        .is_encrypted = stream_socket_is_tls(socket),
        .transport = &transport,
        .events = server->events,
        .events_ctx = server->ctx,
    };
    struct peer *peer;

    loop_assert_here(server->loop);
    if (server->peer_count == CONNECTION_MAX) {
        log_warn("rtmp", "connection refused, too many: peer=%s", config.peer);
        stream_socket_close(socket, 0);
        return;
    }
    peer = mem_zalloc(sizeof(*peer));
    peer->server = server;
    peer->socket = socket;
    if (list_is_empty(&server->peers))
        loop_timer_start(server->sweep, SWEEP_MS, SWEEP_MS);
    list_append(&server->peers, &peer->node);
    list_init(&peer->publishing_node);
    list_init(&peer->resumed_node);
    server->peer_count++;
    config.transport_ctx = peer;
    peer->conn = rtmp_conn_create(&config);
    stream_socket_set_events(socket, &socket_events, peer);
    if (len)
        rtmp_conn_feed(peer->conn, data, len);
}

size_t rtmp_server_connections(const struct rtmp_server *server)
{
    return server->peer_count;
}

void rtmp_server_destroy(struct rtmp_server *server)
{
    struct list *node;

    if (!server)
        return;
    while ((node = list_pop(&server->peers))) {
        struct peer *peer = LIST_ITEM(node, struct peer, node);

        rtmp_conn_lost(peer->conn);
        close_peer(peer, 0);
    }
    loop_timer_destroy(server->sweep);
    loop_timer_destroy(server->beat);
    if (server->is_posted)
        server->is_destroyed = true;
    else
        mem_free(server);
}
