/* SPDX-License-Identifier: Apache-2.0 */
/* The whole of `weir serve`: creates every part in order, destroys in reverse.
 * Thread: main. */
#ifndef SERVER_H
#define SERVER_H

struct config;
struct server;

/* Starts everything and prints where it listens. On failure the reason was logged in one line.
 * Borrows `config` until server_stop(). */
int server_start(struct server **out, const struct config *config);
/* Once a second: asks the store how it is, for /healthz; reads the certificate anew each day. */
void server_check(struct server *server);
/* SIGHUP: reads the certificate anew. */
void server_reload(struct server *server);
/* Stops accepting, finishes API calls, ends broadcasts; within 10 s. The server is gone then. */
void server_stop(struct server *server);

#endif
