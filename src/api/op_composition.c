/* SPDX-License-Identifier: Apache-2.0 */
/* Compositions: judged in full, and then said to do nothing yet. */
#include "api/call.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/permission.h"
#include "api/shape.h"
#include "api/tags.h"
#include "store/channel.h"

#define TYPE "composition"
#define RATE 5

/* --- layouts --- */

/* clang-format off */
static struct pattern attribute_key = { .text = "[a-zA-Z0-9-_]*" };
static const char *const aspect_names[] = { "AUTO", "VIDEO", "SQUARE", "PORTRAIT", NULL };
static const char *const fill_names[] = { "FILL", "COVER", "CONTAIN", NULL };
static const char *const behavior_names[] = { "STATIC", "DYNAMIC", NULL };
static const char *const position_names[] = {
    "TOP_LEFT", "TOP_RIGHT", "BOTTOM_LEFT", "BOTTOM_RIGHT", NULL
};
/* clang-format on */

struct grid_input {
    const char *featured;
    const bool *omits_stopped;
    const int *aspect;
    const int *fill;
    const int64_t *gap;
    const char *order;
};

struct pip_input {
    const char *featured;
    const bool *omits_stopped;
    const int *fill;
    const int64_t *gap;
    const char *pip;
    const int *behavior;
    const int64_t *offset;
    const int *position;
    const int64_t *width;
    const int64_t *height;
    const char *order;
};

struct layout_input {
    const struct grid_input *grid;
    const struct pip_input *pip;
};

/* clang-format off */
#define SHAPE_KEY .max = 128, .pattern = &attribute_key

#define AT(member) offsetof(struct grid_input, member)
static const struct field grid_fields[] = {
    { "featuredParticipantAttribute", FIELD_STRING, AT(featured), SHAPE_KEY },
    { "omitStoppedVideo", FIELD_BOOL, AT(omits_stopped) },
    { "videoAspectRatio", FIELD_ENUM, AT(aspect), .one_of = aspect_names },
    { "videoFillMode",    FIELD_ENUM, AT(fill), .one_of = fill_names },
    { "gridGap",          FIELD_INT, AT(gap) },
    { "participantOrderAttribute", FIELD_STRING, AT(order), SHAPE_KEY },
    { 0 },
};
#undef AT

#define AT(member) offsetof(struct pip_input, member)
static const struct field pip_fields[] = {
    { "featuredParticipantAttribute", FIELD_STRING, AT(featured), SHAPE_KEY },
    { "omitStoppedVideo", FIELD_BOOL, AT(omits_stopped) },
    { "videoFillMode",    FIELD_ENUM, AT(fill), .one_of = fill_names },
    { "gridGap",          FIELD_INT, AT(gap) },
    { "pipParticipantAttribute", FIELD_STRING, AT(pip), SHAPE_KEY },
    { "pipBehavior", FIELD_ENUM, AT(behavior), .one_of = behavior_names },
    { "pipOffset",   FIELD_INT, AT(offset) },
    { "pipPosition", FIELD_ENUM, AT(position), .one_of = position_names },
    { "pipWidth",    FIELD_INT, AT(width), .min = 1 },
    { "pipHeight",   FIELD_INT, AT(height), .min = 1 },
    { "participantOrderAttribute", FIELD_STRING, AT(order), SHAPE_KEY },
    { 0 },
};
#undef AT

static const struct field layout_fields[] = {
    { "grid", FIELD_STRUCT, offsetof(struct layout_input, grid), .fields = grid_fields,
      .size = sizeof(struct grid_input) },
    { "pip", FIELD_STRUCT, offsetof(struct layout_input, pip), .fields = pip_fields,
      .size = sizeof(struct pip_input) },
    { 0 },
};
/* clang-format on */

/* --- destinations --- */

struct channel_input {
    const char *channel_arn;
    const char *encoder_arn;
};

struct hls_input {
    const int64_t *segment_s;
};

struct recording_input {
    const struct hls_input *hls;
    const int *format;
};

struct thumbnail_input {
    const int64_t *interval_s;
    const struct input_list *storage;
};

struct s3_input {
    const char *storage_arn;
    const struct input_list *encoder_arns;
    const struct recording_input *recording;
    const struct input_list *thumbnails;
};

struct destination_input {
    const char *name;
    const struct channel_input *channel;
    const struct s3_input *s3;
};

