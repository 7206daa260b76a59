/* SPDX-License-Identifier: Apache-2.0 */
/* Channels and stream keys as replies show them. */
#ifndef API_CHANNEL_REPLY_H
#define API_CHANNEL_REPLY_H

#include "store/channel.h"

struct call;

/* `member` is NULL inside a list. */
void channel_write_reply(struct call *call, const char *member, const struct channel *channel);
void channel_write_summary(struct call *call, const struct channel *channel);
const char *channel_playback_url(struct call *call, const char *channel_arn);

void stream_key_write_reply(struct call *call, const char *member, const struct resource *key);

#endif
