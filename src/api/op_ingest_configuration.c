/* SPDX-License-Identifier: Apache-2.0 */
/* Ingest configurations: RTMP keys through which one participant publishes to a stage. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/arn.h"
#include "api/call.h"
#include "api/change.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/reply.h"
#include "api/shape.h"
#include "api/stage_token.h"
#include "api/tags.h"
#include "base/id.h"

#define TYPE               "ingest-configuration"
#define RATE               5
#define PARTICIPANT_ID_LEN 12
#define SECRET_LEN         30
#define INACTIVE           "INACTIVE"
#define ACTIVE             "ACTIVE"

/* clang-format off */
enum { PROTOCOL_RTMP, PROTOCOL_RTMPS };
static const char *const protocol_names[] = { "RTMP", "RTMPS", NULL };
static const char *const state_names[] = { ACTIVE, INACTIVE, NULL };
/* clang-format on */

/* --- replies --- */

static int write_common(struct call *call, const char *member, const struct resource *ingest)
{
    write_object(&call->out, member);
    write_string(&call->out, "arn", ingest->arn);
    write_string(&call->out, "name", ingest->name);
    write_string(&call->out, "state", ingest->state);
    return 0;
}

/* The key of the first participant, and of both where ingest is redundant: one secret, since the
 * participant's id tells them apart. */
static const char *stream_key(struct call *call, const struct resource *ingest, const char *suffix)
{
    return arena_printf(call->arena, "%s%s", ingest->secret ? ingest->secret : "", suffix);
}

static void write_credentials(struct call *call, const struct resource *ingest, json_t *body)
{
    json_t *ids = json_object_get(body, "redundantParticipantIds");
    struct json_writer *w = &call->out;

    if (!json_array_size(ids))
        return;
    write_array(w, "redundantIngestCredentials");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        write_object(w, NULL);
        write_string(w, "participantId", json_string_value(json_array_get(ids, i)));
        write_string(w, "streamKey", stream_key(call, ingest, i ? "b" : "a"));
        write_object_end(w);
    }
    write_array_end(w);
}

static void write_texts(struct json_writer *w, json_t *body)
{
    static const char *const members[] = { "ingestProtocol", "stageArn", "participantId",
                                           "userId" };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *text = json_string_value(json_object_get(body, members[i]));

        write_string(w, members[i], text ? text : "");
    }
    write_bool(w, "redundantIngest", json_is_true(json_object_get(body, "redundantIngest")));
}

static void write_attributes(struct json_writer *w, json_t *attributes)
{
    const char *key;
    json_t *value;

    write_object(w, "attributes");
    json_object_foreach(attributes, key, value) write_string(w, key, json_string_value(value));
    write_object_end(w);
}

static int write_ingest(struct call *call, const char *member, const struct resource *ingest)
{
    json_t *body = json_loads(ingest->body, 0, NULL);
    struct json_writer *w = &call->out;

    write_common(call, member, ingest);
    write_texts(w, body);
    write_string(w, "streamKey", stream_key(call, ingest, ""));
    write_credentials(call, ingest, body);
    write_attributes(w, json_object_get(body, "attributes"));
    write_json(w, "tags", ingest->tags);
    write_object_end(w);
    json_decref(body);
    return 0;
}

static int write_summary(struct call *call, const char *member, const struct resource *ingest)
{
    json_t *body = json_loads(ingest->body, 0, NULL);

    write_common(call, member, ingest);
    write_texts(&call->out, body);
    write_object_end(&call->out);
    json_decref(body);
    return 0;
}

/* --- CreateIngestConfiguration --- */

struct create_ingest {
    const char *name;
    const char *stage_arn;
    const char *user_id;
    const struct input_map *attributes;
    const int *protocol;
    const bool *insecure;
    const bool *redundant;
    const struct input_map *tags;
};
#define AT(member) offsetof(struct create_ingest, member)

/* clang-format off */
static const struct field create_fields[] = {
    { "name",       FIELD_STRING, AT(name), SHAPE_NAME },
    { "stageArn",   FIELD_STRING, AT(stage_arn), SHAPE_NO_ARN(stage) },
    { "userId",     FIELD_STRING, AT(user_id), .max = 128 },
    { "attributes", FIELD_MAP, AT(attributes), SHAPE_ATTRIBUTES },
    { "ingestProtocol", FIELD_ENUM, AT(protocol), .is_required = true,
      .one_of = protocol_names },
    { "insecureIngest",  FIELD_BOOL, AT(insecure) },
    { "redundantIngest", FIELD_BOOL, AT(redundant) },
    { "tags",       FIELD_MAP, AT(tags), SHAPE_REALTIME_TAGS },
    { 0 },
};
/* clang-format on */
#undef AT

