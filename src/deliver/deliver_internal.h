/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of deliver/ share: the hub, the loop's server, its replicas of live streams.
 * Thread: the hub's lock guards its map; everything of a server belongs to its loop. */
#ifndef DELIVER_DELIVER_INTERNAL_H
#define DELIVER_DELIVER_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "deliver/hls_server.h"
#include "deliver/segment_window.h"
#include "deliver/stream_info.h"

#define HLS_KEPT_MS 60000 /* an ended stream stays that long for those who still watch it */

struct bytes;
struct loop_timer;
struct map;
struct view_limit;
struct viewer_counter;

struct hls_hub {
    struct hls_config config; /* owns its texts */
    struct hls_server **servers;
    int count;
    pthread_mutex_t lock; /* lock guards: viewers */
    struct map *viewers;  /* channel id -> struct viewer_counter of its live stream */
};

struct hls_server {
    struct hls_hub *hub;
    struct loop *loop;
    int index;
    struct map *by_channel; /* channel id -> struct hls_stream that is on air */
    struct map *by_id;      /* stream id -> struct hls_stream, also those that have ended */
    struct list streams;
    struct view_limit *view_limit;
    struct loop_timer *tick; /* runs while there are streams */
    bool is_stopped;
};

/* A rendered text and, once somebody wanted it, its gzip form. */
struct hls_text {
    struct bytes *plain, *gzip; /* NULL: not made yet */
};

struct hls_rendition {
    struct hls_stream *stream;
    struct hls_set *set;
    const struct feed_rendition *about;
    struct segment_window window;
    struct hls_text whole, delta; /* the playlist as it is now */
    struct list waiting;          /* requests for what is still to come, oldest first */
    bool is_withdrawn;            /* not listed in the multivariant playlist any more */
    struct list followers;        /* responses that carry the segment in production */
};

struct hls_set {
    struct list node;
    struct rendition_set *about;
    bool is_ended;
    int64_t gone_ms; /* when an ended one is forgotten, monotonic */
    struct hls_rendition renditions[];
};

struct hls_multivariant {
    struct hls_text text;
    int64_t rendered_ms; /* monotonic */
};

struct hls_stream {
    struct list node; /* in server->streams */
    struct hls_server *server;
    struct stream_info *info;
    struct list sets;                         /* the newest last */
    bool is_on_air;                           /* has had a whole segment and has not ended */
    struct hls_multivariant multivariants[2]; /* [1]: with what is listed on request only */
};

/* The hub's; before the loop runs, or on it. Returns owned. */
struct hls_server *hls_server_create(struct hls_hub *hub, struct loop *loop, int index);
/* On the server's loop: answers everything, lets go of all streams, ignores further events. */
void hls_server_stop(struct hls_server *server);
/* After it was stopped. */
void hls_server_destroy(struct hls_server *server);

/* On the server's loop. */
void hls_server_apply(struct hls_server *server, const struct feed_event *event);
/* Expires what has waited or stayed too long. */
void hls_server_tick(struct hls_server *server);

/* Any thread: every loop will apply `event`. Borrows. */
void hls_hub_post(struct hls_hub *hub, struct feed_event *event);
/* The channel has a live stream whose viewers are counted here. Refs `counter`. */
void hls_hub_add_viewers(struct hls_hub *hub, const char *channel_id,
                         struct viewer_counter *counter);
/* Unless a newer stream has taken its place. */
void hls_hub_remove_viewers(struct hls_hub *hub, const char *channel_id,
                            struct viewer_counter *counter);

#endif
