/* SPDX-License-Identifier: Apache-2.0 */
/* A port that all loops accept connections on: one listening socket per loop (SO_REUSEPORT), so
 * that the kernel spreads the peers.
 * Thread: created and destroyed on the thread that owns the loops; on_accept() comes on each loop.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

struct connection_limits;
struct listener;
struct loop;
struct stream_socket;
struct tls_context;

struct listener_config {
    const char *host;                 /* an address or name; "" is all addresses, IPv4 and IPv6 */
    int port;                         /* 0 takes a free one */
    struct tls_context *tls;          /* borrowed; NULL: in clear */
    struct connection_limits *limits; /* borrowed; NULL: none but the descriptors */
};

struct listener_events {
    /* On the loop of the new socket. Takes it: give it events (or close it) before returning. */
    void (*on_accept)(struct stream_socket *socket, void *ctx);
};

/* Binds, listens and starts accepting on each of `loops`, started or not. -EADDRINUSE if somebody
 * has the port, even if that somebody would share it. */
int listener_create(struct listener **out, const struct listener_config *config,
                    struct loop *const *loops, int loop_count, const struct listener_events *events,
                    void *ctx);
/* The port, also when it was chosen by the kernel. */
int listener_port(const struct listener *l);
/* The numeric address bound, such as "127.0.0.1" or "::". */
const char *listener_host(const struct listener *l);
/* Any thread. Each loop stops accepting when it gets to it, and closes its socket. */
void listener_stop(struct listener *l);
/* After listener_stop() and the end of the loops (loop_join()). NULL is fine. */
void listener_destroy(struct listener *l);

#endif