static void write_id(struct json_writer *w, const char *member)
{
    char id[PARTICIPANT_ID_LEN + 1];

    id_alnum(id, PARTICIPANT_ID_LEN);
    write_string(w, member, id);
}

static const char *document_of(struct call *call, const struct create_ingest *in)
{
    bool is_redundant = bool_or(in->redundant, false);
    struct document d;

    document_begin(&d);
    write_string(&d.out, "ingestProtocol", protocol_names[*in->protocol]);
    write_string(&d.out, "stageArn", string_or(in->stage_arn, ""));
    write_string(&d.out, "userId", string_or(in->user_id, ""));
    write_bool(&d.out, "insecureIngest", bool_or(in->insecure, false));
    write_bool(&d.out, "redundantIngest", is_redundant);
    write_id(&d.out, "participantId");
    write_array(&d.out, "redundantParticipantIds");
    for (int i = 0; is_redundant && i < 2; i++)
        write_id(&d.out, NULL);
    write_array_end(&d.out);
    write_object(&d.out, "attributes");
    for (size_t i = 0; in->attributes && i < in->attributes->count; i++)
        write_string(&d.out, in->attributes->items[i].key, in->attributes->items[i].value);
    write_object_end(&d.out);
    return document_end(&d, call);
}

static int check_stage(struct call *call, struct store_txn *txn, const char *arn)
{
    struct resource stage;

    return arn && *arn ? call_find_in(call, txn, arn, "stage", &stage) : 0;
}

static void set_stage_ref(struct call *call, struct resource *ingest, const char *arn)
{
    const char **refs = arena_alloc(call->arena, sizeof(*refs));

    refs[0] = arn;
    ingest->refs = refs;
    ingest->ref_count = arn && *arn ? 1 : 0;
}

struct creation {
    struct call *call;
    const char *stage_arn;
    struct resource ingest;
};

static int add_ingest(struct store_txn *txn, void *arg)
{
    struct creation *creation = arg;
    int err = check_stage(creation->call, txn, creation->stage_arn);

    return err ? err
               : add_resource_in(creation->call, txn, &creation->ingest,
                                 QUOTA_INGEST_CONFIGURATIONS);
}

static int create_ingest_configuration(struct call *call, const void *input)
{
    const struct create_ingest *in = input;
    struct creation creation = { .call = call, .stage_arn = in->stage_arn };
    char random[SECRET_LEN + 1];
    const char *tags;
    int err = tags_read(call, in->tags, &tags);

    if (!err)
        err = stage_check_attributes(call, "attributes", in->attributes);
    if (err)
        return err;
    if (*in->protocol == PROTOCOL_RTMP && !bool_or(in->insecure, false))
        return call_fail(call, API_VALIDATION, "ingestProtocol RTMP requires insecureIngest");
    creation.ingest = new_resource(call, TYPE, in->name, tags);
    creation.ingest.state = INACTIVE;
    creation.ingest.body = document_of(call, in);
    id_alnum(random, SECRET_LEN);
    creation.ingest.secret = arena_printf(call->arena, "rt_%s_%s_%s_%s", call->account,
                                          call->region, arn_id(creation.ingest.arn), random);
    creation.ingest.is_found_by_secret = true;
    set_stage_ref(call, &creation.ingest, in->stage_arn);
    err = store_write(call->store, add_ingest, &creation);
    return err ? err : write_ingest(call, "ingestConfiguration", &creation.ingest);
}

/* clang-format off */
const struct operation op_create_ingest_configuration = {
    .name = "CreateIngestConfiguration", .method = "POST", .path = "/CreateIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = create_ingest_configuration,
    .fields = create_fields, .input_size = sizeof(struct create_ingest),
    .targets = { ON_TYPE(TYPE) }, .tags_at = offsetof(struct create_ingest, tags),
};
/* clang-format on */

/* --- UpdateIngestConfiguration --- */

struct update_ingest {
    const char *arn;
    const char *stage_arn;
    const bool *redundant;
};
#define AT(member) offsetof(struct update_ingest, member)

/* clang-format off */
static const struct field update_fields[] = {
    { "arn", FIELD_STRING, AT(arn), .is_required = true, SHAPE_ARN(ingest_configuration) },
    { "stageArn", FIELD_STRING, AT(stage_arn), SHAPE_NO_ARN(stage) },
    { "redundantIngest", FIELD_BOOL, AT(redundant) },
    { 0 },
};
/* clang-format on */
#undef AT

struct update {
    struct call *call;
    const struct update_ingest *in;
    struct resource ingest;
};

