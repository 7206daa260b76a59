/* SPDX-License-Identifier: Apache-2.0 */
/* Ingest configurations and the keys in them, from signed request to reply. */
#include "api_fixture.h"

#include <errno.h>

#include "api/arn.h"
#include "api/ingest_configuration.h"

static const char *create_stage(struct api_fixture *f)
{
    assert_int_equal(api_call(f, "CreateStage", "{}"), 200);
    return answer_text(f, "stage.arn");
}

/* With these members beside the protocol. */
static const char *create(struct api_fixture *f, const char *members)
{
    assert_int_equal(
        api_call(f, "CreateIngestConfiguration", "{\"ingestProtocol\":\"RTMPS\"%s}", members), 200);
    return answer_text(f, "ingestConfiguration.arn");
}

static int get(struct api_fixture *f, const char *arn)
{
    return api_call(f, "GetIngestConfiguration", "{\"arn\":\"%s\"}", arn);
}

static int update(struct api_fixture *f, const char *arn, const char *member, const char *value)
{
    return api_call(f, "UpdateIngestConfiguration", "{\"arn\":\"%s\",\"%s\":%s}", arn, member,
                    value);
}

static const char *quoted(struct api_fixture *f, const char *text)
{
    return arena_printf(f->arena, "\"%s\"", text);
}

struct activation {
    struct arena *arena;
    const char *arn;
};

static int activate(struct store_txn *txn, void *arg)
{
    struct activation *activation = arg;
    struct resource found;
    int err = txn_get(txn, activation->arena, activation->arn, &found);

    found.state = INGEST_ACTIVE;
    return err ? err : txn_update(txn, &found);
}

/* As if somebody published. */
static void make_active(struct api_fixture *f, const char *arn)
{
    struct activation activation = { f->arena, arn };

    assert_int_equal(store_write(f->store, activate, &activation), 0);
}

static void shows_all_that_it_was_given(void **state)
{
    struct api_fixture *f = *state;
    const char *stage = create_stage(f);
    const char *arn =
        create(f, arena_printf(f->arena,
                               ",\"name\":\"cam\",\"userId\":\"u\",\"stageArn\":\"%s\","
                               "\"attributes\":{\"a\":\"\xc3\xa9\"},\"tags\":{\"t\":\"v\"}",
                               stage));
    const char *key = answer_text(f, "ingestConfiguration.streamKey");
    const char *start = arena_printf(f->arena, "rt_" ACCOUNT "_" REGION "_%s_", arn_id(arn));

    assert_int_equal(strncmp(key, start, strlen(start)), 0);
    assert_int_equal(strlen(answer_text(f, "ingestConfiguration.participantId")), 12);
    assert_int_equal(get(f, arn), 200);
    assert_string_equal(answer_text(f, "ingestConfiguration.streamKey"), key);
    assert_string_equal(answer_text(f, "ingestConfiguration.name"), "cam");
    assert_string_equal(answer_text(f, "ingestConfiguration.state"), "INACTIVE");
    assert_string_equal(answer_text(f, "ingestConfiguration.userId"), "u");
    assert_string_equal(answer_text(f, "ingestConfiguration.stageArn"), stage);
    assert_string_equal(answer_text(f, "ingestConfiguration.attributes.a"), "\xc3\xa9");
    assert_string_equal(answer_text(f, "ingestConfiguration.tags.t"), "v");
    assert_true(json_is_false(answer_at(f, "ingestConfiguration.redundantIngest")));
    assert_null(answer_at(f, "ingestConfiguration.redundantIngestCredentials"));
}

static void is_found_by_its_key(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = create(f, "");
    const char *key = answer_text(f, "ingestConfiguration.streamKey");
    struct resource found;

    assert_int_equal(store_find_secret(f->store, f->arena, INGEST_CONFIGURATION_TYPE, key, &found),
                     0);
    assert_string_equal(found.arn, arn);
}

static void rtmp_must_be_allowed_to_be_insecure(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "CreateIngestConfiguration", "{\"ingestProtocol\":\"RTMP\"}"),
                     400);
    assert_error(f, "ValidationException", "insecureIngest");
    assert_int_equal(api_call(f, "CreateIngestConfiguration",
                              "{\"ingestProtocol\":\"RTMP\",\"insecureIngest\":true}"),
                     200);
    assert_string_equal(answer_text(f, "ingestConfiguration.ingestProtocol"), "RTMP");
    assert_string_equal(answer_text(f, "ingestConfiguration.stageArn"), "");
}

static void refuses_long_attributes_and_unknown_stages(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "CreateIngestConfiguration",
                              "{\"ingestProtocol\":\"RTMPS\",\"attributes\":{\"a\":\"%01024d\"}}",
                              0),
                     400);
    assert_error(f, "ValidationException", "attributes");
    assert_int_equal(api_call(f, "CreateIngestConfiguration",
                              "{\"ingestProtocol\":\"RTMPS\",\"stageArn\":\"arn:aws:ivs:" REGION
                              ":" ACCOUNT ":stage/none\"}"),
                     404);
}