/* clang-format off */
static const char *const format_names[] = { "HLS", NULL };
static const char *const storage_names[] = { "SEQUENTIAL", "LATEST", NULL };

static const struct field channel_fields[] = {
    { "channelArn", FIELD_STRING, offsetof(struct channel_input, channel_arn),
      .is_required = true, SHAPE_ARN(channel) },
    { "encoderConfigurationArn", FIELD_STRING, offsetof(struct channel_input, encoder_arn),
      SHAPE_ARN(encoder_configuration) },
    { 0 },
};

static const struct field hls_fields[] = {
    { "targetSegmentDurationSeconds", FIELD_INT, offsetof(struct hls_input, segment_s), .min = 2,
      .max = 10 },
    { 0 },
};

static const struct field recording_fields[] = {
    { "hlsConfiguration", FIELD_STRUCT, offsetof(struct recording_input, hls),
      .fields = hls_fields, .size = sizeof(struct hls_input) },
    { "format", FIELD_ENUM, offsetof(struct recording_input, format), .one_of = format_names },
    { 0 },
};

static const struct field storage_item = { .type = FIELD_ENUM, .one_of = storage_names };
static const struct field thumbnail_fields[] = {
    { "targetIntervalSeconds", FIELD_INT, offsetof(struct thumbnail_input, interval_s), .min = 1,
      .max = 86400 },
    { "storage", FIELD_LIST, offsetof(struct thumbnail_input, storage), .max = 2,
      .item = &storage_item },
    { 0 },
};

static const struct field encoder_item = {
    .type = FIELD_STRING, SHAPE_ARN(encoder_configuration)
};
static const struct field thumbnail_item = {
    .type = FIELD_STRUCT, .fields = thumbnail_fields, .size = sizeof(struct thumbnail_input)
};

#define AT(member) offsetof(struct s3_input, member)
static const struct field s3_fields[] = {
    { "storageConfigurationArn", FIELD_STRING, AT(storage_arn), .is_required = true,
      SHAPE_ARN(storage_configuration) },
    { "encoderConfigurationArns", FIELD_LIST, AT(encoder_arns), .is_required = true, .min = 1,
      .max = 1, .item = &encoder_item },
    { "recordingConfiguration", FIELD_STRUCT, AT(recording), .fields = recording_fields,
      .size = sizeof(struct recording_input) },
    { "thumbnailConfigurations", FIELD_LIST, AT(thumbnails), .max = 1, .item = &thumbnail_item },
    { 0 },
};
#undef AT

#define AT(member) offsetof(struct destination_input, member)
static const struct field destination_fields[] = {
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "channel", FIELD_STRUCT, AT(channel), .fields = channel_fields,
      .size = sizeof(struct channel_input) },
    { "s3", FIELD_STRUCT, AT(s3), .fields = s3_fields, .size = sizeof(struct s3_input) },
    { 0 },
};
#undef AT
static const struct field destination_item = {
    .type = FIELD_STRUCT, .fields = destination_fields, .size = sizeof(struct destination_input)
};
/* clang-format on */

/* --- StartComposition --- */

struct start_composition {
    const char *stage_arn;
    const char *token;
    const struct layout_input *layout;
    const struct input_list *destinations;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct start_composition, member)

