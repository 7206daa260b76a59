/* SPDX-License-Identifier: Apache-2.0 */
/* Stream keys: children of their channel, one each unless the quota says otherwise. */
#include "api/batch.h"
#include "api/call.h"
#include "api/channel_reply.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/stream_key.h"
#include "api/tags.h"

#define RATE 5

/* --- CreateStreamKey --- */

struct create_stream_key {
    const char *channel_arn;
    const struct input_map *tags;
};

/* clang-format off */
static const struct field create_fields[] = {
    { "channelArn", FIELD_STRING, offsetof(struct create_stream_key, channel_arn),
      .is_required = true, SHAPE_ARN(channel) },
    { "tags", FIELD_MAP, offsetof(struct create_stream_key, tags), SHAPE_TAGS },
    { 0 },
};
/* clang-format on */

struct creation {
    struct call *call;
    struct resource key;
};

static int add_key(struct store_txn *txn, void *arg)
{
    struct creation *creation = arg;
    struct call *call = creation->call;
    struct resource_query query = call_query(call, STREAM_KEY_TYPE);
    struct resource channel;
    int64_t count;
    int err = call_find_in(call, txn, creation->key.parent, CHANNEL_TYPE, &channel);

    if (err)
        return err;
    query.parent = channel.arn;
    err = txn_count(txn, &query, &count);
    if (err)
        return err;
    if (count >= call_quota(call, QUOTA_STREAM_KEYS_PER_CHANNEL))
        return call_fail(call, API_QUOTA_EXCEEDED,
                         "Channel %s has as many stream keys as it may have: %lld", channel.arn,
                         (long long)count);
    return txn_add(txn, &creation->key, 0);
}

static int create_stream_key(struct call *call, const void *input)
{
    const struct create_stream_key *in = input;
    struct creation creation = { .call = call };
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (err)
        return err;
    creation.key = stream_key_make(call, in->channel_arn, tags);
    err = store_write(call->store, add_key, &creation);
    if (err)
        return err;
    stream_key_write_reply(call, "streamKey", &creation.key);
    return 0;
}

/* clang-format off */
const struct operation op_create_stream_key = {
    .name = "CreateStreamKey", .method = "POST", .path = "/CreateStreamKey",
    .services = SERVICE_IVS, .rate = RATE, .run = create_stream_key,
    .fields = create_fields, .input_size = sizeof(struct create_stream_key),
    .targets = { ON_TYPE(STREAM_KEY_TYPE) },
    .tags_at = offsetof(struct create_stream_key, tags),
};
/* clang-format on */

/* --- GetStreamKey, DeleteStreamKey --- */

static const struct field arn_fields[] = { ARN_FIELD(stream_key), { 0 } };

static int write_key(struct call *call, const char *member, const struct resource *key)
{
    stream_key_write_reply(call, member, key);
    return 0;
}

static int get_stream_key(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, STREAM_KEY_TYPE, "streamKey", write_key);
}

/* clang-format off */
const struct operation op_get_stream_key = {
    .name = "GetStreamKey", .method = "POST", .path = "/GetStreamKey",
    .services = SERVICE_IVS, .rate = RATE, .run = get_stream_key,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_stream_key(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return call_delete(call, in->arn, STREAM_KEY_TYPE);
}

/* clang-format off */
const struct operation op_delete_stream_key = {
    .name = "DeleteStreamKey", .method = "POST", .path = "/DeleteStreamKey", .status = 204,
    .services = SERVICE_IVS, .rate = RATE, .run = delete_stream_key,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- BatchGetStreamKey --- */

struct batch_input {
    const struct input_list *arns;
};

/* clang-format off */
static const struct field batch_arn = { .type = FIELD_STRING, SHAPE_ARN(stream_key) };
static const struct field batch_fields[] = {
    { "arns", FIELD_LIST, offsetof(struct batch_input, arns), .is_required = true,
      .min = 1, .max = 50, .item = &batch_arn },
    { 0 },
};
/* clang-format on */

static int batch_get_stream_key(struct call *call, const void *input)
{
    static const struct batch batch = { "streamKeys", STREAM_KEY_TYPE, write_key };
    const struct batch_input *in = input;

    return batch_get(call, in->arns, &batch);
}

/* clang-format off */
const struct operation op_batch_get_stream_key = {
    .name = "BatchGetStreamKey", .method = "POST", .path = "/BatchGetStreamKey",
    .services = SERVICE_IVS, .rate = RATE, .run = batch_get_stream_key,
    .fields = batch_fields, .input_size = sizeof(struct batch_input),
};
/* clang-format on */

/* --- ListStreamKeys --- */

struct list_stream_keys {
    const char *channel_arn;
    struct page_input page;
};
#define AT(member) offsetof(struct list_stream_keys, member)

/* clang-format off */
static const struct field list_fields[] = {
    { "channelArn", FIELD_STRING, AT(channel_arn), .is_required = true, SHAPE_ARN(channel) },
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = 50 },
    { 0 },
};
/* clang-format on */
#undef AT

static int list_stream_keys(struct call *call, const void *input)
{
    const struct list_stream_keys *in = input;
    struct resource_query query = call_query(call, STREAM_KEY_TYPE);
    struct reply_list list = { "streamKeys", STREAM_KEY_TYPE, 1, in->channel_arn, write_key };
    struct resource channel;
    int err = call_find(call, in->channel_arn, CHANNEL_TYPE, &channel);

    query.parent = in->channel_arn;
    return err ? err : reply_list(call, &list, &in->page, &query);
}

/* clang-format off */
const struct operation op_list_stream_keys = {
    .name = "ListStreamKeys", .method = "POST", .path = "/ListStreamKeys",
    .services = SERVICE_IVS, .rate = RATE, .run = list_stream_keys,
    .fields = list_fields, .input_size = sizeof(struct list_stream_keys),
    .targets = { ON_ARN(0), ON_TYPE(STREAM_KEY_TYPE) },
};
/* clang-format on */
