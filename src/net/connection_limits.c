/* SPDX-License-Identifier: Apache-2.0 */
/* One counter per peer in a map. The lock is held for one look-up per accepted and per closed
 * connection, which no measurement notices. */
#include "net/connection_limits.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct connection_limits {
    int max_total;
    int max_per_peer;
    pthread_mutex_t lock; /* lock guards: total, peers */
    int total;
    struct map *peers; /* peer -> count, as an integer in the pointer */
};

struct connection_limits *connection_limits_create(int total, int per_peer)
{
    struct connection_limits *limits = mem_zalloc(sizeof(*limits));

    limits->max_total = total;
    limits->max_per_peer = per_peer;
    limits->peers = map_create();
    pthread_mutex_init(&limits->lock, NULL);
    return limits;
}

void connection_limits_destroy(struct connection_limits *limits)
{
    if (!limits)
        return;
    map_destroy(limits->peers);
    pthread_mutex_destroy(&limits->lock);
    mem_free(limits);
}

/* Whoever has one IPv6 address has the 2^64 of its network. */
static const char *peer_key(const char *peer, char key[INET6_ADDRSTRLEN])
{
    struct in6_addr address;

    if (inet_pton(AF_INET6, peer, &address) != 1)
        return peer;
    memset(address.s6_addr + 8, 0, 8);
    return inet_ntop(AF_INET6, &address, key, INET6_ADDRSTRLEN);
}

bool connection_limits_is_full(struct connection_limits *limits)
{
    bool is_full;

    pthread_mutex_lock(&limits->lock);
    is_full = limits->max_total && limits->total >= limits->max_total;
    pthread_mutex_unlock(&limits->lock);
    return is_full;
}

bool connection_limits_enter(struct connection_limits *limits, const char *peer)
{
    char text[INET6_ADDRSTRLEN];
    const char *key = peer_key(peer, text);
    bool is_allowed;
    intptr_t count;

    pthread_mutex_lock(&limits->lock);
    count = (intptr_t)map_get(limits->peers, key);
    is_allowed = (!limits->max_total || limits->total < limits->max_total) &&
                 (!limits->max_per_peer || count < limits->max_per_peer);
    if (is_allowed) {
        limits->total++;
        map_put(limits->peers, key, (void *)(count + 1));
    }
    pthread_mutex_unlock(&limits->lock);
    return is_allowed;
}

void connection_limits_leave(struct connection_limits *limits, const char *peer)
{
    char text[INET6_ADDRSTRLEN];
    const char *key = peer_key(peer, text);
    intptr_t count;

    pthread_mutex_lock(&limits->lock);
    limits->total--;
    count = (intptr_t)map_get(limits->peers, key);
    if (count > 1)
        map_put(limits->peers, key, (void *)(count - 1));
    else
        map_remove(limits->peers, key);
    pthread_mutex_unlock(&limits->lock);
}

int connection_limits_count(struct connection_limits *limits)
{
    int total;

    pthread_mutex_lock(&limits->lock);
    total = limits->total;
    pthread_mutex_unlock(&limits->lock);
    return total;
}
