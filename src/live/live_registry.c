/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live_registry.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "live/event_log.h"
#include "live/live_host.h"

struct session {
    struct list node;
    struct live_info info;
    struct live_host *host;
    bool is_on_air, is_taken;
};

struct live_registry {
    pthread_mutex_t lock; /* lock guards: by_channel, sessions and what they hold */
    struct map *by_channel;
    struct list sessions; /* oldest first */
    int64_t max_streams;
    live_count_viewers *count_viewers;
    void *count_ctx;
    struct event_log *events;
};

const char *live_health_name(enum live_health health)
{
    static const char *const names[] = { "HEALTHY", "STARVING", "UNKNOWN" };

    return names[health];
}

struct live_registry *live_registry_create(int64_t max_streams)
{
    struct live_registry *registry = mem_zalloc(sizeof(*registry));

    pthread_mutex_init(&registry->lock, NULL);
    registry->by_channel = map_create();
    list_init(&registry->sessions);
    registry->max_streams = max_streams;
    registry->events = event_log_create();
    return registry;
}

void live_registry_count_with(struct live_registry *registry, live_count_viewers *count, void *ctx)
{
    registry->count_viewers = count;
    registry->count_ctx = ctx;
}

struct event_log *live_registry_events(struct live_registry *registry)
{
    return registry->events;
}

void live_registry_destroy(struct live_registry *registry)
{
    if (!registry)
        return;
    event_log_destroy(registry->events);
    LIST_EACH (node, &registry->sessions)
        mem_free(LIST_ITEM(node, struct session, node));
    map_destroy(registry->by_channel);
    pthread_mutex_destroy(&registry->lock);
    mem_free(registry);
}

/* Outside the lock: counting visits every loop's table. */
static void count_viewers(struct live_registry *registry, struct live_info *info)
{
    if (registry->count_viewers)
        info->viewer_count = registry->count_viewers(info->channel_arn, registry->count_ctx);
}

bool live_get(struct live_registry *registry, const char *channel_arn, struct live_info *out)
{
    struct session *session;
    bool is_on_air;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    is_on_air = session && session->is_on_air;
    if (is_on_air && out)
        *out = session->info;
    pthread_mutex_unlock(&registry->lock);
    if (is_on_air && out)
        count_viewers(registry, out);
    return is_on_air;
}

bool live_is_busy(struct live_registry *registry, const char *channel_arn)
{
    bool is_busy;

    pthread_mutex_lock(&registry->lock);
    is_busy = map_get(registry->by_channel, channel_arn) != NULL;
    pthread_mutex_unlock(&registry->lock);
    return is_busy;
}

bool live_is_taken(struct live_registry *registry, const char *channel_arn)
{
    struct session *session;
    bool is_taken;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    is_taken = session && session->is_taken;
    pthread_mutex_unlock(&registry->lock);
    return is_taken;
}

/* arn:aws:ivs:<region>:<account>:channel/<id> */
static bool is_of_account(const char *arn, const char *account)
{
    size_t len = strlen(account);

    for (int colons = 0; colons < 4 && arn; colons++) {
        arn = strchr(arn, ':');
        arn = arn ? arn + 1 : NULL;
    }
    return arn && strncmp(arn, account, len) == 0 && arn[len] == ':';
}

size_t live_list(struct live_registry *registry, struct arena *arena, const char *account,
                 struct live_info **out)
{
    size_t count = 0;

    pthread_mutex_lock(&registry->lock);
    *out = arena_alloc(arena, (map_count(registry->by_channel) + 1) * sizeof(**out));
    LIST_EACH (node, &registry->sessions) {
        struct session *session = LIST_ITEM(node, struct session, node);
        if (session->is_on_air && (!account || is_of_account(session->info.channel_arn, account)))
            (*out)[count++] = session->info;
    }
    pthread_mutex_unlock(&registry->lock);
    for (size_t i = 0; i < count; i++)
        count_viewers(registry, &(*out)[i]);
    return count;
}

