/* SPDX-License-Identifier: Apache-2.0 */
/* Policy documents, read and then asked. */
#include <stddef.h>
#include <stdint.h>

#include "api/policy.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct input_pair tags[] = { { "team", "red" } };
    static const void *const keys[] = { "team" };
    const struct policy_request request = { .action = "ivs:GetChannel",
                                            .resource =
                                                "arn:aws:ivs:us-west-2:123456789012:channel/a",
                                            .source_ip = "192.0.2.1",
                                            .resource_tags = { 1, tags },
                                            .request_tags = { 1, tags },
                                            .tag_keys = { 1, keys } };
    struct arena *arena = arena_create();
    const char *json = arena_strndup(arena, (const char *)data, size);
    char message[POLICY_MESSAGE_SIZE];
    struct policy *policy;

    if (!policy_parse(&policy, json, message)) {
        policy_judge(policy, &request);
        policy_destroy(policy);
    }
    arena_destroy(arena);
    return 0;
}
