/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live_channel.h"

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "store/store.h"

static int copy(struct live_channel *out, const struct channel *channel)
{
    *out = (struct live_channel){
        .is_low_latency = channel->latency == CHANNEL_LATENCY_LOW,
        .is_fmp4 = channel->container == CHANNEL_CONTAINER_FMP4,
        .allows_insecure_ingest = channel->allows_insecure_ingest,
        .takes_multitrack = channel->multitrack.is_enabled,
        .requires_multitrack =
            channel->multitrack.is_enabled && channel->multitrack.policy == MULTITRACK_REQUIRE,
        .multitrack_max = channel->multitrack.maximum_resolution,
    };
    snprintf(out->arn, sizeof(out->arn), "%s", channel->arn);
    snprintf(out->name, sizeof(out->name), "%s", channel->name);
    snprintf(out->type, sizeof(out->type), "%s", channel_type_names[channel->type]);
    snprintf(out->preset, sizeof(out->preset), "%s", channel_preset_names[channel->preset]);
    if (sscanf(channel->arn, "arn:aws:ivs:%32[^:]:%12[^:]:channel/%63s", out->region, out->account,
               out->id) != 3)
        return -EPROTO;
    return 0;
}

int live_channel_find(struct live_channel *out, struct store *store, const char *stream_key)
{
    struct arena *arena = arena_create();
    struct channel channel;
    int err = channel_find_by_stream_key(&channel, store, arena, stream_key);

    if (!err)
        err = copy(out, &channel);
    arena_destroy(arena);
    return err;
}

int live_channel_find_by_key_arn(struct live_channel *out, struct store *store, const char *arn)
{
    struct arena *arena = arena_create();
    struct resource resource;
    struct channel channel;
    int err = store_get(store, arena, arn, &resource);

    if (!err)
        err = store_get(store, arena, resource.parent, &resource);
    if (!err)
        err = channel_read(&channel, arena, &resource);
    if (!err)
        err = copy(out, &channel);
    arena_destroy(arena);
    return err;
}
