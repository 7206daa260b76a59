/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/srt_host.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/srt_conn.h"
#include "ingest/srt_listener.h"
#include "net/loop.h"

#define SWEEP_MS 500

struct srt_host {
    struct loop *loop;
    const struct ingest_events *events;
    void *ctx;
    struct list peers;
    struct list finished; /* to be destroyed when the loop comes round */
    struct loop_task bury;
    struct loop_timer *sweep;
    bool is_closed;
};

struct peer {
    struct list node;
    struct srt_host *host;
    struct srt_listener *listener;
    uint64_t number;
    struct srt_conn *conn;
};

static void destroy_peer(struct peer *peer)
{
    list_remove(&peer->node);
    srt_conn_destroy(peer->conn);
    mem_free(peer);
}

static struct peer *find_peer(struct srt_host *host, uint64_t number)
{
    LIST_EACH (node, &host->peers) {
        struct peer *peer = LIST_ITEM(node, struct peer, node);
        if (peer->number == number)
            return peer;
    }
    return NULL;
}

/* ---- what the conversation wants ---- */

static void read_peer(void *ctx)
{
    struct peer *peer = ctx;

    srt_listener_read(peer->listener, peer->number);
}

static void finish_peer(void *ctx)
{
    struct peer *peer = ctx;

    srt_listener_close(peer->listener, peer->number);
    list_remove(&peer->node);
    list_append(&peer->host->finished, &peer->node);
    loop_task_ask(&peer->host->bury, peer->host->loop);
}

static const struct srt_transport transport = { read_peer, finish_peer };

static void bury(struct loop_task *task)
{
    struct srt_host *host = CONTAINER_OF(task, struct srt_host, bury);
    struct list *node;

    while ((node = list_pop(&host->finished)))
        destroy_peer(LIST_ITEM(node, struct peer, node));
}

/* ---- what the listener says ---- */

enum message_kind { OPENED, DATA, LOST };

struct message {
    enum message_kind kind;
    struct srt_host *host;
    uint64_t number;
    /* DATA */
    struct bytes *ts;
    int64_t arrival_us;
    /* OPENED */
    struct srt_listener *listener;
    struct stream_name *name;
    char tag[LOG_TAG_SIZE], peer[64];
    bool is_encrypted;
};

static void open_peer(const struct message *message)
{
    struct srt_host *host = message->host;
    struct peer *peer = mem_zalloc(sizeof(*peer));
    struct srt_conn_config config = {
        .loop = host->loop,
        .tag = message->tag,
        .peer = message->peer,
        .is_encrypted = message->is_encrypted,
        .name = message->name,
        .transport = &transport,
        .transport_ctx = peer,
        .events = host->events,
        .events_ctx = host->ctx,
    };

    peer->host = host;
    peer->listener = message->listener;
    peer->number = message->number;
    list_append(&host->peers, &peer->node);
    peer->conn = srt_conn_create(&config);
    srt_conn_open(peer->conn);
}

static void deliver(const struct message *message)
{
    struct peer *peer;

    if (message->kind == OPENED) {
        open_peer(message);
        return;
    }
    peer = find_peer(message->host, message->number);
    if (!peer)
        return;
    if (message->kind == DATA) {
        srt_conn_feed(peer->conn, message->ts, message->arrival_us);
    } else {
        srt_conn_lost(peer->conn);
        destroy_peer(peer);
    }
}

static void run_message(void *arg)
{
    struct message *message = arg;

    if (!message->host->is_closed)
        deliver(message);
    bytes_unref(message->ts);
    if (message->name)
        explicit_bzero(message->name, sizeof(*message->name));
    mem_free(message->name);
    mem_free(message);
}

static void post(const struct message *message)
{
    loop_post(message->host->loop, run_message, mem_dup(message, sizeof(*message)));
}

void srt_host_post_opened(struct srt_host *host, const struct srt_arrival *arrival)
{
    struct message message = {
        .kind = OPENED,
        .host = host,
        .number = arrival->number,
        .listener = arrival->listener,
        .name = mem_dup(arrival->name, sizeof(*arrival->name)),
        .is_encrypted = arrival->is_encrypted,
    };

    snprintf(message.tag, sizeof(message.tag), "%s", arrival->tag);
    snprintf(message.peer, sizeof(message.peer), "%s", arrival->peer);
    post(&message);
}

void srt_host_post_data(struct srt_host *host, uint64_t number, struct bytes *ts,
                        int64_t arrival_us)
{
    struct message message = {
        .kind = DATA,
        .host = host,
        .number = number,
        .ts = bytes_ref(ts),
        .arrival_us = arrival_us,
    };

    post(&message);
}

void srt_host_post_lost(struct srt_host *host, uint64_t number)
{
    post(&(struct message){ .kind = LOST, .host = host, .number = number });
}

/* ---- the host ---- */

static void sweep(void *ctx)
{
    struct srt_host *host = ctx;
    int64_t now_ms = clock_mono_ms();
    struct list batch, *node;

    list_move(&batch, &host->peers);
    while ((node = list_pop(&batch))) { /* whose callbacks may take others out */
        struct peer *peer = LIST_ITEM(node, struct peer, node);

        list_append(&host->peers, node);
        srt_conn_sweep(peer->conn, now_ms);
    }
}

struct srt_host *srt_host_create(struct loop *loop, const struct ingest_events *events, void *ctx)
{
    struct srt_host *host = mem_zalloc(sizeof(*host));

    host->loop = loop;
    host->events = events;
    host->ctx = ctx;
    list_init(&host->peers);
    list_init(&host->finished);
    loop_task_init(&host->bury, bury);
    host->sweep = loop_timer_create(loop, sweep, host);
    loop_timer_start(host->sweep, SWEEP_MS, SWEEP_MS);
    return host;
}

void srt_host_close(struct srt_host *host)
{
    struct list *node;

    if (!host || host->is_closed)
        return;
    host->is_closed = true;
    while ((node = list_pop(&host->peers))) {
        struct peer *peer = LIST_ITEM(node, struct peer, node);

        srt_conn_lost(peer->conn);
        destroy_peer(peer);
    }
    loop_task_cancel(&host->bury);
    bury(&host->bury);
    loop_timer_destroy(host->sweep);
}

void srt_host_destroy(struct srt_host *host)
{
    mem_free(host);
}
