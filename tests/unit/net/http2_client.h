/* SPDX-License-Identifier: Apache-2.0 */
/* A blocking HTTP/2 client on nghttp2's client side, over a connected socket. */
#ifndef HTTP2_CLIENT_H
#define HTTP2_CLIENT_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_STREAMS_MAX 512

struct h2_answer {
    int status;
    bool is_closed;
    uint32_t error_code;
    char headers[2000]; /* "name: value\n" each */
    uint8_t *body;
    size_t body_len;
    const char *upload;
    size_t upload_left;
};

struct h2_client {
    int fd;
    nghttp2_session *session;
    struct h2_answer answers[H2_STREAMS_MAX]; /* by stream id / 2 */
    bool has_goaway;
    uint32_t goaway_error;
    bool is_ended; /* the server closed */
};

/* `window` is the initial window of streams, 0 for the protocol's. */
void h2_open(struct h2_client *client, int port, uint32_t window);
void h2_close(struct h2_client *client);
/* Returns the stream's answer, to be looked at later. `upload` may be NULL. */
struct h2_answer *h2_ask(struct h2_client *client, const char *method, const char *path,
                         const char *upload);
/* With one more header. */
struct h2_answer *h2_ask_with(struct h2_client *client, const char *path, const char *name,
                              const char *value);
int32_t h2_stream_id(const struct h2_client *client, const struct h2_answer *answer);
/* Sends what is to be sent. */
void h2_send(struct h2_client *client);
/* Sends and receives until the answer is complete; fails the test after 5 s. */
void h2_wait(struct h2_client *client, const struct h2_answer *answer);
/* Until the server has closed. */
void h2_wait_end(struct h2_client *client);

#endif