static json_t *new_ids(void)
{
    json_t *ids = json_array();
    char id[PARTICIPANT_ID_LEN + 1];

    for (int i = 0; i < 2; i++) {
        id_alnum(id, PARTICIPANT_ID_LEN);
        json_array_append_new(ids, json_string(id));
    }
    return ids;
}

static int apply_update(struct update *update)
{
    const struct update_ingest *in = update->in;
    json_t *body = json_loads(update->ingest.body, 0, NULL);
    char *text;

    if (!body)
        return -EPROTO;
    if (in->stage_arn) {
        json_object_set_new(body, "stageArn", json_string(in->stage_arn));
        set_stage_ref(update->call, &update->ingest, in->stage_arn);
    }
    if (in->redundant) {
        json_object_set_new(body, "redundantIngest", json_boolean(*in->redundant));
        json_object_set_new(body, "redundantParticipantIds",
                            *in->redundant ? new_ids() : json_array());
    }
    text = json_dumps(body, JSON_COMPACT);
    update->ingest.body = arena_strdup(update->call->arena, text);
    free(text);
    json_decref(body);
    return 0;
}

static int change_ingest(struct store_txn *txn, void *arg)
{
    struct update *update = arg;
    int err = call_find_in(update->call, txn, update->in->arn, TYPE, &update->ingest);

    if (!err && !strcmp(update->ingest.state, ACTIVE))
        err = call_fail(update->call, API_CONFLICT, "%s is active", update->in->arn);
    if (!err)
        err = check_stage(update->call, txn, update->in->stage_arn);
    if (!err)
        err = apply_update(update);
    return err ? err : txn_update(txn, &update->ingest);
}

static int update_ingest_configuration(struct call *call, const void *input)
{
    struct update update = { .call = call, .in = input };
    int err = store_write(call->store, change_ingest, &update);

    return err ? err : write_ingest(call, "ingestConfiguration", &update.ingest);
}

/* clang-format off */
const struct operation op_update_ingest_configuration = {
    .name = "UpdateIngestConfiguration", .method = "POST", .path = "/UpdateIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = update_ingest_configuration,
    .fields = update_fields, .input_size = sizeof(struct update_ingest),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- GetIngestConfiguration, DeleteIngestConfiguration --- */

struct delete_ingest {
    const char *arn;
    const bool *force;
};

/* clang-format off */
static const struct field arn_fields[] = { ARN_FIELD(ingest_configuration), { 0 } };
static const struct field delete_fields[] = {
    ARN_FIELD(ingest_configuration),
    { "force", FIELD_BOOL, offsetof(struct delete_ingest, force) },
    { 0 },
};
/* clang-format on */

static int get_ingest_configuration(struct call *call, const void *input)
{
    const struct arn_input *in = input;

    return reply_get(call, in->arn, TYPE, "ingestConfiguration", write_ingest);
}

/* clang-format off */
const struct operation op_get_ingest_configuration = {
    .name = "GetIngestConfiguration", .method = "POST", .path = "/GetIngestConfiguration",
    .services = SERVICE_REALTIME, .rate = RATE, .run = get_ingest_configuration,
    .fields = arn_fields, .input_size = sizeof(struct arn_input),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

struct deletion {
    struct call *call;
    const struct delete_ingest *in;
};

static int remove_ingest(struct store_txn *txn, void *arg)
{
    struct deletion *deletion = arg;
    const struct delete_ingest *in = deletion->in;
    struct resource ingest;
    int err = call_find_in(deletion->call, txn, in->arn, TYPE, &ingest);

    if (!err && !strcmp(ingest.state, ACTIVE) && !bool_or(in->force, false))
        err = call_fail(deletion->call, API_CONFLICT, "%s is active: force deletes it", in->arn);
    return err ? err : txn_delete(txn, in->arn);
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
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },
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
    int err = in->stage_arn ? call_check_arn(call, in->stage_arn, NULL) : 0;

    if (err)
        return err;
    if (in->stage_arn && in->state)
        return call_fail(call, API_VALIDATION,
                         "filterByStageArn and filterByState exclude one another");
    query.refs_to[0] = in->stage_arn;
    query.state = in->state ? state_names[*in->state] : NULL;
    list.filters = in->stage_arn ? in->stage_arn : query.state ? query.state : "";
    return reply_list(call, &list, &in->page, &query);
}

/* clang-format off */
const struct operation op_list_ingest_configurations = {
    .name = "ListIngestConfigurations", .method = "POST", .path = "/ListIngestConfigurations",
    .services = SERVICE_REALTIME, .rate = RATE, .run = list_ingest_configurations,
    .fields = list_fields, .input_size = sizeof(struct list_ingests),
    .targets = { ON_ALL },
};
/* clang-format on */
