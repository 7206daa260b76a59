/* SPDX-License-Identifier: Apache-2.0 */
/* Encoder configurations: size, rate and bit rate of compositions. */
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"

#define TYPE       "encoder-configuration"
#define RATE       5
#define PIXELS_MAX (1920 * 1080)

/* --- CreateEncoderConfiguration --- */

struct video_input {
    const int64_t *width;
    const int64_t *height;
    const double *framerate;
    const int64_t *bitrate;
};

struct create_encoder {
    const char *name;
    const struct video_input *video;
    const struct input_map *tags;
};

/* clang-format off */
#define AT(member) offsetof(struct video_input, member)
static const struct field video_fields[] = {
    { "width",     FIELD_INT, AT(width), .min = 2, .max = 1920 },
    { "height",    FIELD_INT, AT(height), .min = 2, .max = 1920 },
    { "framerate", FIELD_FLOAT, AT(framerate), .min = 1, .max = 60 },
    { "bitrate",   FIELD_INT, AT(bitrate), .min = 1, .max = 8500000 },
    { 0 },
};
#undef AT

#define AT(member) offsetof(struct create_encoder, member)
static const struct field create_fields[] = {
    { "name",  FIELD_STRING, AT(name), SHAPE_NAME },
    { "video", FIELD_STRUCT, AT(video), .fields = video_fields,
      .size = sizeof(struct video_input) },
    { "tags",  FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { 0 },
};
#undef AT
/* clang-format on */

/* What is not given has its default, which replies show. */
struct video {
    int64_t width, height, bitrate;
    double framerate;
};

static struct video video_of(const struct video_input *in)
{
    static const struct video_input nothing = { 0 };

    if (!in)
        in = &nothing;
    return (struct video){
        .width = int_or(in->width, 1280),
        .height = int_or(in->height, 720),
        .bitrate = int_or(in->bitrate, 2500000),
        .framerate = in->framerate ? *in->framerate : 30,
    };
}

static int check_video(struct call *call, const struct video *video)
{
    if (video->width % 2 || video->height % 2)
        return call_fail(call, API_VALIDATION, "video: width and height must be even");
    if (video->width * video->height > PIXELS_MAX)
        return call_fail(call, API_VALIDATION, "video: width x height must be at most %d",
                         PIXELS_MAX);
    return 0;
}

static const char *document_of(struct call *call, const struct video *video)
{
    struct document d;

    document_begin(&d);
    write_object(&d.out, "video");
    write_int(&d.out, "width", video->width);
    write_int(&d.out, "height", video->height);
    write_double(&d.out, "framerate", video->framerate);
    write_int(&d.out, "bitrate", video->bitrate);
    write_object_end(&d.out);
    return document_end(&d, call);
}

static int create_encoder_configuration(struct call *call, const void *input)
{
    const struct create_encoder *in = input;
    struct video video = video_of(in->video);
    struct resource encoder;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_video(call, &video);
    if (err)
        return err;
    encoder = new_resource(call, TYPE, in->name, tags);
    encoder.body = document_of(call, &video);
    err = add_resource(call, &encoder, QUOTA_ENCODER_CONFIGURATIONS);
    return err ? err : reply_write_resource(call, "encoderConfiguration", &encoder);
}

/* clang-format off */
const struct operation op_create_encoder_configuration = {
    .name = "CreateEncoderConfiguration", .method = "POST", .path = "/CreateEncoderConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = create_encoder_configuration,
    .fields = create_fields, .input_size = sizeof(struct create_encoder),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_encoder, tags),
};
/* clang-format on */

/* --- GetEncoderConfiguration, DeleteEncoderConfiguration --- */

static const struct field arn_fields[] = { ARN_FIELD(encoder_configuration), { 0 } };

static int get_encoder_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "encoderConfiguration", reply_write_resource);
}

/* clang-format off */
const struct operation op_get_encoder_configuration = {
    .name = "GetEncoderConfiguration", .method = "POST", .path = "/GetEncoderConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = get_encoder_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_encoder_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return delete_unreferenced(call, in->arn, TYPE);
}

/* clang-format off */
const struct operation op_delete_encoder_configuration = {
    .name = "DeleteEncoderConfiguration", .method = "POST", .path = "/DeleteEncoderConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = delete_encoder_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListEncoderConfigurations --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_encoder_configurations(struct call *call, const void *input)
{
    static const struct reply_list list = { "encoderConfigurations", TYPE, 100, "",
                                            reply_write_summary };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_encoder_configurations = {
    .name = "ListEncoderConfigurations", .method = "POST", .path = "/ListEncoderConfigurations",
    .services = SERVICE_REALTIME, .rate = RATE, .run = list_encoder_configurations,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_ALL },
};
/* clang-format on */
