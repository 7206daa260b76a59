/* SPDX-License-Identifier: Apache-2.0 */
/* Storage configurations: buckets that compositions and participants are recorded into. A probe
 * write decides at once whether there is one, and a statement in its policy lets compositions
 * write. */
#include <jansson.h>
#include <stdatomic.h>

#include "api/arn.h"
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"
#include "base/err.h"
#include "base/log.h"
#include "objects/bucket_policy.h"
#include "objects/object_store.h"

#define TAG  "bucket"
#define TYPE "storage-configuration"
#define RATE 5

/* --- CreateStorageConfiguration --- */

struct s3_input {
    const char *bucket;
};

struct create_storage {
    const char *name;
    const struct s3_input *s3;
    const struct input_map *tags;
};

/* clang-format off */
static const struct field s3_fields[] = {
    { "bucketName", FIELD_STRING, offsetof(struct s3_input, bucket), .is_required = true,
      SHAPE_BUCKET },
    { 0 },
};

#define AT(member) offsetof(struct create_storage, member)
static const struct field create_fields[] = {
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "s3",   FIELD_STRUCT, AT(s3), .is_required = true, .fields = s3_fields,
      .size = sizeof(struct s3_input) },
    { "tags", FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { 0 },
};
#undef AT
/* clang-format on */

/* No more workers than this wait for a store that may not answer: the others serve on. */
#define AT_STORE_MAX 16

/* Takes a place at the store, for leave_store() to give back. */
static int enter_store(struct call *call)
{
    if (!call->api->config.objects)
        return call_fail(call, API_NOT_FOUND, "There are no buckets here");
    if (atomic_fetch_add(&call->api->at_object_store, 1) < AT_STORE_MAX)
        return 0;
    atomic_fetch_sub(&call->api->at_object_store, 1);
    return -ENOTCONN;
}

static void leave_store(struct call *call)
{
    atomic_fetch_sub(&call->api->at_object_store, 1);
}

static int fail_bucket(struct call *call, const char *bucket, int err)
{
    switch (err) {
    case 0:
        return 0;
    case -ENOENT:
        return call_fail(call, API_NOT_FOUND, "There is no bucket %s", bucket);
    case -EINVAL:
    case -EXDEV:
        return call_fail(call, API_VALIDATION, "s3.bucketName: %s is no bucket of this region",
                         bucket);
    case -EACCES:
    case -EPERM:
    case -EROFS:
    case -EKEYREJECTED:
        return call_fail(call, API_ACCESS_DENIED, "The bucket %s cannot be written to: %s", bucket,
                         err_str(err));
    case -EBADMSG:
        return call_fail(call, API_CONFLICT, "The policy of the bucket %s takes no statement",
                         bucket);
    case -EHOSTUNREACH:
    case -ETIMEDOUT:
    case -EBUSY:
    case -ESHUTDOWN:
        return -ENOTCONN; /* answered with 503 */
    default:
        return err;
    }
}

static struct policy_grant grant_of(struct call *call, const char *bucket, const char *arn)
{
    return (struct policy_grant){ .bucket = bucket, .region = call->region, .id = arn_id(arn) };
}

/* May the bucket be written to? Then compositions may, once this has returned 0. */
static int open_bucket(struct call *call, const struct policy_grant *grant)
{
    struct object_store *objects = call->api->config.objects;
    int err = object_store_probe(objects, grant->bucket);

    if (!err)
        err = object_store_grant(objects, grant);
    return fail_bucket(call, grant->bucket, err);
}

/* A statement that stays behind allows nothing that the bucket's owner has not allowed once, so
 * nobody is kept from deleting a configuration by a bucket that is gone. */
static void close_bucket(struct call *call, const struct policy_grant *grant)
{
    int err = object_store_revoke(call->api->config.objects, grant);

    if (err && err != -ENOENT)
        log_warn(TAG, "a statement stays in a bucket's policy: bucket=%s id=%s err=%s",
                 grant->bucket, grant->id, err_str(err));
}

static const char *document_of(struct call *call, const char *bucket)
{
    struct document d;

    document_begin(&d);
    write_object(&d.out, "s3");
    write_string(&d.out, "bucketName", bucket);
    write_object_end(&d.out);
    return document_end(&d, call);
}

/* The grant comes first: without it there is no configuration that anybody sees. */
static int add_granted(struct call *call, struct resource *storage, const char *bucket)
{
    struct policy_grant grant = grant_of(call, bucket, storage->arn);
    int err = open_bucket(call, &grant);

    if (err)
        return err;
    err = add_resource(call, storage, QUOTA_STORAGE_CONFIGURATIONS);
    if (err)
        close_bucket(call, &grant);
    return err;
}

static int create_storage_configuration(struct call *call, const void *input)
{
    const struct create_storage *in = input;
    struct resource storage;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = enter_store(call);
    if (err)
        return err;
    storage = new_resource(call, TYPE, in->name, tags);
    storage.body = document_of(call, in->s3->bucket);
    err = add_granted(call, &storage, in->s3->bucket);
    leave_store(call);
    return err ? err : reply_write_resource(call, "storageConfiguration", &storage);
}

/* clang-format off */
const struct operation op_create_storage_configuration = {
    .name = "CreateStorageConfiguration", .method = "POST", .path = "/CreateStorageConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = create_storage_configuration,
    .fields = create_fields, .input_size = sizeof(struct create_storage),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_storage, tags),
};
/* clang-format on */

/* --- GetStorageConfiguration, DeleteStorageConfiguration --- */

static const struct field arn_fields[] = { ARN_FIELD(storage_configuration), { 0 } };

static int get_storage_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "storageConfiguration", reply_write_resource);
}

/* clang-format off */
const struct operation op_get_storage_configuration = {
    .name = "GetStorageConfiguration", .method = "POST", .path = "/GetStorageConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = get_storage_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static const char *bucket_in(struct arena *arena, const struct resource *storage)
{
    json_t *body = json_loads(storage->body, 0, NULL);
    json_t *name = json_object_get(json_object_get(body, "s3"), "bucketName");
    const char *bucket = arena_strdup(arena, json_string_value(name));

    json_decref(body);
    return bucket;
}

static int delete_storage_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;
    struct policy_grant grant;
    struct resource storage;
    int err = call_find(call, in->arn, TYPE, &storage);

    if (!err)
        err = enter_store(call);
    if (err)
        return err;
    grant = grant_of(call, bucket_in(call->arena, &storage), storage.arn);
    err = delete_unreferenced(call, in->arn, TYPE);
    if (!err)
        close_bucket(call, &grant);
    leave_store(call);
    return err;
}

/* clang-format off */
const struct operation op_delete_storage_configuration = {
    .name = "DeleteStorageConfiguration", .method = "POST", .path = "/DeleteStorageConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = delete_storage_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListStorageConfigurations --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_storage_configurations(struct call *call, const void *input)
{
    static const struct reply_list list = { "storageConfigurations", TYPE, 100, "",
                                            reply_write_resource };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_storage_configurations = {
    .name = "ListStorageConfigurations", .method = "POST", .path = "/ListStorageConfigurations",
    .services = SERVICE_REALTIME, .rate = RATE, .run = list_storage_configurations,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_ALL },
};
/* clang-format on */
