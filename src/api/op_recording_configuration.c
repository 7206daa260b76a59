/* SPDX-License-Identifier: Apache-2.0 */
/* Recording configurations: where and how broadcasts are recorded.
 *
 *   CREATING --probe write into the bucket--> ACTIVE | CREATE_FAILED
 */
#include <string.h>

#include "api/bucket_check.h"
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"

#define TYPE             "recording-configuration"
#define RATE             3
#define INTERVAL_DEFAULT 60

/* --- CreateRecordingConfiguration: its fields --- */

/* clang-format off */
enum { MODE_DISABLED, MODE_INTERVAL };
static const char *const mode_names[] = { "DISABLED", "INTERVAL", NULL };
static const char *const resolution_names[] = {
    "SD", "HD", "FULL_HD", "LOWEST_RESOLUTION", NULL
};
static const char *const storage_names[] = { "SEQUENTIAL", "LATEST", NULL };
enum { SELECTION_ALL, SELECTION_NONE, SELECTION_CUSTOM };
static const char *const selection_names[] = { "ALL", "NONE", "CUSTOM", NULL };
/* clang-format on */

struct s3_input {
    const char *bucket;
};

struct destination_input {
    const struct s3_input *s3;
};

struct thumbnail_input {
    const int *mode;
    const int64_t *interval_s;
    const int *resolution;
    const struct input_list *storage;
};

struct rendition_input {
    const int *selection;
    const struct input_list *renditions;
};

struct create_recording {
    const char *name;
    const struct destination_input *destination;
    const struct input_map *tags;
    const struct thumbnail_input *thumbnails;
    const int64_t *reconnect_s;
    const struct rendition_input *renditions;
};

/* clang-format off */
static const struct field s3_fields[] = {
    { "bucketName", FIELD_STRING, offsetof(struct s3_input, bucket), .is_required = true,
      SHAPE_BUCKET },
    { 0 },
};

static const struct field destination_fields[] = {
    { "s3", FIELD_STRUCT, offsetof(struct destination_input, s3), .fields = s3_fields,
      .size = sizeof(struct s3_input) },
    { 0 },
};

static const struct field storage_item = { .type = FIELD_ENUM, .one_of = storage_names };
static const struct field rendition_item = { .type = FIELD_ENUM, .one_of = resolution_names };

#define AT(member) offsetof(struct thumbnail_input, member)
static const struct field thumbnail_fields[] = {
    { "recordingMode", FIELD_ENUM, AT(mode), .one_of = mode_names },
    { "targetIntervalSeconds", FIELD_INT, AT(interval_s), .min = 1, .max = 60 },
    { "resolution", FIELD_ENUM, AT(resolution), .one_of = resolution_names },
    { "storage", FIELD_LIST, AT(storage), .item = &storage_item },
    { 0 },
};
#undef AT

static const struct field rendition_fields[] = {
    { "renditionSelection", FIELD_ENUM, offsetof(struct rendition_input, selection),
      .one_of = selection_names },
    { "renditions", FIELD_LIST, offsetof(struct rendition_input, renditions),
      .item = &rendition_item },
    { 0 },
};

#define AT(member) offsetof(struct create_recording, member)
static const struct field create_fields[] = {
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "destinationConfiguration", FIELD_STRUCT, AT(destination), .is_required = true,
      .fields = destination_fields, .size = sizeof(struct destination_input) },
    { "tags", FIELD_MAP, AT(tags), SHAPE_TAGS },
    { "thumbnailConfiguration", FIELD_STRUCT, AT(thumbnails), .fields = thumbnail_fields,
      .size = sizeof(struct thumbnail_input) },
    { "recordingReconnectWindowSeconds", FIELD_INT, AT(reconnect_s), .max = 300 },
    { "renditionConfiguration", FIELD_STRUCT, AT(renditions), .fields = rendition_fields,
      .size = sizeof(struct rendition_input) },
    { 0 },
};
#undef AT
/* clang-format on */

/* --- CreateRecordingConfiguration --- */

static int mode_of(const struct thumbnail_input *in)
{
    return in ? enum_or(in->mode, MODE_INTERVAL) : MODE_INTERVAL;
}

static int selection_of(const struct rendition_input *in)
{
    return in ? enum_or(in->selection, SELECTION_ALL) : SELECTION_ALL;
}

static int check_input(struct call *call, const struct create_recording *in)
{
    if (!in->destination->s3)
        return call_fail(call, API_VALIDATION, "destinationConfiguration requires s3");
    if (mode_of(in->thumbnails) == MODE_DISABLED && in->thumbnails->interval_s)
        return call_fail(call, API_VALIDATION,
                         "targetIntervalSeconds requires recordingMode INTERVAL");
    if (selection_of(in->renditions) == SELECTION_CUSTOM &&
        (!in->renditions->renditions || !in->renditions->renditions->count))
        return call_fail(call, API_VALIDATION, "renditionSelection CUSTOM requires renditions");
    return 0;
}

static void write_names(struct json_writer *w, const char *member, const struct input_list *list,
                        const char *const *names)
{
    write_array(w, member);
    for (size_t i = 0; i < list->count; i++)
        write_string(w, NULL, names[*(const int *)list->items[i]]);
    write_array_end(w);
}

