/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on air, over all loops: what API calls ask and what decides between two encoders.
 * Thread: any; one short lock. */
#ifndef LIVE_LIVE_REGISTRY_H
#define LIVE_LIVE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct event_log;
struct live_host;
struct live_registry;

#define LIVE_STREAM_ID_SIZE   27 /* "st-", 23 alphanumerics, NUL */
#define LIVE_CHANNEL_ARN_SIZE 129

enum live_health { LIVE_HEALTHY, LIVE_STARVING, LIVE_HEALTH_UNKNOWN };
/* "HEALTHY", "STARVING", "UNKNOWN". */
const char *live_health_name(enum live_health health);

/* What the encoder delivered in the last second. */
struct live_measure {
    int64_t video_bps, audio_bps;
    double fps;
    double keyframe_interval_s; /* between the last two IDRs; 0 before */
};

/* What transcoding has cost the viewers of a broadcast so far. */
struct live_transcoding {
    bool is_running;
    int worker_losses; /* crashed or hung, and started again */
    int64_t decode_errors;
    int64_t gops_dropped; /* of all rungs */
    int rung_count;
    struct {
        char id[16]; /* the rendition's */
        int64_t gops_dropped;
    } rungs[6];
};

struct live_info {
    char channel_arn[LIVE_CHANNEL_ARN_SIZE];
    char stream_id[LIVE_STREAM_ID_SIZE];
    enum live_health health;
    struct live_measure measure;
    struct live_transcoding transcoding;
    int64_t start_wall_ms;
    int64_t viewer_count;
};

/* Counts the viewers of a channel at the moment of asking. */
typedef int64_t live_count_viewers(const char *channel_arn, void *ctx);

/* `max_streams`: the quota of concurrent streams per account. */
struct live_registry *live_registry_create(int64_t max_streams);
void live_registry_count_with(struct live_registry *registry, live_count_viewers *count, void *ctx);
/* Of all broadcasts; lives as long as the registry. */
struct event_log *live_registry_events(struct live_registry *registry);
/* NULL is fine. */
void live_registry_destroy(struct live_registry *registry);

/* -- for the API -- */

/* False unless viewers can watch the channel now. `out` may be NULL. */
bool live_get(struct live_registry *registry, const char *channel_arn, struct live_info *out);
/* A session exists: somebody publishes or may come back within the grace, watchable or not. */
bool live_is_busy(struct live_registry *registry, const char *channel_arn);
/* An encoder sends on the channel, so that another one is refused unless it takes over. */
bool live_is_taken(struct live_registry *registry, const char *channel_arn);
/* All streams of `account` (NULL: of all accounts), oldest first; `out` is allocated from `arena`.
 */
size_t live_list(struct live_registry *registry, struct arena *arena, const char *account,
                 struct live_info **out);
/* Ends the broadcast soon. -ENOENT if there is no session. */
int live_stop(struct live_registry *registry, const char *channel_arn);

/* -- for live/ -- */

/* Reserves the channel for a new session of `host`. 0; -EBUSY when one exists, whose host and
 * stream id are then in `host` and `stream_id`; -EDQUOT at the account's limit, which is an
 * event. */
int live_claim(struct live_registry *registry, const char *channel_arn, struct live_host **host,
               char stream_id[LIVE_STREAM_ID_SIZE]);
void live_set_on_air(struct live_registry *registry, const char *channel_arn,
                     int64_t start_wall_ms);
void live_report(struct live_registry *registry, const char *channel_arn, enum live_health health,
                 const struct live_measure *measure, const struct live_transcoding *transcoding);
void live_set_taken(struct live_registry *registry, const char *channel_arn, bool is_taken);
void live_release(struct live_registry *registry, const char *channel_arn);
size_t live_session_count(struct live_registry *registry);

#endif
