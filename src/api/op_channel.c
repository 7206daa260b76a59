/* SPDX-License-Identifier: Apache-2.0 */
/* Channels. */
#include <string.h>

#include "api/batch.h"
#include "api/call.h"
#include "api/channel_reply.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/stream_key.h"
#include "api/tags.h"
#include "base/id.h"
#include "live/live_registry.h"

#define PASSPHRASE_LEN 69 /* as AWS's; SRT allows 10 to 79 */
#define RATE           5

struct multitrack_input {
    const bool *enabled;
    const int *policy;
    const int *maximum_resolution;
};
#define AT(member) offsetof(struct multitrack_input, member)

/* clang-format off */
static const struct field multitrack_fields[] = {
    { "enabled",           FIELD_BOOL, AT(enabled) },
    { "policy",            FIELD_ENUM, AT(policy), .one_of = multitrack_policy_names },
    { "maximumResolution", FIELD_ENUM, AT(maximum_resolution),
      .one_of = multitrack_resolution_names },
    { 0 },
};
/* clang-format on */
#undef AT

/* Of CreateChannel, which has no arn, and UpdateChannel, which has no tags. */
struct channel_input {
    const char *arn;
    const char *name;
    const int *latency;
    const int *type;
    const int *preset;
    const int *container;
    const bool *authorized;
    const bool *insecure_ingest;
    const char *recording_configuration_arn;
    const char *playback_restriction_policy_arn;
    const char *ad_configuration_arn;
    const struct multitrack_input *multitrack;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct channel_input, member)

/* clang-format off */
#define CHANNEL_FIELDS                                                                            \
    { "name",           FIELD_STRING, AT(name), SHAPE_NAME },                                     \
    { "latencyMode",    FIELD_ENUM, AT(latency), .one_of = channel_latency_names },               \
    { "type",           FIELD_ENUM, AT(type), .one_of = channel_type_names },                     \
    { "preset",         FIELD_ENUM, AT(preset), .one_of = channel_preset_names },                 \
    { "containerFormat", FIELD_ENUM, AT(container), .one_of = channel_container_names },          \
    { "authorized",     FIELD_BOOL, AT(authorized) },                                             \
    { "insecureIngest", FIELD_BOOL, AT(insecure_ingest) },                                        \
    { "recordingConfigurationArn", FIELD_STRING, AT(recording_configuration_arn),                 \
      SHAPE_NO_ARN(recording_configuration) },                                                    \
    { "playbackRestrictionPolicyArn", FIELD_STRING, AT(playback_restriction_policy_arn),          \
      SHAPE_NO_ARN(playback_restriction_policy) },                                                \
    { "adConfigurationArn", FIELD_STRING, AT(ad_configuration_arn),                               \
      SHAPE_NO_ARN(ad_configuration) },                                                           \
    { "multitrackInputConfiguration", FIELD_STRUCT, AT(multitrack),                               \
      .fields = multitrack_fields, .size = sizeof(struct multitrack_input) }

static const struct field create_fields[] = {
    CHANNEL_FIELDS,
    { "tags", FIELD_MAP, AT(tags), SHAPE_TAGS },
    { 0 },
};

static const struct field update_fields[] = {
    { "arn", FIELD_STRING, AT(arn), .is_required = true, SHAPE_ARN(channel) },
    CHANNEL_FIELDS,
    { 0 },
};
/* clang-format on */
#undef AT

/* --- what a channel may be --- */

static bool is_advanced(enum channel_type type)
{
    return type == CHANNEL_ADVANCED_SD || type == CHANNEL_ADVANCED_HD;
}

/* What the caller gave replaces what was there. */
static void apply_input(struct channel *c, const struct channel_input *in)
{
    if (in->type && (enum channel_type) * in->type != c->type)
        c->preset = CHANNEL_PRESET_NONE; /* another type, another choice of presets */
    c->name = string_or(in->name, c->name);
    c->latency = enum_or(in->latency, c->latency);
    c->type = enum_or(in->type, c->type);
    c->preset = enum_or(in->preset, c->preset);
    c->container = enum_or(in->container, c->container);
    c->is_authorized = bool_or(in->authorized, c->is_authorized);
    c->allows_insecure_ingest = bool_or(in->insecure_ingest, c->allows_insecure_ingest);
    c->recording_configuration_arn =
        string_or(in->recording_configuration_arn, c->recording_configuration_arn);
    c->playback_restriction_policy_arn =
        string_or(in->playback_restriction_policy_arn, c->playback_restriction_policy_arn);
    c->ad_configuration_arn = string_or(in->ad_configuration_arn, c->ad_configuration_arn);
    if (in->multitrack) {
        c->multitrack.is_enabled = bool_or(in->multitrack->enabled, c->multitrack.is_enabled);
        c->multitrack.policy = enum_or(in->multitrack->policy, c->multitrack.policy);
        c->multitrack.maximum_resolution =
            enum_or(in->multitrack->maximum_resolution, c->multitrack.maximum_resolution);
    }
    if (is_advanced(c->type) && c->preset == CHANNEL_PRESET_NONE)
        c->preset = CHANNEL_PRESET_HIGHER;
}

