/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of stages, their participants and replicas: judged in full, and then said to do nothing
 * yet. */
#include <string.h>

#include "api/call.h"
#include "api/op_tables.h"
#include "api/operation.h"
#include "api/shape.h"
#include "api/stage_token.h"

#define STAGE "stage"
#define RATE  5

/* All inputs here begin with a stage. */
struct on_stage {
    const char *stage_arn;
};

static int check_stage(struct call *call, const void *input)
{
    const struct on_stage *in = input;
    struct resource stage;

    return call_find(call, in->stage_arn, STAGE, &stage);
}

/* clang-format off */
#define STAGE_FIELD(name) { name, FIELD_STRING, 0, .is_required = true, SHAPE_ARN(stage) }
#define SHAPE_SESSION     .is_required = true, .min = 16, .max = 16,                              \
                          .pattern = &pattern_stage_session_id
#define SHAPE_PARTICIPANT .is_required = true, .max = 64, .pattern = &pattern_participant_id
/* clang-format on */

/* --- GetStageSession, GetParticipant --- */

struct get_participant {
    struct on_stage stage;
    const char *session_id;
    const char *participant_id;
};
#define AT(member) offsetof(struct get_participant, member)

/* clang-format off */
static const struct field get_session_fields[] = {
    STAGE_FIELD("stageArn"),
    { "sessionId", FIELD_STRING, AT(session_id), SHAPE_SESSION },
    { 0 },
};

static const struct field get_participant_fields[] = {
    STAGE_FIELD("stageArn"),
    { "sessionId", FIELD_STRING, AT(session_id), SHAPE_SESSION },
    { "participantId", FIELD_STRING, AT(participant_id), SHAPE_PARTICIPANT },
    { 0 },
};

const struct operation op_get_stage_session = {
    .name = "GetStageSession", .method = "POST", .path = "/GetStageSession",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_stage, .is_pending = true,
    .fields = get_session_fields, .input_size = sizeof(struct get_participant),
    .targets = { ON_ARN(0) },
};

const struct operation op_get_participant = {
    .name = "GetParticipant", .method = "POST", .path = "/GetParticipant",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_stage, .is_pending = true,
    .fields = get_participant_fields, .input_size = sizeof(struct get_participant),
    .targets = { ON_ARN(0) },
};
/* clang-format on */
#undef AT

/* --- ListStageSessions, ListParticipantEvents, ListParticipantReplicas --- */

struct list_of_stage {
    struct on_stage stage;
    const char *session_id;
    const char *participant_id;
    struct page_input page;
};
#define AT(member) offsetof(struct list_of_stage, member)

/* clang-format off */
#define PAGE_OF_STAGE(most)                                                                       \
    { "nextToken",  FIELD_STRING, AT(page.token), SHAPE_PAGE_TOKEN },                             \
    { "maxResults", FIELD_INT, AT(page.max_results), .min = 1, .max = (most) }

static const struct field list_sessions_fields[] = {
    STAGE_FIELD("stageArn"),
    PAGE_OF_STAGE(100),
    { 0 },
};

static const struct field list_events_fields[] = {
    STAGE_FIELD("stageArn"),
    { "sessionId", FIELD_STRING, AT(session_id), SHAPE_SESSION },
    { "participantId", FIELD_STRING, AT(participant_id), SHAPE_PARTICIPANT },
    PAGE_OF_STAGE(100),
    { 0 },
};

static const struct field list_replicas_fields[] = {
    STAGE_FIELD("sourceStageArn"),
    { "participantId", FIELD_STRING, AT(participant_id), SHAPE_PARTICIPANT },
    PAGE_OF_STAGE(50),
    { 0 },
};

const struct operation op_list_stage_sessions = {
    .name = "ListStageSessions", .method = "POST", .path = "/ListStageSessions",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_stage, .is_pending = true,
    .fields = list_sessions_fields, .input_size = sizeof(struct list_of_stage),
    .targets = { ON_ARN(0) },
};

const struct operation op_list_participant_events = {
    .name = "ListParticipantEvents", .method = "POST", .path = "/ListParticipantEvents",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_stage, .is_pending = true,
    .fields = list_events_fields, .input_size = sizeof(struct list_of_stage),
    .targets = { ON_ARN(0) },
};

const struct operation op_list_participant_replicas = {
    .name = "ListParticipantReplicas", .method = "POST", .path = "/ListParticipantReplicas",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_stage, .is_pending = true,
    .fields = list_replicas_fields, .input_size = sizeof(struct list_of_stage),
    .targets = { ON_ARN(0) },
};
/* clang-format on */
#undef AT

/* --- ListParticipants --- */

/* clang-format off */
static const char *const participant_states[] = { "CONNECTED", "DISCONNECTED", NULL };
static const char *const recording_states[] = {
    "STARTING", "ACTIVE", "STOPPING", "STOPPED", "FAILED", NULL
};
/* clang-format on */

