/* SPDX-License-Identifier: Apache-2.0 */
/* The SRT port: one UDP socket that libsrt serves with threads of its own, and one thread of ours,
 * weir-srt, which reads all connections and hands what came to the loops. Nothing of it exists
 * unless a listener does.
 * Thread: created, ended and destroyed by the one that owns the loops. */
#ifndef INGEST_SRT_LISTENER_H
#define INGEST_SRT_LISTENER_H

#include <stdint.h>

struct srt_gate;
struct srt_host;
struct srt_listener;

struct srt_listener_config {
    const char *host; /* a numeric address */
    int port;         /* 0 takes a free one */
    int latency_ms;   /* for what was lost to be sent again; encoders may ask for more */
};

/* Binds. -EADDRINUSE if somebody has the port. */
int srt_listener_create(struct srt_listener **out, const struct srt_listener_config *config);
int srt_listener_port(const struct srt_listener *l);
/* Handshakes are answered from now on, as `gate` says, and their connections given to `hosts` in
 * turn. Borrows all. */
int srt_listener_start(struct srt_listener *l, struct srt_gate *gate, struct srt_host *const *hosts,
                       int count);
/* No new connections. Any thread. */
void srt_listener_stop(struct srt_listener *l);
/* Closes all connections and ends the threads: no message comes any more. Before the loops end. */
void srt_listener_end(struct srt_listener *l);
/* After the hosts. NULL is fine. */
void srt_listener_destroy(struct srt_listener *l);

/* -- for hosts; any thread, also after the end -- */

void srt_listener_read(struct srt_listener *l, uint64_t number);
void srt_listener_close(struct srt_listener *l, uint64_t number);

#endif