static int check_multitrack(struct call *call, const struct channel *c)
{
    if (!c->multitrack.is_enabled)
        return 0;
    if (c->type != CHANNEL_STANDARD)
        return call_fail(call, API_VALIDATION,
                         "multitrackInputConfiguration requires type STANDARD");
    if (c->container != CHANNEL_CONTAINER_FMP4)
        return call_fail(call, API_VALIDATION,
                         "multitrackInputConfiguration requires containerFormat FRAGMENTED_MP4");
    return 0;
}

/* Members that do not go together. */
static int check_combination(struct call *call, const struct channel *c)
{
    if (c->preset != CHANNEL_PRESET_NONE && !is_advanced(c->type))
        return call_fail(call, API_VALIDATION, "preset is for ADVANCED_SD and ADVANCED_HD, not %s",
                         channel_type_names[c->type]);
    if (*c->ad_configuration_arn && c->container != CHANNEL_CONTAINER_TS)
        return call_fail(call, API_VALIDATION, "adConfigurationArn requires containerFormat TS");
    return check_multitrack(call, c);
}

/* --- what a channel refers to --- */

static int check_recording(struct call *call, struct store_txn *txn, const char *arn)
{
    struct resource found;
    int err = *arn ? call_find_in(call, txn, arn, "recording-configuration", &found) : 0;

    if (!err && *arn && strcmp(found.state, "ACTIVE") && strcmp(found.state, "CREATING"))
        return call_fail(call, API_VALIDATION,
                         "recordingConfigurationArn: %s is in state %s, not ACTIVE", arn,
                         found.state);
    return err;
}

static int check_exists(struct call *call, struct store_txn *txn, const char *arn, const char *type)
{
    struct resource found;

    return *arn ? call_find_in(call, txn, arn, type, &found) : 0;
}

static int check_references(struct call *call, struct store_txn *txn, const struct channel *c)
{
    int err = check_recording(call, txn, c->recording_configuration_arn);

    if (!err)
        err = check_exists(call, txn, c->playback_restriction_policy_arn,
                           "playback-restriction-policy");
    if (!err)
        err = check_exists(call, txn, c->ad_configuration_arn, "ad-configuration");
    return err;
}

/* --- CreateChannel --- */

struct creation {
    struct call *call;
    struct channel channel;
    struct resource key;
};

static int add_channel(struct store_txn *txn, void *arg)
{
    struct creation *creation = arg;
    struct call *call = creation->call;
    struct resource row = { .parent = "", .state = "", .created_ms = call->now_ms };
    int err = check_references(call, txn, &creation->channel);

    if (err)
        return err;
    channel_write(&row, call->arena, &creation->channel);
    err = txn_add(txn, &row, call_quota(call, QUOTA_CHANNELS));
    if (err == -EDQUOT)
        return call_fail(call, API_QUOTA_EXCEEDED, "The quota of %lld channels is reached",
                         (long long)call_quota(call, QUOTA_CHANNELS));
    if (err)
        return err;
    return txn_add(txn, &creation->key, 0);
}

static struct channel new_channel(struct call *call, const char *tags)
{
    char passphrase[PASSPHRASE_LEN + 1];

    id_alnum(passphrase, PASSPHRASE_LEN);
    return (struct channel){
        .arn = call_new_arn(call, CHANNEL_TYPE),
        .name = "",
        .type = CHANNEL_STANDARD,
        .latency = CHANNEL_LATENCY_LOW,
        .multitrack = { false, MULTITRACK_ALLOW, MULTITRACK_FULL_HD },
        .recording_configuration_arn = "",
        .playback_restriction_policy_arn = "",
        .ad_configuration_arn = "",
        .srt_passphrase = arena_strdup(call->arena, passphrase),
        .tags = tags,
    };
}

