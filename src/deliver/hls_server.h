/* SPDX-License-Identifier: Apache-2.0 */
/* Answers players: multivariant and media playlists, parts, segments and init sections, all from
 * memory (RFC 8216 and draft-pantos-hls-rfc8216bis). Every loop has a server of its own with its
 * own replica of each live stream's window, made of shared parts and segments, so that nothing is
 * locked where viewers are answered. The hub is the set of them. Thread: each function says which.
 */
#ifndef DELIVER_HLS_SERVER_H
#define DELIVER_HLS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

struct hls_hub;
struct hls_server;
struct http_exchange;
struct http_request;
struct loop;

struct hls_config {
    /* Base of the variant URLs, such as "https://live.example.com", without a slash at the end.
     * NULL: they are written without scheme and host ("/v1/live/..."), which is right for whoever
     * reached the multivariant playlist, behind any proxy. */
    const char *public_url;
    const char *node;  /* this server's name in the session data */
    int64_t max_views; /* per account: more get 429; 0: no limit */
    /* Benchmarks only: playlists carry `x-weir-published-us`, the monotonic time at which their
     * newest part was published. */
    bool tells_publication;
};

/* One server per loop; the loops may run or be started later. Borrows `config`; the loops must
 * outlive the hub's last message: see hls_hub_destroy(). Returns owned. */
struct hls_hub *hls_hub_create(const struct hls_config *config, struct loop *const *loops,
                               int loop_count);
/* The server of the loop with this index (its place in `loops`). */
struct hls_server *hls_hub_server(struct hls_hub *hub, int loop_index);
/* Any thread. Posts to every loop: everything still parked is answered 503 and the timers close. To
 * be called before loop_stop(). */
void hls_hub_stop(struct hls_hub *hub);
/* After hls_hub_stop(), and after loop_destroy() of every loop. NULL is fine. */
void hls_hub_destroy(struct hls_hub *hub);

/* On the server's loop. False: the path is none of ours and nothing was done. Otherwise the
 * exchange is answered now or later. */
bool hls_server_handle(struct hls_server *server, struct http_exchange *exchange,
                       const struct http_request *request);

/* Any thread. Distinct client addresses and user agents that asked for a media playlist of the
 * channel's live stream within the last three target durations; 0 if it is not live. */
int hls_viewer_count(struct hls_hub *hub, const char *channel_id);

#endif
