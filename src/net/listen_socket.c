/* SPDX-License-Identifier: Apache-2.0 */
/* The first socket binds without SO_REUSEPORT, which fails if anybody has the port, even somebody
 * who would share it. Only then is the option set, on it and on the others: from the first bind on
 * the port was never free for a stranger. */
#include "net/listen_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/* Returns the descriptor or a negative errno. */
static int bind_one(const struct sockaddr *address, socklen_t size, bool is_shared)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err = 0;

    if (fd < 0)
        return -errno;
    if (address->sa_family == AF_INET6) /* "::" hears IPv4 too, whatever the system's default */
        err = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (!err)
        err = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!err && is_shared)
        err = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (!err && bind(fd, address, size))
        err = -errno;
    if (!err && !is_shared)
        err = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (err)
        close(fd);
    return err ? err : fd;
}

static int describe(int fd, struct sockaddr_storage *address, socklen_t *size,
                    struct listen_address *bound)
{
    *size = sizeof(*address);
    if (getsockname(fd, (struct sockaddr *)address, size))
        return -errno;
    if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &in6->sin6_addr, bound->host, sizeof(bound->host));
        bound->port = ntohs(in6->sin6_port);
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &in->sin_addr, bound->host, sizeof(bound->host));
        bound->port = ntohs(in->sin_port);
    }
    return 0;
}

/* Binds all, listens on all; on failure none stays open. */
static int open_all(int *fds, size_t count, const struct addrinfo *where,
                    struct listen_address *bound)
{
    struct sockaddr_storage address;
    socklen_t size = where->ai_addrlen;
    size_t opened = 0;
    int err = 0;

    memcpy(&address, where->ai_addr, size);
    while (!err && opened < count) {
        int fd = bind_one((struct sockaddr *)&address, size, opened > 0);

        err = fd < 0 ? fd : 0;
        if (err)
            break;
        fds[opened++] = fd;
        if (opened == 1)
            err = describe(fd, &address, &size, bound);
    }
    for (size_t i = 0; !err && i < count; i++)
        err = listen(fds[i], BACKLOG) ? -errno : 0;
    while (err && opened)
        close(fds[--opened]);
    return err;
}

int listen_socket_open(int *fds, size_t count, const char *host, int port,
                       struct listen_address *bound)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *found = NULL;
    char service[16];
    int err = -EADDRNOTAVAIL;

    snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(*host ? host : "::", service, &hints, &found))
        return -EADDRNOTAVAIL;
    for (const struct addrinfo *at = found; at && err; at = at->ai_next)
        err = open_all(fds, count, at, bound);
    freeaddrinfo(found);
    if (err == -EAFNOSUPPORT && !*host) /* a machine without IPv6 */
        return listen_socket_open(fds, count, "0.0.0.0", port, bound);
    return err;
}

void listen_socket_peer(const struct sockaddr *peer, char text[INET6_ADDRSTRLEN])
{
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)peer;

    text[0] = '\0';
    if (peer->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, text, INET6_ADDRSTRLEN);
    else if (peer->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text, INET6_ADDRSTRLEN);
    else if (peer->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &in6->sin6_addr, text, INET6_ADDRSTRLEN);
}
