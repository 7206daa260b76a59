/* SPDX-License-Identifier: Apache-2.0 */
/* Stages and participant tokens, from signed request to reply. */
#include "api_fixture.h"

#include <stdlib.h>

#include "base/base64.h"
#include "stage/token_keys.h"

static const char *make_stage(struct api_fixture *f, const char *body)
{
    assert_int_equal(api_call(f, "CreateStage", "%s", body), 200);
    return answer_text(f, "stage.arn");
}

/* The JSON of one part of a token: header or payload. */
static json_t *json_of(struct api_fixture *f, const char *start)
{
    size_t len = strcspn(start, ".");
    uint8_t *data = arena_alloc(f->arena, len);
    json_t *json;

    assert_int_equal(base64url_decode(data, &len, start, len), 0);
    json = json_loadb((const char *)data, len, 0, NULL);
    assert_non_null(json);
    return json;
}

static json_t *payload_of(struct api_fixture *f, const char *token)
{
    return json_of(f, strchr(token, '.') + 1);
}

static void a_new_stage_has_every_default(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f, "{\"name\":\"room\",\"tags\":{\"any!\":\"thing?\"}}");
    json_t *recording = json_loads(
        "{\"storageConfigurationArn\":\"\",\"mediaTypes\":[\"AUDIO_VIDEO\"],"
        "\"thumbnailConfiguration\":{\"targetIntervalSeconds\":60,\"storage\":[\"SEQUENTIAL\"],"
        "\"recordingMode\":\"DISABLED\"},\"recordingReconnectWindowSeconds\":0,"
        "\"hlsConfiguration\":{\"targetSegmentDurationSeconds\":6},"
        "\"recordParticipantReplicas\":true}",
        0, NULL);

    assert_true(json_equal(answer_at(f, "stage.autoParticipantRecordingConfiguration"), recording));
    json_decref(recording);
    assert_string_equal(answer_text(f, "stage.endpoints.whip"), "http://127.0.0.1:8080/whip");
    assert_string_equal(answer_text(f, "stage.endpoints.events"), "ws://127.0.0.1:8080/events");
    assert_string_equal(answer_text(f, "stage.endpoints.rtmps"), "rtmps://127.0.0.1:4443/app/");
    assert_null(answer_at(f, "stage.activeSessionId"));
    assert_int_equal(api_call(f, "GetStage", "{\"arn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "stage.name"), "room");
    assert_string_equal(answer_text(f, "stage.tags.any!"), "thing?");
}

static void lives_from_create_to_delete(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f, "{}");

    make_stage(f, "{\"name\":\"other\"}");
    assert_int_equal(api_call(f, "UpdateStage", "{\"arn\":\"%s\",\"name\":\"new\"}", arn), 200);
    assert_string_equal(answer_text(f, "stage.name"), "new");
    assert_int_equal(api_call(f, "ListStages", "{\"maxResults\":1}"), 200);
    assert_string_equal(answer_text(f, "stages.0.name"), "new");
    assert_null(answer_at(f, "stages.0.endpoints"));
    assert_non_null(answer_at(f, "nextToken"));
    assert_int_equal(api_call(f, "DeleteStage", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(api_call(f, "GetStage", "{\"arn\":\"%s\"}", arn), 404);
}

static void refuses_recording_that_cannot_be(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "CreateStage",
                              "{\"autoParticipantRecordingConfiguration\":{"
                              "\"storageConfigurationArn\":\"arn:aws:ivs:" REGION ":" ACCOUNT
                              ":storage-configuration/none\"}}"),
                     404);
}

static void there_are_no_more_stages_than_the_quota(void **state)
{
    static const char *const quotas[] = { "stages=1", NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, true);
    make_stage(f, "{}");
    assert_int_equal(api_call(f, "CreateStage", "{}"), 402);
    assert_error(f, "ServiceQuotaExceededException", "stages");
}

