/* SPDX-License-Identifier: Apache-2.0 */
/* Ingest configurations: stream keys with which RTMP encoders publish into a stage.
 *
 *     ingest-configuration   secret: its stream key
 *       `- ingest-credential (two, while ingest is redundant)   secret: a stream key of its own
 */
#include <string.h>

#include "api/arn.h"
#include "api/call.h"
#include "api/change.h"
#include "api/ingest_configuration.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/stage_token.h"
#include "api/tags.h"
#include "base/id.h"

#define TYPE             INGEST_CONFIGURATION_TYPE
#define CREDENTIAL_TYPE  INGEST_CREDENTIAL_TYPE
#define CREDENTIAL_COUNT 2
#define RATE             5
#define SECRET_LEN       30
#define PARTICIPANT_LEN  12

/* clang-format off */
enum { PROTOCOL_RTMP, PROTOCOL_RTMPS };
static const char *const protocol_names[] = { "RTMP", "RTMPS", NULL };
static const char *const state_names[] = { INGEST_ACTIVE, INGEST_INACTIVE, NULL };
/* clang-format on */

/* --- replies --- */

static int write_credential(struct call *call, const char *arn)
{
    struct json_writer *w = &call->out;
    struct resource credential;
    int err = store_get(call->store, call->arena, arn, &credential);

    if (err)
        return err == -ENOENT ? 0 : err; /* taken away meanwhile */
    write_object(w, NULL);
    write_members(w, credential.body);
    write_string(w, "streamKey", credential.secret);
    write_object_end(w);
    return 0;
}

static int write_credentials(struct call *call, const char *arn)
{
    struct resource_query query = call_query(call, CREDENTIAL_TYPE);
    struct resource_page found;
    int err;

    query.parent = arn;
    err = store_list(call->store, call->arena, &query, &found);
    if (err)
        return err;
    write_array(&call->out, "redundantIngestCredentials");
    for (int i = 0; !err && i < found.count; i++)
        err = write_credential(call, found.items[i].arn);
    write_array_end(&call->out);
    return err;
}

static void write_common(struct json_writer *w, const struct resource *resource,
                         const struct ingest_configuration *ingest)
{
    write_string(w, "arn", resource->arn);
    write_string(w, "name", resource->name);
    write_string(w, "ingestProtocol", ingest->protocol);
    write_string(w, "stageArn", ingest->stage_arn);
    write_string(w, "participantId", ingest->participant_id);
    write_string(w, "state", resource->state);
    write_string(w, "userId", ingest->user_id);
    write_bool(w, "redundantIngest", ingest->is_redundant);
}

static int write_ingest(struct call *call, const char *member, const struct resource *resource)
{
    struct json_writer *w = &call->out;
    struct ingest_configuration ingest;
    int err = ingest_configuration_read(&ingest, call->arena, resource->body);

    if (err)
        return err;
    write_object(w, member);
    write_common(w, resource, &ingest);
    write_string(w, "streamKey", resource->secret);
    if (ingest.is_redundant)
        err = write_credentials(call, resource->arn);
    write_json(w, "attributes", ingest.attributes);
    write_json(w, "tags", resource->tags);
    write_object_end(w);
    return err;
}

/* Without keys, attributes and tags. */
static int write_summary(struct call *call, const char *member, const struct resource *resource)
{
    struct ingest_configuration ingest;
    int err = ingest_configuration_read(&ingest, call->arena, resource->body);

    if (err)
        return err;
    write_object(&call->out, member);
    write_common(&call->out, resource, &ingest);
    write_object_end(&call->out);
    return 0;
}

/* --- what a configuration is made of --- */

static const char *new_participant_id(struct call *call)
{
    char id[PARTICIPANT_LEN + 1];

    id_alnum(id, PARTICIPANT_LEN);
    return arena_strdup(call->arena, id);
}

