/* SPDX-License-Identifier: Apache-2.0 */
/* The servers of all loops as one: events go to each of them, viewers are counted over all. */
#include "deliver/deliver_internal.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "deliver/viewer_counter.h"
#include "net/loop.h"

struct hls_hub *hls_hub_create(const struct hls_config *config, struct loop *const *loops,
                               int loop_count)
{
    struct hls_hub *hub = mem_zalloc(sizeof(*hub));

    hub->config = *config;
    hub->config.public_url = mem_strdup(config->public_url);
    hub->config.node = mem_strdup(config->node);
    hub->viewers = map_create();
    pthread_mutex_init(&hub->lock, NULL);
    hub->count = loop_count;
    hub->servers = mem_alloc((size_t)loop_count * sizeof(*hub->servers));
    for (int i = 0; i < loop_count; i++)
        hub->servers[i] = hls_server_create(hub, loops[i], i);
    return hub;
}

struct hls_server *hls_hub_server(struct hls_hub *hub, int loop_index)
{
    return hub->servers[loop_index];
}

static void stop_server(void *arg)
{
    hls_server_stop(arg);
}

void hls_hub_stop(struct hls_hub *hub)
{
    for (int i = 0; i < hub->count; i++)
        loop_post(hub->servers[i]->loop, stop_server, hub->servers[i]);
}

void hls_hub_destroy(struct hls_hub *hub)
{
    if (!hub)
        return;
    for (int i = 0; i < hub->count; i++)
        hls_server_destroy(hub->servers[i]);
    mem_free(hub->servers);
    map_destroy(hub->viewers);
    pthread_mutex_destroy(&hub->lock);
    mem_free((char *)hub->config.public_url);
    mem_free((char *)hub->config.node);
    mem_free(hub);
}

struct delivery {
    struct hls_server *server;
    struct feed_event *event; /* holds a reference */
};

static void deliver(void *arg)
{
    struct delivery *delivery = arg;

    hls_server_apply(delivery->server, delivery->event);
    feed_event_unref(delivery->event);
    mem_free(delivery);
}

void hls_hub_post(struct hls_hub *hub, struct feed_event *event)
{
    for (int i = 0; i < hub->count; i++) {
        struct delivery *delivery = mem_alloc(sizeof(*delivery));
        *delivery = (struct delivery){ hub->servers[i], feed_event_ref(event) };
        loop_post(hub->servers[i]->loop, deliver, delivery);
    }
}

void hls_hub_add_viewers(struct hls_hub *hub, const char *channel_id,
                         struct viewer_counter *counter)
{
    struct viewer_counter *before;

    pthread_mutex_lock(&hub->lock);
    before = map_put(hub->viewers, channel_id, viewer_counter_ref(counter));
    pthread_mutex_unlock(&hub->lock);
    viewer_counter_unref(before);
}

void hls_hub_remove_viewers(struct hls_hub *hub, const char *channel_id,
                            struct viewer_counter *counter)
{
    bool is_there;

    pthread_mutex_lock(&hub->lock);
    is_there = map_get(hub->viewers, channel_id) == counter;
    if (is_there)
        map_remove(hub->viewers, channel_id);
    pthread_mutex_unlock(&hub->lock);
    if (is_there)
        viewer_counter_unref(counter);
}

int hls_viewer_count(struct hls_hub *hub, const char *channel_id)
{
    struct viewer_counter *counter;
    int count;

    pthread_mutex_lock(&hub->lock);
    counter = map_get(hub->viewers, channel_id);
    if (counter)
        viewer_counter_ref(counter);
    pthread_mutex_unlock(&hub->lock);
    if (!counter)
        return 0;
    count = viewer_counter_count(counter, clock_mono_ms());
    viewer_counter_unref(counter);
    return count;
}
