/* SPDX-License-Identifier: Apache-2.0 */
#include "api/stream_key.h"

#include "api/arn.h"
#include "api/call.h"
#include "base/id.h"
#include "store/channel.h"

#define RANDOM_LEN 30

struct resource stream_key_make(struct call *call, const char *channel_arn, const char *tags)
{
    const char *arn = call_new_arn(call, STREAM_KEY_TYPE);
    char random[RANDOM_LEN + 1];

    id_alnum(random, RANDOM_LEN);
    return (struct resource){
        .arn = arn,
        .name = "",
        .parent = channel_arn,
        .state = "",
        .created_ms = call->now_ms,
        .body = "{}",
        .tags = tags,
        .secret = arena_printf(call->arena, "sk_%s_%s_%s", call->region, arn_id(arn), random),
        .is_found_by_secret = true,
    };
}