static const char *new_stream_key(struct call *call, const char *arn)
{
    char random[SECRET_LEN + 1];

    id_alnum(random, SECRET_LEN);
    return arena_printf(call->arena, "rt_%s_%s_%s_%s", call->account, call->region, arn_id(arn),
                        random);
}

static int add_credential(struct call *call, struct store_txn *txn, const char *arn)
{
    struct resource credential = new_resource(call, CREDENTIAL_TYPE, "", "{}");
    struct document body;

    document_begin(&body);
    write_string(&body.out, "participantId", new_participant_id(call));
    credential.body = document_end(&body, call);
    credential.parent = arn;
    credential.secret = new_stream_key(call, arn);
    credential.is_found_by_secret = true;
    return txn_add(txn, &credential, 0);
}

static int add_credentials(struct call *call, struct store_txn *txn, const char *arn)
{
    int err = 0;

    for (int i = 0; !err && i < CREDENTIAL_COUNT; i++)
        err = add_credential(call, txn, arn);
    return err;
}

static int remove_credentials(struct call *call, struct store_txn *txn, const char *arn)
{
    struct resource_query query = call_query(call, CREDENTIAL_TYPE);
    struct resource_page found;
    int err;

    query.parent = arn;
    err = txn_list(txn, call->arena, &query, &found);
    for (int i = 0; !err && i < found.count; i++)
        err = txn_delete(txn, found.items[i].arn);
    return err;
}

/* Sets the document and the reference to the stage, which is there if one is named. */
static int set_document(struct call *call, struct store_txn *txn, struct resource *resource,
                        const struct ingest_configuration *ingest)
{
    const char **refs = arena_alloc(call->arena, sizeof(*refs));
    struct resource stage;
    int err = *ingest->stage_arn ? call_find_in(call, txn, ingest->stage_arn, "stage", &stage) : 0;

    if (err)
        return err;
    refs[0] = ingest->stage_arn;
    resource->refs = refs;
    resource->ref_count = *ingest->stage_arn ? 1 : 0;
    resource->body = ingest_configuration_text(call->arena, ingest);
    return 0;
}

/* --- CreateIngestConfiguration --- */

struct create_ingest {
    const char *name;
    const char *stage_arn;
    const char *user_id;
    const struct input_map *attributes;
    const int *protocol;
    const bool *allows_insecure;
    const bool *is_redundant;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct create_ingest, member)