static void write_thumbnails(struct json_writer *w, const struct thumbnail_input *in)
{
    static const int sequential = 0;
    static const void *const one_item[] = { &sequential };
    static const struct input_list standard = { 1, one_item };
    int mode = mode_of(in);

    write_object(w, "thumbnailConfiguration");
    write_string(w, "recordingMode", mode_names[mode]);
    if (mode == MODE_INTERVAL) {
        write_int(w, "targetIntervalSeconds",
                  in ? int_or(in->interval_s, INTERVAL_DEFAULT) : INTERVAL_DEFAULT);
        write_names(w, "storage", in && in->storage && in->storage->count ? in->storage : &standard,
                    storage_names);
    }
    if (in && in->resolution)
        write_string(w, "resolution", resolution_names[*in->resolution]);
    write_object_end(w);
}

static void write_renditions(struct json_writer *w, const struct rendition_input *in)
{
    int selection = selection_of(in);

    write_object(w, "renditionConfiguration");
    write_string(w, "renditionSelection", selection_names[selection]);
    if (selection == SELECTION_CUSTOM)
        write_names(w, "renditions", in->renditions, resolution_names);
    write_object_end(w);
}

static const char *document_of(struct call *call, const struct create_recording *in)
{
    struct document d;

    document_begin(&d);
    write_object(&d.out, "destinationConfiguration");
    write_object(&d.out, "s3");
    write_string(&d.out, "bucketName", in->destination->s3->bucket);
    write_object_end(&d.out);
    write_object_end(&d.out);
    write_thumbnails(&d.out, in->thumbnails);
    write_int(&d.out, "recordingReconnectWindowSeconds", int_or(in->reconnect_s, 0));
    write_renditions(&d.out, in->renditions);
    return document_end(&d, call);
}

static int write_recording(struct call *call, const char *member, const struct resource *recording)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_string(w, "arn", recording->arn);
    write_string(w, "name", recording->name);
    write_string(w, "state", recording->state);
    write_members(w, recording->body);
    write_json(w, "tags", recording->tags);
    write_object_end(w);
    return 0;
}

static int create_recording_configuration(struct call *call, const void *input)
{
    const struct create_recording *in = input;
    struct resource recording;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_input(call, in);
    if (err)
        return err;
    recording = new_resource(call, TYPE, in->name, tags);
    recording.state = BUCKET_CREATING;
    recording.body = document_of(call, in);
    err = add_resource(call, &recording, QUOTA_RECORDING_CONFIGURATIONS);
    if (err)
        return err;
    bucket_check_later(call->api->bucket_checks, recording.arn, in->destination->s3->bucket);
    return write_recording(call, "recordingConfiguration", &recording);
}

/* clang-format off */
const struct operation op_create_recording_configuration = {
    .name = "CreateRecordingConfiguration", .method = "POST",
    .path = "/CreateRecordingConfiguration",
    .services = SERVICE_IVS, .rate = RATE, .run = create_recording_configuration,
    .fields = create_fields, .input_size = sizeof(struct create_recording),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_recording, tags),
};
/* clang-format on */

/* --- GetRecordingConfiguration, DeleteRecordingConfiguration --- */

/* clang-format off */
static const struct field arn_fields[] = {
    { "arn", FIELD_STRING, 0, .is_required = true, .max = 128,
      .pattern = &pattern_recording_configuration_arn },
    { 0 },
};
/* clang-format on */

static int get_recording_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;
    struct resource recording;
    int err = call_find(call, in->arn, TYPE, &recording);

    if (err)
        return err;
    bucket_check_overdue(call, &recording);
    return write_recording(call, "recordingConfiguration", &recording);
}

/* clang-format off */
const struct operation op_get_recording_configuration = {
    .name = "GetRecordingConfiguration", .method = "POST", .path = "/GetRecordingConfiguration",
    .services = SERVICE_IVS, .rate = RATE, .run = get_recording_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_recording_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return delete_unreferenced(call, in->arn, TYPE);
}

/* clang-format off */
const struct operation op_delete_recording_configuration = {
    .name = "DeleteRecordingConfiguration", .method = "POST",
    .path = "/DeleteRecordingConfiguration", .status = 204,
    .services = SERVICE_IVS, .rate = RATE, .run = delete_recording_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListRecordingConfigurations --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

/* A summary has no thumbnails and renditions. */
static int write_summary(struct call *call, const char *member, const struct resource *recording)
{
    struct json_writer *w = &call->out;

    bucket_check_overdue(call, recording);
    write_object(w, member);
    write_string(w, "arn", recording->arn);
    write_string(w, "name", recording->name);
    write_string(w, "state", recording->state);
    write_object(w, "destinationConfiguration");
    write_object(w, "s3");
    write_string(w, "bucketName", bucket_of(call->arena, recording));
    write_object_end(w);
    write_object_end(w);
    write_json(w, "tags", recording->tags);
    write_object_end(w);
    return 0;
}

static int list_recording_configurations(struct call *call, const void *input)
{
    static const struct reply_list list = { "recordingConfigurations", TYPE, 100, "",
                                            write_summary };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_recording_configurations = {
    .name = "ListRecordingConfigurations", .method = "POST",
    .path = "/ListRecordingConfigurations",
    .services = SERVICE_IVS, .rate = RATE, .run = list_recording_configurations,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_TYPE(TYPE) },
};
/* clang-format on */
