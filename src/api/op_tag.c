/* SPDX-License-Identifier: Apache-2.0 */
/* Tags on any resource of both APIs, named in the path. */
#include <string.h>

#include "api/arn.h"
#include "api/call.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/shape.h"
#include "api/tags.h"

#define PATH "/tags/{resourceArn}"
#define RATE 10

#define LABEL_FIELD                                                                                \
    {                                                                                              \
        "resourceArn", FIELD_STRING, 0, .is_required = true, .source = FROM_PATH, .min = 1,        \
                                        .max = 128, .pattern = &pattern_resource_arn               \
    }

/* --- ListTagsForResource --- */

struct list_tags {
    const char *arn;
};

static const struct field list_fields[] = { LABEL_FIELD, { 0 } };

static int list_tags_for_resource(struct call *call, const void *input)
{
    const struct list_tags *in = input;
    struct resource found;
    bool has_any_letter;
    int err = tags_check_resource(call, in->arn, &has_any_letter);

    if (!err)
        err = call_find(call, in->arn, NULL, &found);
    if (!err)
        write_json(&call->out, "tags", found.tags);
    return err;
}

/* clang-format off */
const struct operation op_list_tags_for_resource = {
    .name = "ListTagsForResource", .method = "GET", .path = PATH,
    .services = SERVICE_IVS | SERVICE_REALTIME, .rate = RATE, .run = list_tags_for_resource,
    .fields = list_fields, .input_size = sizeof(struct list_tags),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- TagResource, UntagResource --- */

struct change {
    struct call *call;
    const char *arn;
    const struct input_map *set;
    const struct input_list *remove;
};

static int change_tags(struct store_txn *txn, void *arg)
{
    struct change *change = arg;
    struct call *call = change->call;
    struct resource found;
    int err = call_find_in(call, txn, change->arn, NULL, &found);

    if (!err && change->set)
        err = tags_merge(call, found.tags, change->set, &found.tags);
    if (!err && change->remove)
        err = tags_remove(call, found.tags, change->remove, &found.tags);
    return err ? err : txn_update(txn, &found);
}

struct tag_resource {
    const char *arn;
    const struct input_map *tags;
};

/* clang-format off */
static const struct field tag_fields[] = {
    LABEL_FIELD,
    { "tags", FIELD_MAP, offsetof(struct tag_resource, tags), .is_required = true,
      SHAPE_REALTIME_TAGS },
    { 0 },
};
/* clang-format on */

static int tag_resource(struct call *call, const void *input)
{
    const struct tag_resource *in = input;
    struct change change = { .call = call, .arn = in->arn, .set = in->tags };
    bool has_any_letter;
    int err = tags_check_resource(call, in->arn, &has_any_letter);

    if (!err && !has_any_letter)
        err = tags_check_letters(call, in->tags);
    return err ? err : store_write(call->store, change_tags, &change);
}

/* clang-format off */
const struct operation op_tag_resource = {
    .name = "TagResource", .method = "POST", .path = PATH,
    .services = SERVICE_IVS | SERVICE_REALTIME, .rate = RATE, .run = tag_resource,
    .fields = tag_fields, .input_size = sizeof(struct tag_resource),
    .targets = { ON_ARN(0) }, .tags_at = offsetof(struct tag_resource, tags),
};
/* clang-format on */

struct untag_resource {
    const char *arn;
    const struct input_list *keys;
};

/* clang-format off */
static const struct field untag_key = { .type = FIELD_STRING, .min = 1, .max = 128 };
static const struct field untag_fields[] = {
    LABEL_FIELD,
    { "tagKeys", FIELD_LIST, offsetof(struct untag_resource, keys), .is_required = true,
      .source = FROM_QUERY, .max = 50, .item = &untag_key },
    { 0 },
};
/* clang-format on */

static int untag_resource(struct call *call, const void *input)
{
    const struct untag_resource *in = input;
    struct change change = { .call = call, .arn = in->arn, .remove = in->keys };
    bool has_any_letter;
    int err = tags_check_resource(call, in->arn, &has_any_letter);

    return err ? err : store_write(call->store, change_tags, &change);
}

/* clang-format off */
const struct operation op_untag_resource = {
    .name = "UntagResource", .method = "DELETE", .path = PATH,
    .services = SERVICE_IVS | SERVICE_REALTIME, .rate = RATE, .run = untag_resource,
    .fields = untag_fields, .input_size = sizeof(struct untag_resource),
    .targets = { ON_ARN(0) }, .tag_keys_at = offsetof(struct untag_resource, keys),
};
/* clang-format on */