/* clang-format off */
static const struct field create_fields[] = {
    { "name", FIELD_STRING, AT(name), SHAPE_NAME },
    { "stageArn", FIELD_STRING, AT(stage_arn), SHAPE_NO_ARN(stage) },
    { "userId", FIELD_STRING, AT(user_id), .max = 128 },
    { "attributes", FIELD_MAP, AT(attributes), SHAPE_ATTRIBUTES },
    { "ingestProtocol", FIELD_ENUM, AT(protocol), .is_required = true, .one_of = protocol_names },
    { "insecureIngest", FIELD_BOOL, AT(allows_insecure) },
    { "redundantIngest", FIELD_BOOL, AT(is_redundant) },
    { "tags", FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { 0 },
};
/* clang-format on */
#undef AT

struct creation {
    struct call *call;
    struct ingest_configuration ingest;
    struct resource resource;
};

static int add_ingest(struct store_txn *txn, void *arg)
{
    struct creation *creation = arg;
    struct call *call = creation->call;
    struct resource *resource = &creation->resource;
    int err = set_document(call, txn, resource, &creation->ingest);

    if (!err)
        err = add_resource_in(call, txn, resource, QUOTA_INGEST_CONFIGURATIONS);
    if (!err && creation->ingest.is_redundant)
        err = add_credentials(call, txn, resource->arn);
    return err;
}

static int check_input(struct call *call, const struct create_ingest *in)
{
    if (*in->protocol == PROTOCOL_RTMP && !bool_or(in->allows_insecure, false))
        return call_fail(call, API_VALIDATION, "ingestProtocol RTMP requires insecureIngest true");
    return stage_check_attributes(call, "attributes", in->attributes);
}

static struct ingest_configuration ingest_of(struct call *call, const struct create_ingest *in)
{
    return (struct ingest_configuration){
        .protocol = protocol_names[*in->protocol],
        .stage_arn = string_or(in->stage_arn, ""),
        .participant_id = new_participant_id(call),
        .user_id = string_or(in->user_id, ""),
        .attributes = stage_attributes_text(call, in->attributes),
        .is_redundant = bool_or(in->is_redundant, false),
    };
}

static int create_ingest_configuration(struct call *call, const void *input)
{
    const struct create_ingest *in = input;
    struct creation creation = { .call = call };
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = check_input(call, in);
    if (err)
        return err;
    creation.ingest = ingest_of(call, in);
    creation.resource = new_resource(call, TYPE, in->name, tags);
    creation.resource.state = INGEST_INACTIVE;
    creation.resource.secret = new_stream_key(call, creation.resource.arn);
    creation.resource.is_found_by_secret = true;
    err = store_write(call->store, add_ingest, &creation);
    return err ? err : write_ingest(call, "ingestConfiguration", &creation.resource);
}

/* clang-format off */
const struct operation op_create_ingest_configuration = {
    .name = "CreateIngestConfiguration", .method = "POST", .path = "/CreateIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = create_ingest_configuration,
    .fields = create_fields, .input_size = sizeof(struct create_ingest),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_ingest, tags),
};
/* clang-format on */

/* --- GetIngestConfiguration --- */

static const struct field get_fields[] = { ARN_FIELD(ingest_configuration), { 0 } };

static int get_ingest_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "ingestConfiguration", write_ingest);
}

