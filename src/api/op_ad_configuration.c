/* SPDX-License-Identifier: Apache-2.0 */
/* Ad configurations: which MediaTailor configurations decide on a channel's ads. */
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/tags.h"

#define TYPE "ad-configuration"
#define RATE 3

/* --- CreateAdConfiguration --- */

struct media_tailor {
    const char *arn;
};

struct create_ad {
    const char *name;
    const struct input_list *configurations;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct create_ad, member)

/* clang-format off */
static struct pattern media_tailor_arn = {
    .text = "arn:aws:mediatailor:[a-z0-9-]+:[0-9]+:playbackConfiguration/[a-zA-Z0-9-]+"
};

static const struct field media_tailor_fields[] = {
    { "playbackConfigurationArn", FIELD_STRING, offsetof(struct media_tailor, arn), .max = 128,
      .pattern = &media_tailor_arn },
    { 0 },
};
static const struct field media_tailor_item = {
    .type = FIELD_STRUCT, .fields = media_tailor_fields, .size = sizeof(struct media_tailor)
};

static const struct field create_fields[] = {
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "mediaTailorPlaybackConfigurations", FIELD_LIST, AT(configurations), .is_required = true,
      .min = 1, .max = 3, .item = &media_tailor_item },
    { "tags", FIELD_MAP, AT(tags), SHAPE_TAGS },
    { 0 },
};
/* clang-format on */
#undef AT

static const char *document_of(struct call *call, const struct input_list *configurations)
{
    struct document d;

    document_begin(&d);
    write_array(&d.out, "mediaTailorPlaybackConfigurations");
    for (size_t i = 0; i < configurations->count; i++) {
        const struct media_tailor *configuration = configurations->items[i];

        write_object(&d.out, NULL);
        if (configuration->arn)
            write_string(&d.out, "playbackConfigurationArn", configuration->arn);
        write_object_end(&d.out);
    }
    write_array_end(&d.out);
    return document_end(&d, call);
}

static int create_ad_configuration(struct call *call, const void *input)
{
    const struct create_ad *in = input;
    struct resource ad;
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (err)
        return err;
    ad = new_resource(call, TYPE, in->name, tags);
    ad.body = document_of(call, in->configurations);
    err = add_resource(call, &ad, QUOTA_AD_CONFIGURATIONS);
    return err ? err : reply_write_resource(call, "adConfiguration", &ad);
}

/* clang-format off */
const struct operation op_create_ad_configuration = {
    .name = "CreateAdConfiguration", .method = "POST", .path = "/CreateAdConfiguration",
    .services = SERVICE_IVS, .rate = RATE, .run = create_ad_configuration,
    .fields = create_fields, .input_size = sizeof(struct create_ad),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_ad, tags),
};
/* clang-format on */

/* --- GetAdConfiguration, DeleteAdConfiguration --- */

/* clang-format off */
static const struct field arn_fields[] = {
    { "arn", FIELD_STRING, 0, .is_required = true, .max = 128,
      .pattern = &pattern_ad_configuration_arn },
    { 0 },
};
/* clang-format on */

static int get_ad_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "adConfiguration", reply_write_resource);
}

/* clang-format off */
const struct operation op_get_ad_configuration = {
    .name = "GetAdConfiguration", .method = "POST", .path = "/GetAdConfiguration",
    .services = SERVICE_IVS, .rate = RATE, .run = get_ad_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

static int delete_ad_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return delete_unreferenced(call, in->arn, TYPE);
}

/* clang-format off */
const struct operation op_delete_ad_configuration = {
    .name = "DeleteAdConfiguration", .method = "POST", .path = "/DeleteAdConfiguration",
    .status = 204,
    .services = SERVICE_IVS, .rate = RATE, .run = delete_ad_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListAdConfigurations --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_ad_configurations(struct call *call, const void *input)
{
    static const struct reply_list list = { "adConfigurations", TYPE, 100, "",
                                            reply_write_resource };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_ad_configurations = {
    .name = "ListAdConfigurations", .method = "POST", .path = "/ListAdConfigurations",
    .services = SERVICE_IVS, .rate = RATE, .run = list_ad_configurations,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_ALL },
};
/* clang-format on */