static int check_new_multitrack(struct call *call, const struct multitrack_input *in)
{
    if (in && bool_or(in->enabled, false) && (!in->policy || !in->maximum_resolution))
        return call_fail(call, API_VALIDATION,
                         "multitrackInputConfiguration requires policy and maximumResolution");
    return 0;
}

static int create_channel(struct call *call, const void *input)
{
    const struct channel_input *in = input;
    struct creation creation = { .call = call };
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_new_multitrack(call, in->multitrack);
    if (err)
        return err;
    creation.channel = new_channel(call, tags);
    apply_input(&creation.channel, in);
    err = check_combination(call, &creation.channel);
    if (err)
        return err;
    creation.key = stream_key_make(call, creation.channel.arn, "{}");
    err = store_write(call->store, add_channel, &creation);
    if (err)
        return err;
    channel_write_reply(call, "channel", &creation.channel);
    stream_key_write_reply(call, "streamKey", &creation.key);
    return 0;
}

/* clang-format off */
const struct operation op_create_channel = {
    .name = "CreateChannel", .method = "POST", .path = "/CreateChannel",
    .services = SERVICE_IVS, .rate = RATE, .run = create_channel,
    .fields = create_fields, .input_size = sizeof(struct channel_input),
    .targets = { ON_TYPE(CHANNEL_TYPE), ON_TYPE(STREAM_KEY_TYPE) },
    .tags_at = offsetof(struct channel_input, tags),
};
/* clang-format on */

/* --- UpdateChannel --- */

struct update {
    struct call *call;
    const struct channel_input *in;
    struct channel channel;
};

static int change_channel(struct store_txn *txn, void *arg)
{
    struct update *update = arg;
    struct call *call = update->call;
    struct resource row;
    int err = call_find_in(call, txn, update->in->arn, CHANNEL_TYPE, &row);

    if (!err)
        err = channel_read(&update->channel, call->arena, &row);
    if (err)
        return err;
    if (live_is_busy(call->api->config.live, row.arn))
        return call_fail(call, API_CONFLICT, "Channel %s is live", row.arn);
    apply_input(&update->channel, update->in);
    err = check_combination(call, &update->channel);
    if (!err)
        err = check_references(call, txn, &update->channel);
    if (err)
        return err;
    channel_write(&row, call->arena, &update->channel);
    return txn_update(txn, &row);
}

static int update_channel(struct call *call, const void *input)
{
    struct update update = { .call = call, .in = input };
    int err = store_write(call->store, change_channel, &update);

    if (err)
        return err;
    channel_write_reply(call, "channel", &update.channel);
    return 0;
}

/* clang-format off */
const struct operation op_update_channel = {
    .name = "UpdateChannel", .method = "POST", .path = "/UpdateChannel",
    .services = SERVICE_IVS, .rate = RATE, .run = update_channel,
    .fields = update_fields, .input_size = sizeof(struct channel_input),
    .targets = { ON_ARN(offsetof(struct channel_input, arn)) },
};
/* clang-format on */

/* --- GetChannel, DeleteChannel --- */

static const struct field arn_fields[] = { ARN_FIELD(channel), { 0 } };

static int write_channel(struct call *call, const char *member, const struct resource *row)
{
    struct channel channel;
    int err = channel_read(&channel, call->arena, row);

    if (!err)
        channel_write_reply(call, member, &channel);
    return err;
}

static int get_channel(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, CHANNEL_TYPE, "channel", write_channel);
}

/* clang-format off */
const struct operation op_get_channel = {
    .name = "GetChannel", .method = "POST", .path = "/GetChannel",
    .services = SERVICE_IVS, .rate = RATE, .run = get_channel,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

struct deletion {
    struct call *call;
    const char *arn;
};

static int remove_channel(struct store_txn *txn, void *arg)
{
    struct deletion *deletion = arg;
    struct call *call = deletion->call;
    struct resource row;
    int err = call_find_in(call, txn, deletion->arn, CHANNEL_TYPE, &row);

    if (err)
        return err;
    if (live_is_busy(call->api->config.live, row.arn))
        return call_fail(call, API_CONFLICT, "Channel %s is live: stop the stream first", row.arn);
    return txn_delete(txn, row.arn); /* its stream keys with it */
}

static int delete_channel(struct call *call, const void *input)
{
    const struct arn_input *in = input;
    struct deletion deletion = { call, in->arn };

    return store_write(call->store, remove_channel, &deletion);
}

/* clang-format off */
const struct operation op_delete_channel = {
    .name = "DeleteChannel", .method = "POST", .path = "/DeleteChannel", .status = 204,
    .services = SERVICE_IVS, .rate = RATE, .run = delete_channel,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0), ON_TYPE(STREAM_KEY_TYPE) },
};
/* clang-format on */

