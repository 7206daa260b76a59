/* SPDX-License-Identifier: Apache-2.0 */
/* A connection whose protocol is not known yet. Under TLS the ALPN decides, without one the first
 * byte: 0x03 is RTMP. HTTP/2 in clear begins with its preface (RFC 9113 3.3).
 * Thread: the loop's. */
#ifndef NET_HTTP_DETECT_H
#define NET_HTTP_DETECT_H

struct http_server;
struct stream_socket;

/* Takes the socket; it lives in the server's list until it is handed on or closed. */
void http_detect_open(struct http_server *server, struct stream_socket *socket);

#endif
