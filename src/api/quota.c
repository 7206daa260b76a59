/* SPDX-License-Identifier: Apache-2.0 */
#include "api/quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct {
    const char *name;
    int64_t standard;
    const char *type; /* of the resources it counts, all of an account's */
} table[QUOTA_COUNT] = {
    [QUOTA_CHANNELS]                      = { "channels", 5000, "channel" },
    [QUOTA_CONCURRENT_STREAMS]            = { "concurrent-streams", 100, NULL },
    [QUOTA_CONCURRENT_VIEWS]              = { "concurrent-views", 15000, NULL },
    [QUOTA_STREAM_KEYS_PER_CHANNEL]       = { "stream-keys-per-channel", 1, NULL },
    [QUOTA_TAKEOVERS_PER_STREAM]          = { "takeovers-per-stream", 100, NULL },
    [QUOTA_RECORDING_CONFIGURATIONS]      = { "recording-configurations", 20, "recording-configuration" },
    [QUOTA_PLAYBACK_KEY_PAIRS]            = { "playback-key-pairs", 3, "playback-key" },
    [QUOTA_PLAYBACK_RESTRICTION_POLICIES] = { "playback-restriction-policies", 3, "playback-restriction-policy" },
    [QUOTA_AD_CONFIGURATIONS]             = { "ad-configurations", 20, "ad-configuration" },
    [QUOTA_STAGES]                        = { "stages", 1000, "stage" },
    [QUOTA_STAGE_PUBLISHERS]              = { "publishers-per-stage", 12, NULL },
    [QUOTA_STAGE_SUBSCRIBERS]             = { "subscribers-per-stage", 10000, NULL },
    [QUOTA_CONCURRENT_PUBLISHERS]         = { "concurrent-publishers", 1000, NULL },
    [QUOTA_CONCURRENT_SUBSCRIPTIONS]      = { "concurrent-subscriptions", 20000, NULL },
    [QUOTA_COMPOSITIONS]                  = { "compositions", 20, "composition" },
    [QUOTA_COMPOSITIONS_PER_STAGE]        = { "compositions-per-stage", 5, NULL },
    [QUOTA_ENCODER_CONFIGURATIONS]        = { "encoder-configurations", 20, "encoder-configuration" },
    [QUOTA_STORAGE_CONFIGURATIONS]        = { "storage-configurations", 5, "storage-configuration" },
    [QUOTA_INGEST_CONFIGURATIONS]         = { "ingest-configurations", 100, "ingest-configuration" },
    [QUOTA_PUBLIC_KEYS]                   = { "public-keys", 3, "public-key" },
};
/* clang-format on */

void quotas_init(struct quotas *quotas)
{
    for (int i = 0; i < QUOTA_COUNT; i++)
        quotas->values[i] = table[i].standard;
}

const char *quota_name(enum quota quota)
{
    return table[quota].name;
}

const char *quota_resource_type(enum quota quota)
{
    return table[quota].type;
}

int quotas_set(struct quotas *quotas, const char *setting)
{
    size_t len = strcspn(setting, "=");
    const char *number = setting + len + 1;
    char *end;
    long long value;

    if (!setting[len] || *number < '0' || *number > '9')
        return -EINVAL;
    errno = 0;
    value = strtoll(number, &end, 10);
    if (*end || errno)
        return -EINVAL;
    for (int i = 0; i < QUOTA_COUNT; i++) {
        if (strlen(table[i].name) == len && !memcmp(table[i].name, setting, len)) {
            quotas->values[i] = value;
            return 0;
        }
    }
    return -EINVAL;
}
