/* SPDX-License-Identifier: Apache-2.0 */
/* The encoders of one loop that speak RTMP or RTMPS: joins sockets and conversations.
 * Thread: the loop's. */
#ifndef INGEST_RTMP_SERVER_H
#define INGEST_RTMP_SERVER_H

#include <stddef.h>
#include <stdint.h>

struct ingest_events;
struct loop;
struct rtmp_server;
struct stream_socket;

/* `events` hear of each encoder, at first with `ctx`. Returns owned. */
struct rtmp_server *rtmp_server_create(struct loop *loop, const struct ingest_events *events,
                                       void *ctx);
/* Takes `socket`, freshly accepted; `data` is what was read of it already (to find out which
 * protocol it speaks), borrowed. */
void rtmp_server_adopt(struct rtmp_server *server, struct stream_socket *socket,
                       const uint8_t *data, size_t len);
/* Connections, with and without a broadcast. */
size_t rtmp_server_connections(const struct rtmp_server *server);
/* Closes all connections, with on_end() for the broadcasts that live/ has not closed. NULL is fine.
 */
void rtmp_server_destroy(struct rtmp_server *server);

#endif
