/* SPDX-License-Identifier: Apache-2.0 */
/* One encoder's RTMP conversation, from the handshake to the end: bytes in, answers out, and an
 * ingest for live/. It knows no socket: rtmp_server gives it one, tests feed it by hand.
 * Thread: the loop of the connection. */
#ifndef INGEST_RTMP_CONN_H
#define INGEST_RTMP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/ingest.h"

#define RTMP_HANDSHAKE_MS 10000 /* from the first moment to the end of the handshake */
#define RTMP_COMMAND_MS   10000 /* from there, or from the end of a broadcast, to publish */
#define RTMP_IDLE_MS      30000 /* without a byte while publishing */

struct rtmp_conn;

/* What the conversation needs of its socket. */
struct rtmp_transport {
    /* Copies. -ENOBUFS: the peer does not read what it is told. */
    int (*write)(const uint8_t *data, size_t len, void *ctx);
    /* Nothing more should be fed until resume(). */
    void (*pause)(void *ctx);
    /* Go on, and call rtmp_conn_continue() soon, but not inside this call. */
    void (*resume)(void *ctx);
    /* Media begins to flow, or ends: from now on bytes may be read in batches, or no more. */
    void (*on_publishing)(bool is_publishing, void *ctx);
    /* Once: the conversation is over. `has_last_words`: the peer should get to read what was
     * written last. The connection may be destroyed inside. */
    void (*on_finish)(bool has_last_words, void *ctx);
};

struct rtmp_conn_config {
    struct loop *loop;
    const char *peer; /* address without port; copied */
    bool is_encrypted;
    const struct rtmp_transport *transport;
    void *transport_ctx;
    const struct ingest_events *events;
    void *events_ctx; /* of each ingest, until ingest_set_ctx() */
};

/* Returns owned. */
struct rtmp_conn *rtmp_conn_create(const struct rtmp_conn_config *config);
/* Bytes from the peer; borrowed. Nothing may touch the connection afterwards if on_finish() came
 * and destroyed it. The same holds for the next three. */
void rtmp_conn_feed(struct rtmp_conn *conn, const uint8_t *data, size_t len);
void rtmp_conn_continue(struct rtmp_conn *conn);
/* The socket is gone. No on_finish(): the caller destroys the connection. */
void rtmp_conn_lost(struct rtmp_conn *conn);
/* Ends what has been silent for too long; to be called every second or so. */
void rtmp_conn_sweep(struct rtmp_conn *conn, int64_t now_ms);
/* No callback comes from it: a broadcast must have ended before. NULL is fine. */
void rtmp_conn_destroy(struct rtmp_conn *conn);

#endif
