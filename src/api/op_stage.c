/* SPDX-License-Identifier: Apache-2.0 */
/* Stages, and the tokens that participants join them with. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/stage_token.h"
#include "api/tags.h"

#define TYPE "stage"
#define RATE 5

/* --- individual recording: a part of the stage --- */

/* clang-format off */
static const char *const media_names[] = { "AUDIO_VIDEO", "AUDIO_ONLY", "NONE", NULL };
static const char *const storage_names[] = { "SEQUENTIAL", "LATEST", NULL };
enum { MODE_INTERVAL, MODE_DISABLED };
static const char *const mode_names[] = { "INTERVAL", "DISABLED", NULL };
/* clang-format on */

struct thumbnail_input {
    const int64_t *interval_s;
    const struct input_list *storage;
    const int *mode;
};

struct hls_input {
    const int64_t *segment_s;
};

struct recording_input {
    const char *storage_arn;
    const struct input_list *media;
    const struct thumbnail_input *thumbnails;
    const int64_t *reconnect_s;
    const struct hls_input *hls;
    const bool *records_replicas;
};

/* clang-format off */
static const struct field storage_item = { .type = FIELD_ENUM, .one_of = storage_names };
static const struct field media_item = { .type = FIELD_ENUM, .one_of = media_names };

#define AT(member) offsetof(struct thumbnail_input, member)
static const struct field thumbnail_fields[] = {
    { "targetIntervalSeconds", FIELD_INT, AT(interval_s), .min = 1, .max = 86400 },
    { "storage", FIELD_LIST, AT(storage), .max = 2, .item = &storage_item },
    { "recordingMode", FIELD_ENUM, AT(mode), .one_of = mode_names },
    { 0 },
};
#undef AT

static const struct field hls_fields[] = {
    { "targetSegmentDurationSeconds", FIELD_INT, offsetof(struct hls_input, segment_s), .min = 2,
      .max = 10 },
    { 0 },
};

#define AT(member) offsetof(struct recording_input, member)
static const struct field recording_fields[] = {
    { "storageConfigurationArn", FIELD_STRING, AT(storage_arn), .is_required = true,
      SHAPE_NO_ARN(storage_configuration) },
    { "mediaTypes", FIELD_LIST, AT(media), .max = 1, .item = &media_item },
    { "thumbnailConfiguration", FIELD_STRUCT, AT(thumbnails), .fields = thumbnail_fields,
      .size = sizeof(struct thumbnail_input) },
    { "recordingReconnectWindowSeconds", FIELD_INT, AT(reconnect_s), .max = 300 },
    { "hlsConfiguration", FIELD_STRUCT, AT(hls), .fields = hls_fields,
      .size = sizeof(struct hls_input) },
    { "recordParticipantReplicas", FIELD_BOOL, AT(records_replicas) },
    { 0 },
};
#undef AT
/* clang-format on */

static const struct recording_input no_recording = { .storage_arn = "" };

/* The names of what is listed; `standard` where nothing is. */
static void write_names(struct json_writer *w, const char *member, const struct input_list *list,
                        const char *const *names, const char *standard)
{
    write_array(w, member);
    for (size_t i = 0; list && i < list->count; i++)
        write_string(w, NULL, names[*(const int *)list->items[i]]);
    if (!list || !list->count)
        write_string(w, NULL, standard);
    write_array_end(w);
}

/* With every default, also when nothing is recorded; "" as storage resets all others. */
static const char *document_of(struct call *call, const struct recording_input *given)
{
    const struct recording_input *in = given && *given->storage_arn ? given : &no_recording;
    static const struct thumbnail_input no_thumbnails = { 0 };
    const struct thumbnail_input *t = in->thumbnails ? in->thumbnails : &no_thumbnails;
    struct document d;

    document_begin(&d);
    write_object(&d.out, "autoParticipantRecordingConfiguration");
    write_string(&d.out, "storageConfigurationArn", in->storage_arn);
    write_names(&d.out, "mediaTypes", in->media, media_names, "AUDIO_VIDEO");
    write_object(&d.out, "thumbnailConfiguration");
    write_int(&d.out, "targetIntervalSeconds", int_or(t->interval_s, 60));
    write_names(&d.out, "storage", t->storage, storage_names, "SEQUENTIAL");
    write_string(&d.out, "recordingMode", mode_names[enum_or(t->mode, MODE_DISABLED)]);
    write_object_end(&d.out);
    write_int(&d.out, "recordingReconnectWindowSeconds", int_or(in->reconnect_s, 0));
    write_object(&d.out, "hlsConfiguration");
    write_int(&d.out, "targetSegmentDurationSeconds", in->hls ? int_or(in->hls->segment_s, 6) : 6);
    write_object_end(&d.out);
    write_bool(&d.out, "recordParticipantReplicas", bool_or(in->records_replicas, true));
    write_object_end(&d.out);
    return document_end(&d, call);
}

