/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that speaks HTTP/2: RFC 9113.
 * Thread: the loop's. */
#ifndef NET_HTTP2_H
#define NET_HTTP2_H

#include <stddef.h>
#include <stdint.h>

struct http_server;
struct stream_socket;

/* Takes the socket; it lives in the server's list until it closes. `first` are bytes already read,
 * borrowed. */
void http2_open(struct http_server *server, struct stream_socket *socket, const uint8_t *first,
                size_t len);

#endif
