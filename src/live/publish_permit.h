/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream key lets an encoder do: publish to a channel, with one video track or with those
 * that it was told to send. */
#ifndef LIVE_PUBLISH_PERMIT_H
#define LIVE_PUBLISH_PERMIT_H

#include "live/live_channel.h"
#include "media/multitrack.h"

struct store;

struct publish_permit {
    struct live_channel channel;
    struct multitrack_config tracks; /* none: an ordinary broadcast */
    char refusal[128];               /* with -EACCES: a code and what it means */
};

/* `config_id` is the key's clientConfigId, "" if the encoder gives none. On a thread that may
 * block. -ENOENT if there is no such key, -EACCES where the key or the way it is used does not fit
 * the channel; otherwise as the store. */
int publish_permit_find(struct publish_permit *out, struct store *store, const char *stream_key,
                        const char *config_id);

#endif