/* Sets the stage's document and reference, in a transaction. */
static int set_recording(struct call *call, struct store_txn *txn, struct resource *stage,
                         const struct recording_input *in)
{
    const char **refs = arena_alloc(call->arena, sizeof(*refs));
    struct resource storage;
    int err = in && *in->storage_arn
                  ? call_find_in(call, txn, in->storage_arn, "storage-configuration", &storage)
                  : 0;

    if (err)
        return err;
    refs[0] = in ? in->storage_arn : "";
    stage->refs = refs;
    stage->ref_count = *refs[0] ? 1 : 0;
    stage->body = document_of(call, in);
    return 0;
}

/* --- replies --- */

static void write_endpoints(struct call *call)
{
    const struct api_config *config = &call->api->config;
    struct json_writer *w = &call->out;

    write_object(w, "endpoints");
    write_string(w, "events", stage_events_url(call));
    write_string(w, "whip", stage_whip_url(call));
    if (*config->rtmp_url)
        write_string(w, "rtmp", arena_printf(call->arena, "%s/", config->rtmp_url));
    if (*config->rtmps_url)
        write_string(w, "rtmps", arena_printf(call->arena, "%s/", config->rtmps_url));
    write_object_end(w);
}

static int write_stage(struct call *call, const char *member, const struct resource *stage)
{
    struct json_writer *w = &call->out;

    write_object(w, member);
    write_string(w, "arn", stage->arn);
    write_string(w, "name", stage->name);
    write_json(w, "tags", stage->tags);
    write_members(w, stage->body);
    write_endpoints(call);
    write_object_end(w);
    return 0;
}

/* --- CreateStage --- */

struct create_stage {
    const char *name;
    const struct input_list *tokens;
    const struct recording_input *recording;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct create_stage, member)

/* clang-format off */
static const struct field token_fields[] = { TOKEN_FIELDS(0), { 0 } };
static const struct field token_item = {
    .type = FIELD_STRUCT, .fields = token_fields, .size = sizeof(struct token_input)
};

static const struct field create_fields[] = {
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "participantTokenConfigurations", FIELD_LIST, AT(tokens), .max = 12, .item = &token_item },
    { "tags", FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { "autoParticipantRecordingConfiguration", FIELD_STRUCT, AT(recording),
      .fields = recording_fields, .size = sizeof(struct recording_input) },
    { 0 },
};
/* clang-format on */
#undef AT

struct creation {
    struct call *call;
    const struct recording_input *recording;
    struct resource stage;
};

static int add_stage(struct store_txn *txn, void *arg)
{
    struct creation *creation = arg;
    int err = set_recording(creation->call, txn, &creation->stage, creation->recording);

    return err ? err : add_resource_in(creation->call, txn, &creation->stage, QUOTA_STAGES);
}

static int check_tokens(struct call *call, const struct input_list *tokens)
{
    int err = 0;

    for (size_t i = 0; !err && tokens && i < tokens->count; i++) {
        const struct token_input *token = tokens->items[i];

        err = stage_check_attributes(call, "participantTokenConfigurations.attributes",
                                     token->attributes);
    }
    return err;
}

static int write_tokens(struct call *call, const char *stage_arn, const struct input_list *tokens)
{
    int err = 0;

    write_array(&call->out, "participantTokens");
    for (size_t i = 0; !err && tokens && i < tokens->count; i++)
        err = stage_write_token(call, NULL, stage_arn, tokens->items[i]);
    write_array_end(&call->out);
    return err;
}

static int create_stage(struct call *call, const void *input)
{
    const struct create_stage *in = input;
    struct creation creation = { .call = call, .recording = in->recording };
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_tokens(call, in->tokens);
    if (err)
        return err;
    creation.stage = new_resource(call, TYPE, in->name, tags);
    err = store_write(call->store, add_stage, &creation);
    if (err)
        return err;
    write_stage(call, "stage", &creation.stage);
    return write_tokens(call, creation.stage.arn, in->tokens);
}

/* clang-format off */
const struct operation op_create_stage = {
    .name = "CreateStage", .method = "POST", .path = "/CreateStage",
    .services = SERVICE_REALTIME, .rate = RATE, .run = create_stage,
    .fields = create_fields, .input_size = sizeof(struct create_stage),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_stage, tags),
};
/* clang-format on */

/* --- UpdateStage --- */

struct update_stage {
    const char *arn;
    const char *name;
    const struct recording_input *recording;
};
#define AT(member) offsetof(struct update_stage, member)

/* clang-format off */
static const struct field update_fields[] = {
    { "arn", FIELD_STRING, AT(arn), .is_required = true, SHAPE_ARN(stage) },
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "autoParticipantRecordingConfiguration", FIELD_STRUCT, AT(recording),
      .fields = recording_fields, .size = sizeof(struct recording_input) },
    { 0 },
};
/* clang-format on */
#undef AT

struct update {
    struct call *call;
    const struct update_stage *in;
    struct resource stage;
};