/* --- BatchGetChannel --- */

struct batch_input {
    const struct input_list *arns;
};

/* clang-format off */
static const struct field batch_arn = { .type = FIELD_STRING, SHAPE_ARN(channel) };
static const struct field batch_fields[] = {
    { "arns", FIELD_LIST, offsetof(struct batch_input, arns), .is_required = true,
      .min = 1, .max = 50, .item = &batch_arn },
    { 0 },
};
/* clang-format on */

static int batch_get_channel(struct call *call, const void *input)
{
    static const struct batch batch = { "channels", CHANNEL_TYPE, write_channel };
    const struct batch_input *in = input;

    return batch_get(call, in->arns, &batch);
}

/* clang-format off */
const struct operation op_batch_get_channel = {
    .name = "BatchGetChannel", .method = "POST", .path = "/BatchGetChannel",
    .services = SERVICE_IVS, .rate = RATE, .run = batch_get_channel,
    .fields = batch_fields, .input_size = sizeof(struct batch_input),
};
/* clang-format on */

/* --- ListChannels --- */

struct list_channels {
    const char *name;
    const char *recording_configuration_arn;
    const char *playback_restriction_policy_arn;
    const char *ad_configuration_arn;
    struct page_input page;
};
#define AT(member) offsetof(struct list_channels, member)

/* clang-format off */
static const struct field list_fields[] = {
    { "filterByName", FIELD_STRING, AT(name), SHAPE_NAME },
    { "filterByRecordingConfigurationArn", FIELD_STRING, AT(recording_configuration_arn),
      SHAPE_NO_ARN(recording_configuration) },
    { "filterByPlaybackRestrictionPolicyArn", FIELD_STRING, AT(playback_restriction_policy_arn),
      SHAPE_NO_ARN(playback_restriction_policy) },
    { "filterByAdConfigurationArn", FIELD_STRING, AT(ad_configuration_arn),
      SHAPE_NO_ARN(ad_configuration) },
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = 100 },
    { 0 },
};
/* clang-format on */
#undef AT

static bool is_given(const char *filter)
{
    return filter && *filter;
}

/* At most one of the four filters narrows the list. */
static int read_filters(struct call *call, const struct list_channels *in,
                        struct resource_query *query, const char **filters)
{
    const char *const arns[] = { in->recording_configuration_arn,
                                 in->playback_restriction_policy_arn, in->ad_configuration_arn };
    int count = is_given(in->name), err;

    *filters = "";
    if (is_given(in->name)) {
        query->name = in->name;
        *filters = in->name;
    }
    for (size_t i = 0; i < sizeof(arns) / sizeof(arns[0]); i++) {
        if (!is_given(arns[i]))
            continue;
        err = call_check_arn(call, arns[i], NULL);
        if (err)
            return err;
        query->refs_to[0] = arns[i];
        *filters = arns[i];
        count++;
    }
    if (count > 1)
        return call_fail(call, API_CONFLICT, "The filters of ListChannels exclude one another");
    return 0;
}

static int write_summary(struct call *call, const char *member, const struct resource *row)
{
    struct channel channel;
    int err = channel_read(&channel, call->arena, row);

    if (!err)
        channel_write_summary(call, &channel);
    return err;
}

static int list_channels(struct call *call, const void *input)
{
    const struct list_channels *in = input;
    struct resource_query query = call_query(call, CHANNEL_TYPE);
    struct reply_list list = { "channels", CHANNEL_TYPE, 100, "", write_summary };
    int err = read_filters(call, in, &query, &list.filters);

    return err ? err : reply_list(call, &list, &in->page, &query);
}

/* clang-format off */
const struct operation op_list_channels = {
    .name = "ListChannels", .method = "POST", .path = "/ListChannels",
    .services = SERVICE_IVS, .rate = RATE, .run = list_channels,
    .fields = list_fields, .input_size = sizeof(struct list_channels),
    .targets = { ON_TYPE(CHANNEL_TYPE) },
};
/* clang-format on */