static void a_policy_may_allow_tokens_of_one_stage_only(void **state)
{
    struct api_fixture *f = *state;
    const char *mine = make_stage(f, "{}"), *other = make_stage(f, "{}");

    f->key = api_fixture_key(f, ACCOUNT,
                             arena_printf(f->arena,
                                          "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":"
                                          "\"ivs:CreateParticipantToken\",\"Resource\":\"%s\"}]}",
                                          mine));
    assert_int_equal(api_call(f, "CreateParticipantToken", "{\"stageArn\":\"%s\"}", mine), 200);
    api_call(f, "CreateParticipantToken", "{\"stageArn\":\"%s\"}", other);
    assert_error(f, "AccessDeniedException", other);
    api_call(f, "ListStages", "{}");
    assert_error(f, "AccessDeniedException", ":stage/*");
    api_call(f, "CreateStage", "{}");
    assert_error(f, "AccessDeniedException", "ivs:CreateStage");
}

/* --- what refers to what --- */

#define STORAGE "arn:aws:ivs:" REGION ":" ACCOUNT ":storage-configuration/abcdefgh1234"
#define INGEST  "arn:aws:ivs:" REGION ":" ACCOUNT ":ingest-configuration/abcdefgh1234"

static int add_row(struct store_txn *txn, void *arg)
{
    return txn_add(txn, arg, 0);
}

static void add_resource(struct api_fixture *f, const char *arn, const char *body, const char *ref)
{
    struct resource row = { .arn = arn,
                            .name = "",
                            .parent = "",
                            .state = "",
                            .body = body,
                            .tags = "{}",
                            .refs = &ref,
                            .ref_count = ref ? 1 : 0 };

    assert_int_equal(store_write(f->store, add_row, &row), 0);
}

static int count_refs(struct store_txn *txn, void *arg)
{
    return txn_refs_to(txn, STORAGE, arg);
}

static void a_stage_holds_its_storage_configuration(void **state)
{
    struct api_fixture *f = *state;
    int64_t refs = 0;
    const char *arn;

    add_resource(f, STORAGE, "{}", NULL);
    arn = make_stage(f, "{\"autoParticipantRecordingConfiguration\":"
                        "{\"storageConfigurationArn\":\"" STORAGE "\"}}");
    assert_int_equal(store_write(f->store, count_refs, &refs), 0);
    assert_int_equal(refs, 1);
    assert_int_equal(api_call(f, "UpdateStage", "{\"arn\":\"%s\",\"name\":\"new\"}", arn), 200);
    assert_int_equal(store_write(f->store, count_refs, &refs), 0);
    assert_int_equal(refs, 1);
    assert_int_equal(api_call(f, "UpdateStage",
                              "{\"arn\":\"%s\",\"autoParticipantRecordingConfiguration\":"
                              "{\"storageConfigurationArn\":\"\",\"mediaTypes\":[\"NONE\"]}}",
                              arn),
                     200);
    assert_string_equal(answer_text(f, "stage.autoParticipantRecordingConfiguration.mediaTypes.0"),
                        "AUDIO_VIDEO");
    assert_int_equal(store_write(f->store, count_refs, &refs), 0);
    assert_int_equal(refs, 0);
}

static void an_ingest_configuration_outlives_its_stage(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f, "{}");
    struct resource found;

    add_resource(f, INGEST, arena_printf(f->arena, "{\"stageArn\":\"%s\",\"a\":1}", arn), arn);
    assert_int_equal(api_call(f, "DeleteStage", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(store_get(f->store, f->arena, INGEST, &found), 0);
    assert_string_equal(found.body, "{\"stageArn\":\"\",\"a\":1}");
}

/* Also the defaults, which name an interval that has no effect. */
static void what_is_shown_can_be_sent_back(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f, "{}");
    json_t *before = json_incref(answer_at(f, "stage"));
    char *recording =
        json_dumps(json_object_get(before, "autoParticipantRecordingConfiguration"), 0);

    assert_int_equal(api_call(f, "UpdateStage",
                              "{\"arn\":\"%s\",\"autoParticipantRecordingConfiguration\":%s}", arn,
                              recording),
                     200);
    assert_true(json_equal(answer_at(f, "stage"), before));
    json_decref(before);
    free(recording);
}