int live_stop(struct live_registry *registry, const char *channel_arn)
{
    char stream_id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = NULL;
    struct session *session;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    if (session) {
        host = session->host;
        memcpy(stream_id, session->info.stream_id, sizeof(stream_id));
    }
    pthread_mutex_unlock(&registry->lock);
    if (!host)
        return -ENOENT;
    live_host_stop_stream(host, stream_id);
    return 0;
}

static int sessions_like(struct live_registry *registry, const char *channel_arn)
{
    char account[16] = "";
    int count = 0;

    sscanf(channel_arn, "arn:aws:ivs:%*[^:]:%15[^:]", account);
    LIST_EACH (node, &registry->sessions)
        count += is_of_account(LIST_ITEM(node, struct session, node)->info.channel_arn, account);
    return count;
}

static struct session *add_session(struct live_registry *registry, const char *channel_arn,
                                   struct live_host *host)
{
    struct session *session = mem_zalloc(sizeof(*session));
    struct live_info *info = &session->info;

    snprintf(info->channel_arn, sizeof(info->channel_arn), "%s", channel_arn);
    memcpy(info->stream_id, "st-", 3);
    id_alnum(info->stream_id + 3, LIVE_STREAM_ID_SIZE - 4);
    info->health = LIVE_HEALTH_UNKNOWN;
    session->host = host;
    map_put(registry->by_channel, channel_arn, session);
    list_append(&registry->sessions, &session->node);
    return session;
}

static void record_refusal(struct live_registry *registry, const char *channel_arn)
{
    struct live_event event = {
        .type = EVENT_LIMIT_BREACH,
        .name = "Concurrent Broadcasts",
        .wall_ms = clock_wall_ms(),
        .limit_value = registry->max_streams,
        .exceeded_by = 1,
        .limit_unit = "active streams",
    };

    snprintf(event.channel_arn, sizeof(event.channel_arn), "%s", channel_arn);
    event_log_add(registry->events, &event);
}

int live_claim(struct live_registry *registry, const char *channel_arn, struct live_host **host,
               char stream_id[LIVE_STREAM_ID_SIZE])
{
    struct session *session;
    int err = 0;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    if (session)
        err = -EBUSY;
    else if (sessions_like(registry, channel_arn) >= registry->max_streams)
        err = -EDQUOT;
    else
        session = add_session(registry, channel_arn, *host);
    if (session) {
        *host = session->host;
        memcpy(stream_id, session->info.stream_id, LIVE_STREAM_ID_SIZE);
    }
    pthread_mutex_unlock(&registry->lock);
    if (err == -EDQUOT)
        record_refusal(registry, channel_arn);
    return err;
}

void live_set_on_air(struct live_registry *registry, const char *channel_arn, int64_t start_wall_ms)
{
    struct session *session;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    if (session) {
        session->is_on_air = true;
        session->info.start_wall_ms = start_wall_ms;
    }
    pthread_mutex_unlock(&registry->lock);
}

void live_report(struct live_registry *registry, const char *channel_arn, enum live_health health,
                 const struct live_measure *measure, const struct live_transcoding *transcoding)
{
    struct session *session;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    if (session) {
        session->info.health = health;
        session->info.measure = *measure;
        session->info.transcoding = *transcoding;
    }
    pthread_mutex_unlock(&registry->lock);
}

void live_set_taken(struct live_registry *registry, const char *channel_arn, bool is_taken)
{
    struct session *session;

    pthread_mutex_lock(&registry->lock);
    session = map_get(registry->by_channel, channel_arn);
    if (session)
        session->is_taken = is_taken;
    pthread_mutex_unlock(&registry->lock);
}

void live_release(struct live_registry *registry, const char *channel_arn)
{
    struct session *session;

    pthread_mutex_lock(&registry->lock);
    session = map_remove(registry->by_channel, channel_arn);
    if (session)
        list_remove(&session->node);
    pthread_mutex_unlock(&registry->lock);
    mem_free(session);
}

size_t live_session_count(struct live_registry *registry)
{
    size_t count;

    pthread_mutex_lock(&registry->lock);
    count = map_count(registry->by_channel);
    pthread_mutex_unlock(&registry->lock);
    return count;
}
