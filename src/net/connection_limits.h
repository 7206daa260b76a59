/* SPDX-License-Identifier: Apache-2.0 */
/* How many connections the process and each peer may hold. Shared by all listeners and loops.
 * Thread: any. */
#ifndef NET_CONNECTION_LIMITS_H
#define NET_CONNECTION_LIMITS_H

#include <stdbool.h>

struct connection_limits;

/* 0 is no limit. A peer is an IPv4 address, or the first 64 bits of an IPv6 one. Returns owned. */
struct connection_limits *connection_limits_create(int total, int per_peer);
/* NULL is fine. */
void connection_limits_destroy(struct connection_limits *limits);

bool connection_limits_is_full(struct connection_limits *limits);
/* false: `peer` has all it may have, or everybody together. */
bool connection_limits_enter(struct connection_limits *limits, const char *peer);
/* Once for each connection_limits_enter() that answered true. */
void connection_limits_leave(struct connection_limits *limits, const char *peer);
int connection_limits_count(struct connection_limits *limits);

#endif