/* clang-format off */
const struct operation op_get_ingest_configuration = {
    .name = "GetIngestConfiguration", .method = "POST", .path = "/GetIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = get_ingest_configuration,
    .fields = get_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- UpdateIngestConfiguration --- */

struct update_ingest {
    const char *arn;
    const char *stage_arn;
    const bool *is_redundant;
};
#define AT(member) offsetof(struct update_ingest, member)

/* clang-format off */
static const struct field update_fields[] = {
    { "arn", FIELD_STRING, AT(arn), .is_required = true, SHAPE_ARN(ingest_configuration) },
    { "stageArn", FIELD_STRING, AT(stage_arn), SHAPE_NO_ARN(stage) },
    { "redundantIngest", FIELD_BOOL, AT(is_redundant) },
    { 0 },
};
/* clang-format on */
#undef AT

struct update {
    struct call *call;
    const struct update_ingest *in;
    struct resource resource;
};

/* Finds one through which nobody publishes. */
static int find_inactive(struct call *call, struct store_txn *txn, const char *arn,
                         struct resource *out)
{
    int err = call_find_in(call, txn, arn, TYPE, out);

    if (!err && !strcmp(out->state, INGEST_ACTIVE))
        return call_fail(call, API_CONFLICT, "%s is " INGEST_ACTIVE, arn);
    return err;
}

static int change_ingest(struct store_txn *txn, void *arg)
{
    struct update *update = arg;
    const struct update_ingest *in = update->in;
    struct call *call = update->call;
    struct ingest_configuration ingest;
    bool was_redundant;
    int err = find_inactive(call, txn, in->arn, &update->resource);

    if (!err)
        err = ingest_configuration_read(&ingest, call->arena, update->resource.body);
    if (err)
        return err;
    was_redundant = ingest.is_redundant;
    ingest.stage_arn = string_or(in->stage_arn, ingest.stage_arn);
    ingest.is_redundant = bool_or(in->is_redundant, was_redundant);
    err = set_document(call, txn, &update->resource, &ingest);
    if (!err)
        err = txn_update(txn, &update->resource);
    if (!err && ingest.is_redundant && !was_redundant)
        err = add_credentials(call, txn, in->arn);
    if (!err && !ingest.is_redundant && was_redundant)
        err = remove_credentials(call, txn, in->arn);
    return err;
}

static int update_ingest_configuration(struct call *call, const void *input)
{
    struct update update = { .call = call, .in = input };
    int err = store_write(call->store, change_ingest, &update);

    return err ? err : write_ingest(call, "ingestConfiguration", &update.resource);
}

/* clang-format off */
const struct operation op_update_ingest_configuration = {
    .name = "UpdateIngestConfiguration", .method = "POST", .path = "/UpdateIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = update_ingest_configuration,
    .fields = update_fields, .input_size = sizeof(struct update_ingest),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- DeleteIngestConfiguration --- */

struct delete_ingest {
    const char *arn;
    const bool *is_forced;
};

/* clang-format off */
static const struct field delete_fields[] = {
    { "arn", FIELD_STRING, offsetof(struct delete_ingest, arn), .is_required = true,
      SHAPE_ARN(ingest_configuration) },
    { "force", FIELD_BOOL, offsetof(struct delete_ingest, is_forced) },
    { 0 },
};
/* clang-format on */

struct deletion {
    struct call *call;
    const struct delete_ingest *in;
};

static int remove_ingest(struct store_txn *txn, void *arg)
{
    struct deletion *deletion = arg;
    const char *arn = deletion->in->arn;
    struct resource found;
    int err = bool_or(deletion->in->is_forced, false)
                  ? call_find_in(deletion->call, txn, arn, TYPE, &found)
                  : find_inactive(deletion->call, txn, arn, &found);

    return err ? err : txn_delete(txn, arn);
}

static int delete_ingest_configuration(struct call *call, const void *input)
{
    struct deletion deletion = { call, input };

    return store_write(call->store, remove_ingest, &deletion);
}

/* clang-format off */
const struct operation op_delete_ingest_configuration = {
    .name = "DeleteIngestConfiguration", .method = "POST", .path = "/DeleteIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = delete_ingest_configuration,
    .fields = delete_fields, .input_size = sizeof(struct delete_ingest),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- ListIngestConfigurations --- */

struct list_ingests {
    const char *stage_arn;
    const int *state;
    struct page_input page;
};
#define AT(member) offsetof(struct list_ingests, member)

/* clang-format off */
static const struct field list_fields[] = {
    { "filterByStageArn", FIELD_STRING, AT(stage_arn), SHAPE_ARN(stage) },
    { "filterByState", FIELD_ENUM, AT(state), .one_of = state_names },
    { "nextToken", FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = 100 },
    { 0 },
};
/* clang-format on */
#undef AT

static int list_ingest_configurations(struct call *call, const void *input)
{
    const struct list_ingests *in = input;
    struct reply_list list = { "ingestConfigurations", TYPE, 50, "", write_summary };
    struct resource_query query = call_query(call, TYPE);
    struct resource stage;
    int err = 0;

    if (in->stage_arn && in->state)
        return call_fail(call, API_VALIDATION,
                         "filterByStageArn and filterByState exclude each other");
    if (in->stage_arn)
        err = call_find(call, in->stage_arn, "stage", &stage);
    query.refs_to[0] = in->stage_arn;
    query.state = in->state ? state_names[*in->state] : NULL;
    list.filters = string_or(in->stage_arn, string_or(query.state, ""));
    return err ? err : reply_list(call, &list, &in->page, &query);
}

/* clang-format off */
const struct operation op_list_ingest_configurations = {
    .name = "ListIngestConfigurations", .method = "POST", .path = "/ListIngestConfigurations",
    .services = SERVICE_REALTIME, .rate = RATE, .run = list_ingest_configurations,
    .fields = list_fields, .input_size = sizeof(struct list_ingests),
    .targets = { ON_ALL },
};
/* clang-format on */
