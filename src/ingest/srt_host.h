/* SPDX-License-Identifier: Apache-2.0 */
/* The encoders of one loop that came over SRT. What their connections say comes by message from the
 * thread that reads them all, what is to become of them goes back to it: both by number.
 * Thread: the loop's, unless said otherwise. */
#ifndef INGEST_SRT_HOST_H
#define INGEST_SRT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;
struct ingest_events;
struct loop;
struct srt_host;
struct srt_listener;
struct stream_name;

/* `events` hear of each encoder, at first with `ctx`. Before the loop runs, or on it. Returns
 * owned. */
struct srt_host *srt_host_create(struct loop *loop, const struct ingest_events *events, void *ctx);
/* Closes all connections, with on_end() for the broadcasts that live/ has not closed; messages that
 * still come are ignored. */
void srt_host_close(struct srt_host *host);
/* After srt_host_close() and the loop's end. NULL is fine. */
void srt_host_destroy(struct srt_host *host);

/* -- for the listener's thread -- */

struct srt_arrival {
    struct srt_listener *listener;
    uint64_t number;
    const char *tag;                /* for log lines */
    const char *peer;               /* address without port */
    const struct stream_name *name; /* copied */
    bool is_encrypted;
};

void srt_host_post_opened(struct srt_host *host, const struct srt_arrival *arrival);
/* Refs `ts`. */
void srt_host_post_data(struct srt_host *host, uint64_t number, struct bytes *ts,
                        int64_t arrival_us);
void srt_host_post_lost(struct srt_host *host, uint64_t number);

#endif
