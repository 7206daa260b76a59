/* SPDX-License-Identifier: Apache-2.0 */
/* What has happened to broadcasts, under the names that Amazon IVS gives its events: kept until
 * somebody carries it out, the last EVENTS_KEPT of the server.
 * Thread: any; one short lock. */
#ifndef LIVE_EVENT_LOG_H
#define LIVE_EVENT_LOG_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct event_log;

#define EVENTS_KEPT            1000
#define EVENT_CHANNEL_ARN_SIZE 129
#define EVENT_STREAM_ID_SIZE   27

#define EVENT_STATE_CHANGE  "IVS Stream State Change"
#define EVENT_HEALTH_CHANGE "IVS Stream Health Change"
#define EVENT_LIMIT_BREACH  "IVS Limit Breach"

struct live_event {
    const char *type;                         /* static, as the next: EVENT_... */
    const char *name;                         /* "Stream Failure", "Ingest Bitrate" */
    char channel_arn[EVENT_CHANNEL_ARN_SIZE]; /* of an account's limit: whose stream met it */
    char stream_id[EVENT_STREAM_ID_SIZE];     /* "": none */
    int64_t wall_ms;
    char reason[80];                  /* or code; "": none */
    int64_t limit_value, exceeded_by; /* of a breach */
    const char *limit_unit;           /* static */
};

struct event_log *event_log_create(void);
/* Copies; the oldest one goes when there are too many. */
void event_log_add(struct event_log *log, const struct live_event *event);
/* Those of one stream, or (NULL) all, newest first, allocated from `arena`. */
size_t event_log_list(struct event_log *log, struct arena *arena, const char *stream_id,
                      struct live_event **out);
/* How often each has happened since the start: calls `each` under the lock. */
void event_log_count(struct event_log *log,
                     void (*each)(const char *type, const char *name, int64_t count, void *ctx),
                     void *ctx);
/* NULL is fine. */
void event_log_destroy(struct event_log *log);

#endif
