/* SPDX-License-Identifier: Apache-2.0 */
/* One encoder that came over SRT: transport stream in, and an ingest for live/. It knows no socket:
 * srt_host gives it one, tests feed it by hand.
 * Thread: the loop of the connection. */
#ifndef INGEST_SRT_CONN_H
#define INGEST_SRT_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/ingest.h"
#include "ingest/stream_name.h"

#define SRT_IDLE_MS     30000              /* of silence while publishing */
#define SRT_RATE_MAX    (40 * 1000 * 1000) /* bits per second over SRT_RATE_MS, stuffing and all */
#define SRT_RATE_MS     5000
#define SRT_MEASURED_MS 5000 /* from the first packet to the bit rates told */

struct bytes;
struct srt_conn;

/* What the connection asks of its host. */
struct srt_transport {
    void (*read)(void *ctx); /* media may come now */
    /* It is over: nothing is called any more. The host destroys the connection, not before the call
     * from which this came has returned. */
    void (*finish)(void *ctx);
};

struct srt_conn_config {
    struct loop *loop;
    const char *tag;  /* for log lines */
    const char *peer; /* address without port */
    bool is_encrypted;
    const struct stream_name *name;
    const char *program; /* path of weir-media; NULL: beside the running program */
    const struct srt_transport *transport;
    void *transport_ctx;
    const struct ingest_events *events;
    void *events_ctx;
};

/* Returns owned. */
struct srt_conn *srt_conn_create(const struct srt_conn_config *config);
/* Asks live/ whether it may publish. Once. */
void srt_conn_open(struct srt_conn *conn);
/* Transport stream has come, its last byte at `arrival_us`, wall clock. Refs `ts`. */
void srt_conn_feed(struct srt_conn *conn, struct bytes *ts, int64_t arrival_us);
/* The peer is gone; finish() is not called. */
void srt_conn_lost(struct srt_conn *conn);
/* Ends a connection that is silent or sends too much. `now_ms`: monotonic. */
void srt_conn_sweep(struct srt_conn *conn, int64_t now_ms);
/* NULL is fine. */
void srt_conn_destroy(struct srt_conn *conn);

#endif
