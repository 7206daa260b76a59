/* SPDX-License-Identifier: Apache-2.0 */
/* SRT ingest as the server has it: the listener, who may connect, and what each loop has of it.
 * NULL is fine for all of them: SRT is off.
 * Thread: the one that owns the loops, unless said otherwise. */
#ifndef SRT_PORT_H
#define SRT_PORT_H

struct config;
struct live_host;
struct live_registry;
struct loop;
struct srt_port;
struct store;
struct worker_pool;

/* Binds the port; *out is NULL when it is off. Logs why it fails. */
int srt_port_open(struct srt_port **out, const struct config *config);
int srt_port_number(const struct srt_port *port); /* 0 when off */
void srt_port_print(const struct srt_port *port);

struct srt_port_services {
    struct store *store;
    struct live_registry *registry;
    struct worker_pool *workers;
};

/* What loop `index` has of it, before the loop runs; encoders are handed to `live`. `count` is the
 * number of loops. */
void srt_port_add_loop(struct srt_port *port, int index, int count, struct loop *loop,
                       struct live_host *live);
/* Encoders may come from now on. Borrows what `services` points to. */
int srt_port_start(struct srt_port *port, const struct srt_port_services *services);
/* No new connections; those there are go on. */
void srt_port_stop(struct srt_port *port);
/* Closes all connections: before the loops end. */
void srt_port_end(struct srt_port *port);
/* On the loop, as its last. */
void srt_port_close_loop(struct srt_port *port, int index);
/* After the loops and the workers. */
void srt_port_destroy(struct srt_port *port);

#endif
