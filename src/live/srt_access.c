/* SPDX-License-Identifier: Apache-2.0 */
#include "live/srt_access.h"

#include <errno.h>
#include <stdio.h>

#include "base/arena.h"
#include "ingest/publish_query.h"
#include "ingest/stream_name.h"
#include "live/live_registry.h"
#include "store/channel.h"

/* Whether live/ would refuse the encoder at once: better said while the handshake can tell why. */
static bool is_taken(struct live_registry *registry, const char *channel_arn, const char *query)
{
    struct publish_query asks;

    publish_query_parse(&asks, query);
    return !asks.priority && !asks.is_bandwidth_test && live_is_taken(registry, channel_arn);
}

int srt_access_find(struct srt_access *out, const struct stream_name *name, void *ctx)
{
    const struct srt_access_sources *sources = ctx;
    struct arena *arena = arena_create();
    struct channel channel;
    int err = channel_find_by_stream_key(&channel, sources->store, arena, name->key);

    if (!err && is_taken(sources->registry, channel.arn, name->query))
        err = -EBUSY;
    if (!err) {
        out->allows_clear = channel.allows_insecure_ingest;
        snprintf(out->passphrase, sizeof(out->passphrase), "%s",
                 channel.srt_passphrase ? channel.srt_passphrase : "");
    }
    arena_destroy(arena);
    return err;
}