static int change_stage(struct store_txn *txn, void *arg)
{
    struct update *update = arg;
    const struct update_stage *in = update->in;
    int err = call_find_in(update->call, txn, in->arn, TYPE, &update->stage);

    if (!err && in->recording)
        err = set_recording(update->call, txn, &update->stage, in->recording);
    if (err)
        return err;
    update->stage.name = string_or(in->name, update->stage.name);
    return txn_update(txn, &update->stage);
}

static int update_stage(struct call *call, const void *input)
{
    struct update update = { .call = call, .in = input };
    int err = store_write(call->store, change_stage, &update);

    return err ? err : write_stage(call, "stage", &update.stage);
}

/* clang-format off */
const struct operation op_update_stage = {
    .name = "UpdateStage", .method = "POST", .path = "/UpdateStage",
    .services = SERVICE_REALTIME, .rate = RATE, .run = update_stage,
    .fields = update_fields, .input_size = sizeof(struct update_stage),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- GetStage, DeleteStage --- */

static const struct field arn_fields[] = { ARN_FIELD(stage), { 0 } };

static int get_stage(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "stage", write_stage);
}

/* clang-format off */
const struct operation op_get_stage = {
    .name = "GetStage", .method = "POST", .path = "/GetStage",
    .services = SERVICE_REALTIME, .rate = RATE, .run = get_stage,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

struct deletion {
    struct call *call;
    const char *arn;
};

/* An ingest configuration outlives its stage, without one. */
static int detach(struct call *call, struct store_txn *txn, struct resource *configuration)
{
    json_t *body = json_loads(configuration->body, 0, NULL);
    char *text;

    if (!body)
        return -EPROTO;
    json_object_set_new(body, "stageArn", json_string(""));
    text = json_dumps(body, JSON_COMPACT);
    configuration->body = arena_strdup(call->arena, text);
    configuration->refs = (const char *const[]){ NULL };
    configuration->ref_count = 0;
    free(text);
    json_decref(body);
    return txn_update(txn, configuration);
}

static int remove_stage(struct store_txn *txn, void *arg)
{
    struct deletion *deletion = arg;
    struct call *call = deletion->call;
    struct resource_query query = call_query(call, "ingest-configuration");
    struct resource_page ingests;
    struct resource stage;
    int err = call_find_in(call, txn, deletion->arn, TYPE, &stage);

    if (err)
        return err;
    query.refs_to[0] = stage.arn;
    err = txn_list(txn, call->arena, &query, &ingests);
    for (int i = 0; !err && i < ingests.count; i++)
        err = detach(call, txn, &ingests.items[i]);
    return err ? err : txn_delete(txn, stage.arn);
}

static int delete_stage(struct call *call, const void *input)
{
    const struct arn_input *in = input;
    struct deletion deletion = { call, in->arn };

    return store_write(call->store, remove_stage, &deletion);
}

/* clang-format off */
const struct operation op_delete_stage = {
    .name = "DeleteStage", .method = "POST", .path = "/DeleteStage",
    .services = SERVICE_REALTIME, .rate = RATE, .run = delete_stage,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListStages --- */

static const struct field list_fields[] = { PAGE_FIELDS(100), { 0 } };

static int list_stages(struct call *call, const void *input)
{
    static const struct reply_list list = { "stages", TYPE, 50, "", reply_write_summary };

    return reply_list(call, &list, input, NULL);
}

/* clang-format off */
const struct operation op_list_stages = {
    .name = "ListStages", .method = "POST", .path = "/ListStages",
    .services = SERVICE_REALTIME, .rate = RATE, .run = list_stages,
    .fields = list_fields, .input_size = sizeof(struct page_input),
    .targets = { ON_TYPE(TYPE) },
};
/* clang-format on */

/* --- CreateParticipantToken --- */

struct create_token {
    const char *stage_arn;
    struct token_input token;
};

/* clang-format off */
static const struct field create_token_fields[] = {
    { "stageArn", FIELD_STRING, 0, .is_required = true, SHAPE_ARN(stage) },
    TOKEN_FIELDS(offsetof(struct create_token, token)),
    { 0 },
};
/* clang-format on */

static int create_participant_token(struct call *call, const void *input)
{
    const struct create_token *in = input;
    struct resource stage;
    int err = call_find(call, in->stage_arn, TYPE, &stage);

    if (!err)
        err = stage_check_attributes(call, "attributes", in->token.attributes);
    return err ? err : stage_write_token(call, "participantToken", stage.arn, &in->token);
}

/* clang-format off */
const struct operation op_create_participant_token = {
    .name = "CreateParticipantToken", .method = "POST", .path = "/CreateParticipantToken",
    .services = SERVICE_REALTIME, .rate = 50, .run = create_participant_token,
    .fields = create_token_fields, .input_size = sizeof(struct create_token),
    .targets = { ON_ARN(0) },
};
/* clang-format on */
