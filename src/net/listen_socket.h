/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets made by hand: several that share a port nobody else has. libuv 1.44 cannot set
 * SO_REUSEPORT.
 * Thread: any. */
#ifndef NET_LISTEN_SOCKET_H
#define NET_LISTEN_SOCKET_H

#include <netinet/in.h>
#include <stddef.h>

struct listen_address {
    int port;
    char host[INET6_ADDRSTRLEN]; /* numeric */
};

/* Fills `fds` with `count` non-blocking listening sockets on one port; the caller's to close.
 * `host` "" is all addresses; port 0 takes a free one. `bound` tells what it became.
 * -EADDRINUSE if the port is taken, -EADDRNOTAVAIL if the host is none of this machine's. */
int listen_socket_open(int *fds, size_t count, const char *host, int port,
                       struct listen_address *bound);

/* The peer's address as text without port; an IPv4 peer of an IPv6 socket as IPv4. */
void listen_socket_peer(const struct sockaddr *peer, char text[INET6_ADDRSTRLEN]);

#endif
