/* SPDX-License-Identifier: Apache-2.0 */
#include "live/event_log.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

#define NAMES_MAX 32 /* there are a dozen */

struct event_count {
    const char *type, *name;
    int64_t count;
};

struct event_log {
    pthread_mutex_t lock;    /* lock guards: all below */
    struct live_event *ring; /* of EVENTS_KEPT */
    size_t added;            /* since the start */
    struct event_count counts[NAMES_MAX];
    size_t name_count;
};

struct event_log *event_log_create(void)
{
    struct event_log *log = mem_zalloc(sizeof(*log));

    pthread_mutex_init(&log->lock, NULL);
    log->ring = mem_zalloc(EVENTS_KEPT * sizeof(*log->ring));
    return log;
}

void event_log_destroy(struct event_log *log)
{
    if (!log)
        return;
    pthread_mutex_destroy(&log->lock);
    mem_free(log->ring);
    mem_free(log);
}

static void count(struct event_log *log, const struct live_event *event)
{
    for (size_t i = 0; i < log->name_count; i++) {
        if (strcmp(log->counts[i].name, event->name) != 0)
            continue;
        log->counts[i].count++;
        return;
    }
    if (log->name_count < NAMES_MAX)
        log->counts[log->name_count++] = (struct event_count){ event->type, event->name, 1 };
}

void event_log_add(struct event_log *log, const struct live_event *event)
{
    pthread_mutex_lock(&log->lock);
    log->ring[log->added++ % EVENTS_KEPT] = *event;
    count(log, event);
    pthread_mutex_unlock(&log->lock);
}

size_t event_log_list(struct event_log *log, struct arena *arena, const char *stream_id,
                      struct live_event **out)
{
    size_t kept, found = 0;

    pthread_mutex_lock(&log->lock);
    kept = log->added < EVENTS_KEPT ? log->added : EVENTS_KEPT;
    *out = arena_alloc(arena, (kept + 1) * sizeof(**out));
    for (size_t i = 1; i <= kept; i++) {
        const struct live_event *event = &log->ring[(log->added - i) % EVENTS_KEPT];
        if (!stream_id || strcmp(event->stream_id, stream_id) == 0)
            (*out)[found++] = *event;
    }
    pthread_mutex_unlock(&log->lock);
    return found;
}

void event_log_count(struct event_log *log,
                     void (*each)(const char *type, const char *name, int64_t count, void *ctx),
                     void *ctx)
{
    pthread_mutex_lock(&log->lock);
    for (size_t i = 0; i < log->name_count; i++)
        each(log->counts[i].type, log->counts[i].name, log->counts[i].count, ctx);
    pthread_mutex_unlock(&log->lock);
}
