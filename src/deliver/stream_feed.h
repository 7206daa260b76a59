/* SPDX-License-Identifier: Apache-2.0 */
/* How a live stream reaches its viewers: live/ publishes parts and segments into a feed, which
 * hands them to every loop's replica of the stream (hls_server.h). What is published within one
 * round of the owner's loop travels as one message per loop, so that renditions cut at the same
 * time appear at the same time. Thread: the loop that owns the live stream, for every function
 * here. */
#ifndef DELIVER_STREAM_FEED_H
#define DELIVER_STREAM_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "media/segment.h"

struct hls_hub;
struct loop;
struct stream_feed;

enum latency_mode { LATENCY_LOW, LATENCY_NORMAL };

/* One rung of the ladder, as the multivariant playlist tells it. */
struct feed_rendition {
    const char *id;       /* in URLs and as GROUP-ID, such as "720p30": [A-Za-z0-9_-], unique */
    const char *name;     /* for people, such as "720p" */
    const char *codecs;   /* RFC 6381, such as "avc1.4D401F,mp4a.40.2" */
    int width, height;    /* 0 when audio only */
    double fps;           /* 0: unknown, or audio only */
    int64_t declared_bps; /* told until the first segment has been measured */
    bool is_audio_only;
    bool is_on_request; /* listed only for `allow_audio_only=true` */
};

struct stream_feed_config {
    const char *channel_id; /* 12 alphanumerics, the last step of the channel's ARN */
    const char *region, *account;
    const char *stream_id; /* [A-Za-z0-9_-], part of every URL but the multivariant's */
    enum latency_mode latency;
    enum container_format container;
    int target_duration_s;
    int64_t part_target;     /* EXT-X-PART-INF, 90 kHz; unused when NORMAL */
    int64_t started_wall_ms; /* when the stream began, for the session data */
    const struct feed_rendition *renditions;
    int rendition_count; /* the source rendition first */
};

/* The stream exists from now on for players that know its URLs; the multivariant playlist answers
 * 200 from the first whole segment on. A stream that the channel may have had before is no longer
 * reachable through the multivariant playlist. `loop` is the owner's. Borrows `config`. Returns
 * owned. */
struct stream_feed *stream_feed_create(struct hls_hub *hub, struct loop *loop,
                                       const struct stream_feed_config *config);

/* `rendition` is the index in the current set. `growing` is the newest view of the segment in
 * production: its last part is new. Refs it. */
void stream_feed_part(struct stream_feed *feed, int rendition, struct segment *growing);
/* `segment` is whole; the next part begins the next one. Refs it. */
void stream_feed_segment(struct stream_feed *feed, int rendition, struct segment *segment);

/* The rendition (below 32) has nothing to offer any more: players that come do not hear of it,
 * those that have it find gaps. */
void stream_feed_withdraw(struct stream_feed *feed, int rendition);
/* The tracks are others from now on: a new set of variant URLs. The playlists of the old set end;
 * they and their segments stay for 60 s. Indexes refer to the new set from here on. */
void stream_feed_set_renditions(struct stream_feed *feed, const struct feed_rendition *renditions,
                                int count);

/* Ends the stream: a segment still growing counts as whole, playlists get EXT-X-ENDLIST, everything
 * parked is answered, the multivariant playlist answers 404; playlists and segments stay for 60 s.
 * NULL is fine. */
void stream_feed_destroy(struct stream_feed *feed);

#endif
