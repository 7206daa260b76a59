/* SPDX-License-Identifier: Apache-2.0 */
/* Events of one round of the loop are gathered: the first one posts a message to the loop itself,
 * which runs when everything that the round brings has happened. */
#include "deliver/stream_feed.h"

#include "base/mem.h"
#include "deliver/deliver_internal.h"
#include "deliver/viewer_counter.h"
#include "net/loop.h"

struct stream_feed {
    struct hls_hub *hub;
    struct loop *loop;
    struct stream_info *info;
    int set_number;
    struct round *round; /* NULL: nothing to send */
};

/* What is gathered; outlives a feed that is destroyed in the meantime. */
struct round {
    struct stream_feed *feed; /* NULL: sent */
    struct feed_event *event;
};

static void send_round(struct stream_feed *feed)
{
    struct round *round = feed->round;

    if (!round)
        return;
    hls_hub_post(feed->hub, round->event);
    round->feed = NULL;
    feed->round = NULL;
}

static void end_round(void *arg)
{
    struct round *round = arg;

    if (round->feed)
        send_round(round->feed);
    feed_event_unref(round->event);
    mem_free(round);
}

static struct feed_event *gather(struct stream_feed *feed)
{
    loop_assert_here(feed->loop);
    if (!feed->round) {
        feed->round = mem_alloc(sizeof(*feed->round));
        *feed->round = (struct round){ feed, feed_event_create(feed->info) };
        loop_post(feed->loop, end_round, feed->round);
    }
    return feed->round->event;
}

struct stream_feed *stream_feed_create(struct hls_hub *hub, struct loop *loop,
                                       const struct stream_feed_config *config)
{
    struct stream_feed *feed = mem_zalloc(sizeof(*feed));
    int64_t span_ms = INT64_C(3000) * config->target_duration_s;

    feed->hub = hub;
    feed->loop = loop;
    feed->info = stream_info_create(config, viewer_counter_create(hub->count, span_ms));
    hls_hub_add_viewers(hub, config->channel_id, feed->info->viewers);
    gather(feed)->set = rendition_set_create(0, config->renditions, config->rendition_count);
    return feed;
}

void stream_feed_part(struct stream_feed *feed, int rendition, struct segment *growing)
{
    feed_event_add(gather(feed), rendition, growing, false);
}

void stream_feed_segment(struct stream_feed *feed, int rendition, struct segment *segment)
{
    feed_event_add(gather(feed), rendition, segment, true);
}

void stream_feed_withdraw(struct stream_feed *feed, int rendition)
{
    gather(feed)->withdrawn |= UINT32_C(1) << rendition;
}

void stream_feed_set_renditions(struct stream_feed *feed, const struct feed_rendition *renditions,
                                int count)
{
    send_round(feed);
    gather(feed)->set = rendition_set_create(++feed->set_number, renditions, count);
}

void stream_feed_destroy(struct stream_feed *feed)
{
    if (!feed)
        return;
    gather(feed)->is_end = true;
    send_round(feed);
    hls_hub_remove_viewers(feed->hub, feed->info->channel_id, feed->info->viewers);
    stream_info_unref(feed->info);
    mem_free(feed);
}
