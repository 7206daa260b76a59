/* SPDX-License-Identifier: Apache-2.0 */
/* How much one account may have in one region: IVS's service quotas, by name.
 * Thread: read-only once set. */
#ifndef API_QUOTA_H
#define API_QUOTA_H

#include <stdint.h>

enum quota {
    QUOTA_CHANNELS,
    QUOTA_CONCURRENT_STREAMS,
    QUOTA_CONCURRENT_VIEWS,
    QUOTA_STREAM_KEYS_PER_CHANNEL,
    QUOTA_TAKEOVERS_PER_STREAM,
    QUOTA_RECORDING_CONFIGURATIONS,
    QUOTA_PLAYBACK_KEY_PAIRS,
    QUOTA_PLAYBACK_RESTRICTION_POLICIES,
    QUOTA_AD_CONFIGURATIONS,
    QUOTA_STAGES,
    QUOTA_STAGE_PUBLISHERS,
    QUOTA_STAGE_SUBSCRIBERS,
    QUOTA_CONCURRENT_PUBLISHERS,
    QUOTA_CONCURRENT_SUBSCRIPTIONS,
    QUOTA_COMPOSITIONS,
    QUOTA_COMPOSITIONS_PER_STAGE,
    QUOTA_ENCODER_CONFIGURATIONS,
    QUOTA_STORAGE_CONFIGURATIONS,
    QUOTA_INGEST_CONFIGURATIONS,
    QUOTA_PUBLIC_KEYS,
    QUOTA_COUNT,
};

struct quotas {
    int64_t values[QUOTA_COUNT];
};

/* IVS's defaults. */
void quotas_init(struct quotas *quotas);
/* `setting` is NAME=N. -EINVAL if there is no such name, or N is no number from 0. */
int quotas_set(struct quotas *quotas, const char *setting);
const char *quota_name(enum quota quota);
/* Which resources of an account it counts, by the type in their ARNs; NULL: something else. */
const char *quota_resource_type(enum quota quota);

#endif
