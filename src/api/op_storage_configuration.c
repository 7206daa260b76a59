/* SPDX-License-Identifier: Apache-2.0 */
/* Storage configurations: buckets that compositions and participants are recorded into. A probe
 * write decides at once whether there is one. */
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"
#include "base/err.h"

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

static int fail_bucket(struct call *call, const char *bucket, int err)
{
    switch (err) {
    case -ENODEV: /* there are no buckets at all */
    case -ENOENT:
        return call_fail(call, API_NOT_FOUND, "There is no bucket %s", bucket);
    case -EINVAL:
        return call_fail(call, API_VALIDATION, "s3.bucketName: %s is no bucket of this region",
                         bucket);
    case -EACCES:
    case -EPERM:
    case -EROFS:
        return call_fail(call, API_ACCESS_DENIED, "The bucket %s cannot be written to: %s", bucket,
                         err_str(err));
    default:
        return err;
    }
}

static int check_bucket(struct call *call, const char *bucket)
{
    const struct api_config *config = &call->api->config;
    int err = config->probe_bucket ? config->probe_bucket(bucket, config->probe_ctx) : -ENODEV;

    return err ? fail_bucket(call, bucket, err) : 0;
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

static int create_storage_configuration(struct call *call, const void *input)
{
    const struct create_storage *in = input;
    struct resource storage;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_bucket(call, in->s3->bucket);
    if (err)
        return err;
    storage = new_resource(call, TYPE, in->name, tags);
    storage.body = document_of(call, in->s3->bucket);
    err = add_resource(call, &storage, QUOTA_STORAGE_CONFIGURATIONS);
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

static int delete_storage_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return delete_unreferenced(call, in->arn, TYPE);
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
