/* SPDX-License-Identifier: Apache-2.0 */
/* Stream keys, which come with a channel or are made for one. */
#ifndef API_STREAM_KEY_H
#define API_STREAM_KEY_H

#include "store/store.h"

struct call;

/* A new key with a fresh value for the channel, ready for txn_add(). */
struct resource stream_key_make(struct call *call, const char *channel_arn, const char *tags);

#endif