/* clang-format off */
static struct pattern client_token = { .text = "[a-zA-Z0-9-_]*" };
static const struct field start_fields[] = {
    { "stageArn", FIELD_STRING, AT(stage_arn), .is_required = true, SHAPE_ARN(stage) },
    { "idempotencyToken", FIELD_STRING, AT(token), .min = 1, .max = 64,
      .pattern = &client_token },
    { "layout", FIELD_STRUCT, AT(layout), .fields = layout_fields,
      .size = sizeof(struct layout_input) },
    { "destinations", FIELD_LIST, AT(destinations), .is_required = true, .min = 1, .max = 2,
      .item = &destination_item },
    { "tags", FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { 0 },
};
/* clang-format on */
#undef AT

/* Exactly one of channel and s3 in each destination, and one of each kind at most. */
static int check_kinds(struct call *call, const struct input_list *destinations)
{
    int channels = 0, buckets = 0;

    for (size_t i = 0; i < destinations->count; i++) {
        const struct destination_input *destination = destinations->items[i];

        if (!destination->channel == !destination->s3)
            return call_fail(call, API_VALIDATION, "A destination is either channel or s3");
        channels += destination->channel != NULL;
        buckets += destination->s3 != NULL;
    }
    if (channels > 1 || buckets > 1)
        return call_fail(call, API_VALIDATION,
                         "destinations may hold one channel and one s3 at most");
    return 0;
}

/* --- what a composition uses: all must be allowed before any is said to be there or not --- */

typedef int check_fn(struct call *call, const char *arn, const char *type);

static int may_use(struct call *call, const char *arn, const char *type)
{
    return arn ? permission_check_arn(call, arn) : 0;
}

static int is_there(struct call *call, const char *arn, const char *type)
{
    struct resource found;

    return arn ? call_find(call, arn, type, &found) : 0;
}

static int check_destination(struct call *call, const struct destination_input *in, check_fn *check)
{
    int err;

    if (in->channel) {
        err = check(call, in->channel->channel_arn, CHANNEL_TYPE);
        return err ? err : check(call, in->channel->encoder_arn, "encoder-configuration");
    }
    err = check(call, in->s3->storage_arn, "storage-configuration");
    return err ? err : check(call, in->s3->encoder_arns->items[0], "encoder-configuration");
}

static int check_destinations(struct call *call, const struct input_list *destinations,
                              check_fn *check)
{
    int err = 0;

    for (size_t i = 0; !err && i < destinations->count; i++)
        err = check_destination(call, destinations->items[i], check);
    return err;
}

static int check_start(struct call *call, const void *input)
{
    const struct start_composition *in = input;
    const char *tags;
    int err = check_kinds(call, in->destinations);

    if (!err && in->layout && in->layout->grid && in->layout->pip)
        err = call_fail(call, API_VALIDATION, "A layout is either grid or pip");
    if (!err)
        err = tags_read(call, in->tags, &tags);
    if (!err)
        err = check_destinations(call, in->destinations, may_use);
    if (!err)
        err = is_there(call, in->stage_arn, "stage");
    return err ? err : check_destinations(call, in->destinations, is_there);
}

/* clang-format off */
const struct operation op_start_composition = {
    .name = "StartComposition", .method = "POST", .path = "/StartComposition",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_start, .is_pending = true,
    .fields = start_fields, .input_size = sizeof(struct start_composition),
    .targets = { ON_ARN(0) }, .tags_at = offsetof(struct start_composition, tags),
};
/* clang-format on */

/* --- GetComposition, StopComposition --- */

static const struct field arn_fields[] = { ARN_FIELD(composition), { 0 } };

static int check_composition(struct call *call, const void *input)
{
    const struct arn_input *in = input;
    struct resource found;

    return call_find(call, in->arn, TYPE, &found);
}

/* clang-format off */
const struct operation op_get_composition = {
    .name = "GetComposition", .method = "POST", .path = "/GetComposition",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_composition, .is_pending = true,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};

const struct operation op_stop_composition = {
    .name = "StopComposition", .method = "POST", .path = "/StopComposition",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_composition, .is_pending = true,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListCompositions --- */

struct list_compositions {
    const char *stage_arn;
    const char *encoder_arn;
    struct page_input page;
};
#define AT(member) offsetof(struct list_compositions, member)

/* clang-format off */
static const struct field list_fields[] = {
    { "filterByStageArn", FIELD_STRING, AT(stage_arn), SHAPE_ARN(stage) },
    { "filterByEncoderConfigurationArn", FIELD_STRING, AT(encoder_arn),
      SHAPE_ARN(encoder_configuration) },
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = 100 },
    { 0 },
};
/* clang-format on */
#undef AT

static int check_list(struct call *call, const void *input)
{
    const struct list_compositions *in = input;
    int err = in->stage_arn ? call_check_arn(call, in->stage_arn, NULL) : 0;

    if (!err && in->encoder_arn)
        err = call_check_arn(call, in->encoder_arn, NULL);
    return err;
}

/* clang-format off */
const struct operation op_list_compositions = {
    .name = "ListCompositions", .method = "POST", .path = "/ListCompositions",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_list, .is_pending = true,
    .fields = list_fields, .input_size = sizeof(struct list_compositions),
    .targets = { ON_ALL },
};
/* clang-format on */