static void a_token_says_what_was_asked_for(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f, "{}"), *token;
    json_t *payload;

    assert_int_equal(
        api_call(f, "CreateParticipantToken",
                 "{\"stageArn\":\"%s\",\"duration\":60,\"userId\":\"anna\","
                 "\"attributes\":{\"role\":\"host\"},\"capabilities\":[\"SUBSCRIBE\"]}",
                 arn),
        200);
    assert_string_equal(answer_text(f, "participantToken.expirationTime"), "2027-01-15T09:00:00Z");
    assert_string_equal(answer_text(f, "participantToken.capabilities.0"), "SUBSCRIBE");
    assert_string_equal(answer_text(f, "participantToken.attributes.role"), "host");
    assert_int_equal(json_integer_value(answer_at(f, "participantToken.duration")), 60);
    token = answer_text(f, "participantToken.token");
    payload = payload_of(f, token);
    assert_string_equal(json_string_value(json_object_get(payload, "jti")),
                        answer_text(f, "participantToken.participantId"));
    assert_string_equal(json_string_value(json_object_get(payload, "resource")), arn);
    assert_string_equal(json_string_value(json_object_get(payload, "topic")),
                        strrchr(arn, '/') + 1);
    assert_string_equal(json_string_value(json_object_get(payload, "user_id")), "anna");
    assert_int_equal(json_integer_value(json_object_get(payload, "exp")), 1800003600);
    assert_false(
        json_is_true(json_object_get(json_object_get(payload, "capabilities"), "allow_publish")));
    json_decref(payload);
}

static void a_token_is_of_its_account_alone(void **state)
{
    struct api_fixture *f = *state;
    const struct token_key *ours, *others;
    uint8_t secret[STORE_KEY_SIZE];
    struct token_keys *keys;
    const char *token;
    json_t *header;

    assert_int_equal(
        api_call(f, "CreateParticipantToken", "{\"stageArn\":\"%s\"}", make_stage(f, "{}")), 200);
    token = answer_text(f, "participantToken.token");
    header = json_of(f, token);
    assert_string_equal(json_string_value(json_object_get(header, "kid")),
                        "arn:aws:ivs:" REGION ":" ACCOUNT ":public-key/weir");
    json_decref(header);

    store_derive_key(f->store, "participant-token", secret);
    keys = token_keys_create(secret, REGION);
    assert_int_equal(token_keys_get(keys, ACCOUNT, &ours), 0);
    assert_int_equal(token_keys_get(keys, "999999999999", &others), 0);
    assert_true(token_key_verifies(ours, token));
    assert_false(token_key_verifies(others, token));
    ((char *)token)[strlen(token) / 2] ^= 1;
    assert_false(token_key_verifies(ours, token));
    token_keys_destroy(keys);
}

static void tokens_come_with_the_stage_in_order(void **state)
{
    struct api_fixture *f = *state;

    make_stage(f, "{\"participantTokenConfigurations\":[{\"userId\":\"a\"},{\"userId\":\"b\"}]}");
    assert_string_equal(answer_text(f, "participantTokens.0.userId"), "a");
    assert_string_equal(answer_text(f, "participantTokens.1.userId"), "b");
    assert_int_equal(json_array_size(answer_at(f, "participantTokens.0.capabilities")), 2);
    assert_int_equal(json_integer_value(answer_at(f, "participantTokens.0.duration")), 720);
}

static void attributes_are_a_kilobyte_at_most(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f, "{}");
    char value[1100];

    memset(value, 'x', sizeof(value));
    value[1023] = '\0';
    assert_int_equal(api_call(f, "CreateParticipantToken",
                              "{\"stageArn\":\"%s\",\"attributes\":{\"k\":\"%s\"}}", arn, value),
                     200);
    assert_int_equal(api_call(f, "CreateParticipantToken",
                              "{\"stageArn\":\"%s\",\"attributes\":{\"kk\":\"%s\"}}", arn, value),
                     400);
    assert_error(f, "ValidationException", "'attributes'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(a_new_stage_has_every_default),
        API_TEST(lives_from_create_to_delete),
        API_TEST(there_are_no_more_stages_than_the_quota),
        API_TEST(a_policy_may_allow_tokens_of_one_stage_only),
        API_TEST(a_stage_holds_its_storage_configuration),
        API_TEST(an_ingest_configuration_outlives_its_stage),
        API_TEST(what_is_shown_can_be_sent_back),
        API_TEST(refuses_recording_that_cannot_be),
        API_TEST(a_token_says_what_was_asked_for),
        API_TEST(a_token_is_of_its_account_alone),
        API_TEST(tokens_come_with_the_stage_in_order),
        API_TEST(attributes_are_a_kilobyte_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