struct list_participants {
    struct on_stage stage;
    const char *session_id;
    const char *user_id;
    const bool *published;
    const int *state;
    const int *recording_state;
    struct page_input page;
};
#define AT(member) offsetof(struct list_participants, member)

/* clang-format off */
static const struct field list_participants_fields[] = {
    STAGE_FIELD("stageArn"),
    { "sessionId", FIELD_STRING, AT(session_id), SHAPE_SESSION },
    { "filterByUserId", FIELD_STRING, AT(user_id), .max = 128 },
    { "filterByPublished", FIELD_BOOL, AT(published) },
    { "filterByState", FIELD_ENUM, AT(state), .one_of = participant_states },
    { "filterByRecordingState", FIELD_ENUM, AT(recording_state), .one_of = recording_states },
    PAGE_OF_STAGE(100),
    { 0 },
};
/* clang-format on */
#undef AT

static int check_list_participants(struct call *call, const void *input)
{
    const struct list_participants *in = input;
    int filters = (in->user_id && *in->user_id) + (in->published != NULL) + (in->state != NULL) +
                  (in->recording_state != NULL);

    if (filters > 1)
        return call_fail(call, API_VALIDATION,
                         "The filters of ListParticipants exclude one another");
    return check_stage(call, input);
}

/* clang-format off */
const struct operation op_list_participants = {
    .name = "ListParticipants", .method = "POST", .path = "/ListParticipants",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_list_participants,
    .is_pending = true,
    .fields = list_participants_fields, .input_size = sizeof(struct list_participants),
    .targets = { ON_ARN(0) },
};
/* clang-format on */

/* --- DisconnectParticipant --- */

struct disconnect_participant {
    struct on_stage stage;
    const char *participant_id;
    const char *reason;
};
#define AT(member) offsetof(struct disconnect_participant, member)

/* clang-format off */
static const struct field disconnect_fields[] = {
    STAGE_FIELD("stageArn"),
    { "participantId", FIELD_STRING, AT(participant_id), .is_required = true, .max = 64,
      .pattern = &pattern_participant_token_id },
    { "reason", FIELD_STRING, AT(reason), .max = 128 },
    { 0 },
};

const struct operation op_disconnect_participant = {
    .name = "DisconnectParticipant", .method = "POST", .path = "/DisconnectParticipant",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_stage, .is_pending = true,
    .fields = disconnect_fields, .input_size = sizeof(struct disconnect_participant),
    .targets = { ON_ARN(0) },
};
/* clang-format on */
#undef AT

/* --- StartParticipantReplication, StopParticipantReplication --- */

struct replication {
    struct on_stage source;
    const char *destination_arn;
    const char *participant_id;
    const int64_t *reconnect_s;
    const struct input_map *attributes;
};
#define AT(member) offsetof(struct replication, member)

/* clang-format off */
#define REPLICATION_FIELDS                                                                        \
    STAGE_FIELD("sourceStageArn"),                                                                \
    { "destinationStageArn", FIELD_STRING, AT(destination_arn), .is_required = true,              \
      SHAPE_ARN(stage) },                                                                         \
    { "participantId", FIELD_STRING, AT(participant_id), SHAPE_PARTICIPANT }

static const struct field start_replication_fields[] = {
    REPLICATION_FIELDS,
    { "reconnectWindowSeconds", FIELD_INT, AT(reconnect_s), .max = 300 },
    { "attributes", FIELD_MAP, AT(attributes), SHAPE_ATTRIBUTES },
    { 0 },
};

static const struct field stop_replication_fields[] = { REPLICATION_FIELDS, { 0 } };
/* clang-format on */

static int check_replication(struct call *call, const void *input)
{
    const struct replication *in = input;
    struct resource destination;
    int err;

    if (!strcmp(in->source.stage_arn, in->destination_arn))
        return call_fail(call, API_VALIDATION,
                         "sourceStageArn and destinationStageArn are the same stage: %s",
                         in->destination_arn);
    err = stage_check_attributes(call, "attributes", in->attributes);
    if (!err)
        err = check_stage(call, input);
    return err ? err : call_find(call, in->destination_arn, STAGE, &destination);
}

/* clang-format off */
const struct operation op_start_participant_replication = {
    .name = "StartParticipantReplication", .method = "POST",
    .path = "/StartParticipantReplication",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_replication, .is_pending = true,
    .fields = start_replication_fields, .input_size = sizeof(struct replication),
    .targets = { ON_ARN(0), ON_ARN(AT(destination_arn)) },
};

const struct operation op_stop_participant_replication = {
    .name = "StopParticipantReplication", .method = "POST",
    .path = "/StopParticipantReplication",
    .services = SERVICE_REALTIME, .rate = RATE, .run = check_replication, .is_pending = true,
    .fields = stop_replication_fields, .input_size = sizeof(struct replication),
    .targets = { ON_ARN(0), ON_ARN(AT(destination_arn)) },
};
/* clang-format on */
