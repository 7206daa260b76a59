/* SPDX-License-Identifier: Apache-2.0 */
/* What a broadcast needs to know of its channel, as it was when the encoder connected.
 * Thread: any; a value. */
#ifndef LIVE_LIVE_CHANNEL_H
#define LIVE_LIVE_CHANNEL_H

#include <stdbool.h>

#include "live/live_registry.h"
#include "store/channel.h"

struct store;

struct live_channel {
    char arn[LIVE_CHANNEL_ARN_SIZE];
    char id[64];
    char account[13];
    char region[33];
    char name[129];
    char type[16];   /* "STANDARD", "BASIC", "ADVANCED_SD", "ADVANCED_HD" */
    char preset[40]; /* "" or as the API says */
    bool is_low_latency;
    bool is_fmp4;
    bool allows_insecure_ingest;
    bool takes_multitrack, requires_multitrack; /* several video tracks over one connection */
    enum multitrack_resolution multitrack_max;  /* of any of them */
};

/* The channel whose stream key has this value, on a thread that may block. -ENOENT if there is no
 * such key; otherwise as the store. */
int live_channel_find(struct live_channel *out, struct store *store, const char *stream_key);
/* Likewise by the ARN of its stream key. */
int live_channel_find_by_key_arn(struct live_channel *out, struct store *store, const char *arn);

#endif
