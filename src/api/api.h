/* SPDX-License-Identifier: Apache-2.0 */
/* The control plane: both APIs and GetCallerIdentity, from an HTTP request to its answer.
 *
 *   loop: on_request --copy--> worker: api_serve() --reply--> loop: http_respond()
 */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stddef.h>

#include "api/quota.h"

struct api;
struct arena;
struct http_handler;
struct http_header;
struct http_request;
struct live_registry;
struct object_store;
struct store;
struct worker_pool;

/* Strings are copied; what is pointed at outlives the API. */
struct api_config {
    struct store *store;
    struct live_registry *live;
    struct worker_pool *workers;
    const char *region;
    const char *playback_base;   /* "https://host:port", without a slash at its end */
    const char *ingest_endpoint; /* "host" or "host:port" */
    const char *rtmp_url;        /* "rtmp://host:port/app"; "" while off */
    const char *rtmps_url;       /* "rtmps://host:port/app"; "" while off */
    const char *srt_endpoint;    /* "srt://host:port"; "" while SRT is off */
    /* Where buckets live; NULL: there are none. */
    struct object_store *objects;
    struct quotas quotas;
    bool is_unlimited; /* no throttling */
};

/* Returns owned. */
struct api *api_create(const struct api_config *config);
/* NULL is fine. After the workers have stopped. */
void api_destroy(struct api *api);

/* Shows in /metrics what is asked of it and what accounts use, until metrics_clear(). */
void api_register_metrics(struct api *api);
/* Looks up what accounts use, for the metrics. Blocks; call it every few seconds. */
int api_measure(struct api *api);

/* For the HTTP server, with the API as its ctx; on a loop. Answers every path, those that are no
 * operation's with UnknownOperationException. */
extern const struct http_handler api_http_handler;

/* One answer; lives in the arena given. */
struct api_reply {
    int status;
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
};

/* Serves one request, whole: on a thread that may block. `request` may be of any origin. */
void api_serve(struct api *api, struct arena *arena, const struct http_request *request,
               struct api_reply *out);
/* The answer to a request that the HTTP server refuses with 408, 413 or 503. Never blocks. */
void api_refuse(struct api *api, struct arena *arena, const struct http_request *request,
                int status, struct api_reply *out);

#endif
