/* SPDX-License-Identifier: Apache-2.0 */
#include "api/permission.h"

#include <jansson.h>
#include <string.h>

#include "api/arn.h"
#include "api/call.h"
#include "api/operation.h"
#include "api/policy.h"
#include "net/http_server.h"
#include "store/access_key_cache.h"

static int refuse(struct call *call, const struct policy_request *request,
                  enum policy_verdict verdict)
{
    return call_fail(call, API_ACCESS_DENIED,
                     "User: arn:aws:iam::%s:user/%s is not authorized to perform: %s on resource: "
                     "%s %s",
                     call->account, call->caller->key.id, request->action, request->resource,
                     verdict == POLICY_DENIED
                         ? "with an explicit deny in an identity-based policy"
                         : arena_printf(call->arena,
                                        "because no identity-based policy allows the %s action",
                                        request->action));
}

static int judge(struct call *call, const struct policy_request *request)
{
    const struct policy *policy = call->caller->policy;
    enum policy_verdict verdict = policy ? policy_judge(policy, request) : POLICY_NOT_ALLOWED;

    return verdict == POLICY_ALLOWED ? 0 : refuse(call, request, verdict);
}

/* --- what the request says of tags --- */

static const void *member_at(const void *input, size_t at)
{
    const void *member;

    memcpy(&member, (const char *)input + at, sizeof(member));
    return member;
}

static struct input_list keys_of(struct call *call, const struct input_map *tags)
{
    const void **keys = arena_alloc(call->arena, (tags->count + 1) * sizeof(*keys));

    for (size_t i = 0; i < tags->count; i++)
        keys[i] = tags->items[i].key;
    return (struct input_list){ tags->count, keys };
}

static struct policy_request base_request(struct call *call)
{
    const struct operation *op = call->operation;
    const struct input_map *tags = op->tags_at ? member_at(call->input, op->tags_at) : NULL;
    const struct input_list *keys =
        op->tag_keys_at ? member_at(call->input, op->tag_keys_at) : NULL;
    struct policy_request request = {
        .action = arena_printf(call->arena, "ivs:%s", op->name),
        .source_ip = call->request->peer,
        .is_secure = call->request->is_tls,
    };

    if (tags) {
        request.request_tags = *tags;
        request.tag_keys = keys_of(call, tags);
    }
    if (keys)
        request.tag_keys = *keys;
    return request;
}

/* --- what the resource has --- */

static void release_json(void *json)
{
    json_decref(json);
}

static struct input_map tags_of(struct call *call, const struct resource *resource)
{
    json_t *json = json_loads(resource->tags, 0, NULL), *value;
    struct input_pair *items;
    const char *key;
    size_t count = 0;

    if (!json)
        return (struct input_map){ 0 };
    arena_on_destroy(call->arena, release_json, json);
    items = arena_alloc(call->arena, (json_object_size(json) + 1) * sizeof(*items));
    json_object_foreach(json, key, value) items[count++] =
        (struct input_pair){ key, json_string_value(value) };
    return (struct input_map){ count, items };
}

static bool needs_tags(const struct call *call)
{
    return call->caller->policy && policy_needs_resource_tags(call->caller->policy);
}

/* One that is not there has no tags. */
static int judge_arn(struct call *call, struct policy_request *request, const char *arn)
{
    struct resource found;
    int err;

    if (needs_tags(call)) {
        err = store_get(call->store, call->arena, arn, &found);
        if (err && err != -ENOENT)
            return err;
        if (!err)
            request->resource_tags = tags_of(call, &found);
    }
    request->resource = arn;
    return judge(call, request);
}

int permission_check_arn(struct call *call, const char *arn)
{
    struct policy_request request = base_request(call);

    return judge_arn(call, &request, arn);
}

/* --- what the operation touches --- */

static int check_target(struct call *call, const struct target *target,
                        struct policy_request *request)
{
    const char *arn;

    switch (target->kind) {
    case TARGET_ARN:
        arn = member_at(call->input, target->at);
        return arn && *arn ? judge_arn(call, request, arn) : 0;
    case TARGET_TYPE:
        request->resource = arn_format(call->arena, call->region, call->account, target->type, "*");
        return judge(call, request);
    default:
        request->resource = "*";
        return judge(call, request);
    }
}

static int check_targets(struct call *call, struct policy_request *request)
{
    const struct operation *op = call->operation;
    int err = 0;

    for (size_t i = 0; !err && i < TARGETS_MAX && op->targets[i].kind != TARGET_END; i++) {
        struct policy_request copy = *request;

        err = check_target(call, &op->targets[i], &copy);
    }
    return err;
}

int permission_check(struct call *call)
{
    struct policy_request request = base_request(call);
    int err = check_targets(call, &request);

    if (!err && request.request_tags.count) {
        request.action = "ivs:TagResource";
        err = check_targets(call, &request);
    }
    return err;
}
