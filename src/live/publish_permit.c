/* SPDX-License-Identifier: Apache-2.0 */
#include "live/publish_permit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "live/multitrack_watch.h"
#include "store/multitrack_key.h"
#include "store/store.h"

static int refuse(struct publish_permit *out, const char *code, const char *why)
{
    snprintf(out->refusal, sizeof(out->refusal), "%s: %s", code, why);
    return -EACCES;
}

static int find_granted(struct publish_permit *out, struct store *store, const char *key,
                        const char *config_id)
{
    uint8_t secret[STORE_KEY_SIZE];
    struct multitrack_grant grant;
    int err;

    store_derive_key(store, MULTITRACK_KEY_PURPOSE, secret);
    err = multitrack_key_read(&grant, secret, key, clock_wall_ms());
    explicit_bzero(secret, sizeof(secret));
    if (err == -EKEYEXPIRED)
        return refuse(out, MULTITRACK_KEY_INVALID, "the key has expired, ask for another");
    if (err)
        return refuse(out, MULTITRACK_KEY_INVALID, "the key is damaged");
    if (strcmp(config_id, grant.config_id) != 0)
        return refuse(out, MULTITRACK_KEY_INVALID, "clientConfigId is not the key's");
    err = live_channel_find_by_key_arn(&out->channel, store, grant.stream_key_arn);
    if (err == -ENOENT)
        return refuse(out, MULTITRACK_KEY_INVALID, "its stream key was deleted");
    if (err)
        return err;
    if (!out->channel.takes_multitrack)
        return refuse(out, MULTITRACK_NOT_ALLOWED, "the channel takes one video track");
    out->tracks = grant.config;
    return 0;
}

static int find_plain(struct publish_permit *out, struct store *store, const char *key,
                      const char *config_id)
{
    int err = live_channel_find(&out->channel, store, key);

    if (err)
        return err;
    if (out->channel.takes_multitrack && *config_id)
        return refuse(out, MULTITRACK_KEY_REQUIRED, "publish with the key that came with it");
    if (out->channel.requires_multitrack)
        return refuse(out, MULTITRACK_REQUIRED, "ask GetClientConfiguration for a key");
    return 0;
}

int publish_permit_find(struct publish_permit *out, struct store *store, const char *stream_key,
                        const char *config_id)
{
    *out = (struct publish_permit){ 0 };
    return multitrack_key_is_one(stream_key) ? find_granted(out, store, stream_key, config_id)
                                             : find_plain(out, store, stream_key, config_id);
}
