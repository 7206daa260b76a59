/* SPDX-License-Identifier: Apache-2.0 */
/* Responses as players expect them: types, caching, CORS. Each answers the exchange, which is gone
 * afterwards, and forgets its on_gone.
 * Thread: the loop of the exchange. */
#ifndef DELIVER_HLS_REPLY_H
#define DELIVER_HLS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;
struct http_exchange;
struct slice;

enum hls_refusal {
    HLS_OFFLINE,     /* 404: no such channel, or nothing on air */
    HLS_NOT_FOUND,   /* 404: no such part, segment, init section, playlist */
    HLS_BAD_REQUEST, /* 400 */
    HLS_BAD_METHOD,  /* 405 */
    HLS_TOO_MANY,    /* 429: the account has all the views it may have */
    HLS_NOT_READY,   /* 503: what was waited for did not come */
};
void hls_refuse(struct http_exchange *exchange, enum hls_refusal refusal);
/* To OPTIONS. */
void hls_reply_options(struct http_exchange *exchange);

struct hls_playlist_reply {
    struct bytes *text; /* borrowed */
    bool is_gzip;
    int max_age_s;
    int64_t published_us; /* told to benchmarks; 0: not told */
};
void hls_reply_playlist(struct http_exchange *exchange, const struct hls_playlist_reply *reply);

/* The pieces, without copying them. `type` as in Content-Type. */
void hls_reply_media(struct http_exchange *exchange, const char *type, const struct slice *pieces,
                     size_t count);
/* Begins a response whose pieces follow; the exchange lives on. */
void hls_reply_media_start(struct http_exchange *exchange, const char *type);

#endif