static void redundant_ingest_has_two_keys_more(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = create(f, ",\"redundantIngest\":true");
    const char *key = answer_text(f, "ingestConfiguration.redundantIngestCredentials.1.streamKey");
    struct resource found;

    assert_int_equal(
        json_array_size(answer_at(f, "ingestConfiguration.redundantIngestCredentials")), 2);
    assert_string_not_equal(
        key, answer_text(f, "ingestConfiguration.redundantIngestCredentials.0.streamKey"));
    assert_string_not_equal(
        answer_text(f, "ingestConfiguration.participantId"),
        answer_text(f, "ingestConfiguration.redundantIngestCredentials.0.participantId"));
    assert_int_equal(store_find_secret(f->store, f->arena, INGEST_CREDENTIAL_TYPE, key, &found), 0);
    assert_string_equal(found.parent, arn);

    assert_int_equal(update(f, arn, "redundantIngest", "false"), 200);
    assert_null(answer_at(f, "ingestConfiguration.redundantIngestCredentials"));
    assert_int_equal(store_find_secret(f->store, f->arena, INGEST_CREDENTIAL_TYPE, key, &found),
                     -ENOENT);
    assert_int_equal(update(f, arn, "redundantIngest", "true"), 200);
    assert_int_equal(update(f, arn, "redundantIngest", "true"), 200);
    assert_int_equal(
        json_array_size(answer_at(f, "ingestConfiguration.redundantIngestCredentials")), 2);
    key = answer_text(f, "ingestConfiguration.redundantIngestCredentials.0.streamKey");
    assert_int_equal(api_call(f, "DeleteIngestConfiguration", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(store_find_secret(f->store, f->arena, INGEST_CREDENTIAL_TYPE, key, &found),
                     -ENOENT);
}

static void moves_from_stage_to_stage(void **state)
{
    struct api_fixture *f = *state;
    const char *first = create_stage(f), *second = create_stage(f);
    const char *arn = create(f, "");
    const char *key = answer_text(f, "ingestConfiguration.streamKey");

    assert_int_equal(update(f, arn, "stageArn", quoted(f, first)), 200);
    assert_int_equal(update(f, arn, "stageArn", quoted(f, second)), 200);
    assert_string_equal(answer_text(f, "ingestConfiguration.streamKey"), key);
    assert_int_equal(
        api_call(f, "ListIngestConfigurations", "{\"filterByStageArn\":\"%s\"}", first), 200);
    assert_int_equal(json_array_size(answer_at(f, "ingestConfigurations")), 0);
    assert_int_equal(
        api_call(f, "ListIngestConfigurations", "{\"filterByStageArn\":\"%s\"}", second), 200);
    assert_string_equal(answer_text(f, "ingestConfigurations.0.arn"), arn);
    assert_null(answer_at(f, "ingestConfigurations.0.streamKey"));
    assert_null(answer_at(f, "ingestConfigurations.0.attributes"));
    assert_int_equal(update(f, arn, "redundantIngest", "false"), 200);
    assert_string_equal(answer_text(f, "ingestConfiguration.stageArn"), second);
    assert_int_equal(api_call(f, "DeleteStage", "{\"arn\":\"%s\"}", second), 200);
    assert_int_equal(get(f, arn), 200);
    assert_string_equal(answer_text(f, "ingestConfiguration.stageArn"), "");
}

static void an_active_one_stays_as_it_is(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = create(f, "");

    create(f, "");
    make_active(f, arn);
    assert_int_equal(update(f, arn, "stageArn", "\"\""), 409);
    assert_error(f, "ConflictException", arn);
    assert_int_equal(api_call(f, "ListIngestConfigurations", "{\"filterByState\":\"ACTIVE\"}"),
                     200);
    assert_int_equal(json_array_size(answer_at(f, "ingestConfigurations")), 1);
    assert_string_equal(answer_text(f, "ingestConfigurations.0.arn"), arn);
    assert_int_equal(api_call(f, "DeleteIngestConfiguration", "{\"arn\":\"%s\"}", arn), 409);
    assert_int_equal(
        api_call(f, "DeleteIngestConfiguration", "{\"arn\":\"%s\",\"force\":true}", arn), 200);
    assert_int_equal(get(f, arn), 404);
}

static void is_listed_by_one_filter_at_a_time(void **state)
{
    struct api_fixture *f = *state;
    const char *stage = create_stage(f);

    assert_int_equal(api_call(f, "ListIngestConfigurations",
                              "{\"filterByState\":\"INACTIVE\",\"filterByStageArn\":\"%s\"}",
                              stage),
                     400);
    assert_error(f, "ValidationException", "filterByStageArn");
}

static void there_are_only_so_many(void **state)
{
    static const char *const quotas[] = { "ingest-configurations=1", NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, true);
    create(f, ",\"redundantIngest\":true");
    assert_int_equal(api_call(f, "CreateIngestConfiguration", "{\"ingestProtocol\":\"RTMPS\"}"),
                     402);
    assert_error(f, "ServiceQuotaExceededException", "ingest-configurations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(shows_all_that_it_was_given),
        API_TEST(is_found_by_its_key),
        API_TEST(rtmp_must_be_allowed_to_be_insecure),
        API_TEST(refuses_long_attributes_and_unknown_stages),
        API_TEST(redundant_ingest_has_two_keys_more),
        API_TEST(moves_from_stage_to_stage),
        API_TEST(an_active_one_stays_as_it_is),
        API_TEST(is_listed_by_one_filter_at_a_time),
        API_TEST(there_are_only_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
