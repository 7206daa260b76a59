/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket's policy as its store has it. What a statement was added to is a policy that it can be
 * taken out of again, and adding it twice changes nothing. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "objects/bucket_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct policy_grant grant = { "garden", "us-west-2", "AbCdEf123456" };
    struct arena *arena = arena_create();
    const char *policy = arena_strndup(arena, (const char *)data, size);
    struct buf added, removed;
    int err;

    buf_init(&added, 1024 * 1024);
    buf_init(&removed, 1024 * 1024);
    err = bucket_policy_add(&added, policy, &grant);
    if (!err && (bucket_policy_add(&removed, buf_str(&added), &grant) != -EALREADY ||
                 bucket_policy_remove(&removed, buf_str(&added), &grant)))
        abort();
    if (err && err != -EBADMSG && err != -EALREADY)
        abort();
    buf_clear(&added);
    buf_clear(&removed);
    arena_destroy(arena);
    return 0;
}
