/* SPDX-License-Identifier: Apache-2.0 */
/* Encoder, storage and ingest configurations and public keys, from signed request to reply. */
#include "api_fixture.h"

#include <errno.h>
#include <stdatomic.h>

#include "api/api_internal.h"

static const char *create(struct api_fixture *f, const char *operation, const char *body,
                          const char *arn)
{
    assert_int_equal(api_call(f, operation, "%s", body), 200);
    return answer_text(f, arn);
}

static void an_encoder_has_defaults_and_limits(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = create(f, "CreateEncoderConfiguration", "{\"video\":{\"bitrate\":1000}}",
                             "encoderConfiguration.arn");
    json_t *expected =
        json_loads("{\"width\":1280,\"height\":720,\"framerate\":30,\"bitrate\":1000}", 0, NULL);

    assert_true(json_equal(answer_at(f, "encoderConfiguration.video"), expected));
    json_decref(expected);
    assert_int_equal(api_call(f, "CreateEncoderConfiguration", "{\"video\":{\"width\":1281}}"),
                     400);
    assert_error(f, "ValidationException", "even");
    assert_int_equal(
        api_call(f, "CreateEncoderConfiguration", "{\"video\":{\"width\":1920,\"height\":1920}}"),
        400);
    assert_int_equal(api_call(f, "ListEncoderConfigurations", "{}"), 200);
    assert_string_equal(answer_text(f, "encoderConfigurations.0.arn"), arn);
    assert_null(answer_at(f, "encoderConfigurations.0.video"));
    assert_int_equal(api_call(f, "DeleteEncoderConfiguration", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(api_call(f, "GetEncoderConfiguration", "{\"arn\":\"%s\"}", arn), 404);
}

static void storage_needs_a_bucket_and_is_kept_while_in_use(void **state)
{
    static const char body[] = "{\"s3\":{\"bucketName\":\"room-recordings\"}}";
    struct api_fixture *f = *state;
    const char *arn, *stage;

    f->probe_err = -ENOENT;
    assert_int_equal(api_call(f, "CreateStorageConfiguration", "%s", body), 404);
    f->probe_err = -EACCES;
    assert_int_equal(api_call(f, "CreateStorageConfiguration", "%s", body), 403);
    f->probe_err = 0;
    arn = create(f, "CreateStorageConfiguration", body, "storageConfiguration.arn");
    assert_string_equal(answer_text(f, "storageConfiguration.s3.bucketName"), "room-recordings");
    stage = create(f, "CreateStage",
                   arena_printf(f->arena,
                                "{\"autoParticipantRecordingConfiguration\":"
                                "{\"storageConfigurationArn\":\"%s\",\"mediaTypes\":[\"NONE\"]}}",
                                arn),
                   "stage.arn");
    assert_string_equal(answer_text(f, "stage.autoParticipantRecordingConfiguration.mediaTypes.0"),
                        "NONE");
    assert_int_equal(api_call(f, "DeleteStorageConfiguration", "{\"arn\":\"%s\"}", arn), 409);
    assert_int_equal(api_call(f, "UpdateStage",
                              "{\"arn\":\"%s\",\"autoParticipantRecordingConfiguration\":"
                              "{\"storageConfigurationArn\":\"\"}}",
                              stage),
                     200);
    assert_string_equal(answer_text(f, "stage.autoParticipantRecordingConfiguration.mediaTypes.0"),
                        "AUDIO_VIDEO");
    assert_int_equal(api_call(f, "DeleteStorageConfiguration", "{\"arn\":\"%s\"}", arn), 200);
}

static void a_bucket_that_cannot_be_written_makes_no_storage(void **state)
{
    static const struct {
        int err, status;
        const char *error;
    } cases[] = {
        { -ENOENT, 404, "ResourceNotFoundException" },
        { -EINVAL, 400, "ValidationException" },
        { -EXDEV, 400, "ValidationException" },
        { -EACCES, 403, "AccessDeniedException" },
        { -EROFS, 403, "AccessDeniedException" },
        { -EKEYREJECTED, 403, "AccessDeniedException" },
        { -EHOSTUNREACH, 503, "ServiceUnavailable" },
        { -ETIMEDOUT, 503, "ServiceUnavailable" },
        { -EBUSY, 503, "ServiceUnavailable" },
        { -ESHUTDOWN, 503, "ServiceUnavailable" },
        { -EIO, 500, "InternalServerException" },
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        f->probe_err = cases[i].err;
        assert_int_equal(api_call(f, "CreateStorageConfiguration",
                                  "{\"s3\":{\"bucketName\":\"room-recordings\"}}"),
                         cases[i].status);
        assert_error(f, cases[i].error, NULL);
    }
    assert_int_equal(api_call(f, "ListStorageConfigurations", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "storageConfigurations")), 0);
    assert_string_equal(f->bucket_policy, "");
}

static void storage_stands_in_its_bucket_s_policy_for_as_long_as_it_is_there(void **state)
{
    static const char body[] = "{\"s3\":{\"bucketName\":\"room-recordings\"}}";
    static const char own[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"own\"}]}";
    struct api_fixture *f = *state;
    const char *first, *second;

    strcpy(f->bucket_policy, own);
    first = create(f, "CreateStorageConfiguration", body, "storageConfiguration.arn");
    second = create(f, "CreateStorageConfiguration", body, "storageConfiguration.arn");
    assert_non_null(strstr(f->bucket_policy, "\"Sid\":\"own\""));
    assert_non_null(strstr(f->bucket_policy, strrchr(first, '/') + 1));
    assert_non_null(strstr(f->bucket_policy, strrchr(second, '/') + 1));
    assert_int_equal(api_call(f, "DeleteStorageConfiguration", "{\"arn\":\"%s\"}", first), 200);
    assert_null(strstr(f->bucket_policy, strrchr(first, '/') + 1));
    assert_non_null(strstr(f->bucket_policy, strrchr(second, '/') + 1));
    assert_int_equal(api_call(f, "DeleteStorageConfiguration", "{\"arn\":\"%s\"}", second), 200);
    assert_string_equal(f->bucket_policy, own);
}

static void callers_do_not_queue_for_a_store_that_is_slow(void **state)
{
    static const char body[] = "{\"s3\":{\"bucketName\":\"room-recordings\"}}";
    struct api_fixture *f = *state;
    int waiting = 0;

    while (waiting < 1000 && api_call(f, "CreateStorageConfiguration", "%s", body) == 200) {
        assert_int_equal(api_call(f, "DeleteStorageConfiguration", "{\"arn\":\"%s\"}",
                                  answer_text(f, "storageConfiguration.arn")),
                         200);
        atomic_fetch_add(&f->api->at_object_store, 1); /* one more that got no answer yet */
        waiting++;
    }
    assert_error(f, "ServiceUnavailable", NULL);
    assert_in_range(waiting, 1, 32); /* of the 64 workers */
    atomic_fetch_sub(&f->api->at_object_store, 1);
    assert_int_equal(api_call(f, "CreateStorageConfiguration", "%s", body), 200);
}

static void storage_beyond_the_quota_leaves_no_statement(void **state)
{
    static const char *const quotas[] = { "storage-configurations=1", NULL };
    static const char body[] = "{\"s3\":{\"bucketName\":\"room-recordings\"}}";
    struct api_fixture *f = *state;
    char before[sizeof(f->bucket_policy)];

    api_fixture_restart(f, quotas, true);
    create(f, "CreateStorageConfiguration", body, "storageConfiguration.arn");
    strcpy(before, f->bucket_policy);
    assert_int_equal(api_call(f, "CreateStorageConfiguration", "%s", body), 402);
    assert_string_equal(f->bucket_policy, before);
}

static void a_policy_that_cannot_be_edited_makes_no_storage_but_lets_it_go(void **state)
{
    static const char body[] = "{\"s3\":{\"bucketName\":\"room-recordings\"}}";
    struct api_fixture *f = *state;
    const char *arn = create(f, "CreateStorageConfiguration", body, "storageConfiguration.arn");

    strcpy(f->bucket_policy, "[]");
    assert_int_equal(api_call(f, "CreateStorageConfiguration", "%s", body), 409);
    assert_error(f, "ConflictException", "room-recordings");
    f->policy_err = -EACCES;
    assert_int_equal(api_call(f, "CreateStorageConfiguration", "%s", body), 403);
    f->policy_err = -EHOSTUNREACH;
    assert_int_equal(api_call(f, "DeleteStorageConfiguration", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(api_call(f, "ListStorageConfigurations", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "storageConfigurations")), 0);
}

static void an_ingest_configuration_belongs_to_a_stage(void **state)
{
    struct api_fixture *f = *state;
    const char *stage = create(f, "CreateStage", "{}", "stage.arn");
    const char *arn =
        create(f, "CreateIngestConfiguration",
               arena_printf(f->arena,
                            "{\"ingestProtocol\":\"RTMPS\",\"stageArn\":\"%s\",\"userId\":\"cam\","
                            "\"attributes\":{\"a\":\"b\"},\"redundantIngest\":true}",
                            stage),
               "ingestConfiguration.arn");
    const char *key = answer_text(f, "ingestConfiguration.streamKey");
    const char *participant = answer_text(f, "ingestConfiguration.participantId");

    assert_ptr_equal(strstr(key, "rt_" ACCOUNT "_" REGION "_"), key);
    assert_string_equal(answer_text(f, "ingestConfiguration.state"), "INACTIVE");
    assert_string_equal(answer_text(f, "ingestConfiguration.attributes.a"), "b");
    assert_int_equal(
        json_array_size(answer_at(f, "ingestConfiguration.redundantIngestCredentials")), 2);
    assert_int_equal(api_call(f, "GetIngestConfiguration", "{\"arn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "ingestConfiguration.streamKey"), key);
    assert_string_equal(answer_text(f, "ingestConfiguration.participantId"), participant);
    assert_int_equal(
        api_call(f, "ListIngestConfigurations", "{\"filterByStageArn\":\"%s\"}", stage), 200);
    assert_int_equal(json_array_size(answer_at(f, "ingestConfigurations")), 1);
    assert_null(answer_at(f, "ingestConfigurations.0.streamKey"));
    assert_int_equal(api_call(f, "ListIngestConfigurations",
                              "{\"filterByStageArn\":\"%s\",\"filterByState\":\"ACTIVE\"}", stage),
                     400);

    assert_int_equal(api_call(f, "DeleteStage", "{\"arn\":\"%s\"}", stage), 200);
    assert_int_equal(api_call(f, "GetIngestConfiguration", "{\"arn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "ingestConfiguration.stageArn"), "");
    assert_int_equal(api_call(f, "UpdateIngestConfiguration",
                              "{\"arn\":\"%s\",\"stageArn\":\"%s\"}", arn, stage),
                     404);
    assert_int_equal(
        api_call(f, "UpdateIngestConfiguration", "{\"arn\":\"%s\",\"redundantIngest\":false}", arn),
        200);
    assert_null(answer_at(f, "ingestConfiguration.redundantIngestCredentials"));
    assert_int_equal(api_call(f, "DeleteIngestConfiguration", "{\"arn\":\"%s\"}", arn), 200);
}

static void rtmp_in_clear_must_be_asked_for(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "CreateIngestConfiguration", "{\"ingestProtocol\":\"RTMP\"}"),
                     400);
    assert_error(f, "ValidationException", "insecureIngest");
    assert_int_equal(api_call(f, "CreateIngestConfiguration",
                              "{\"ingestProtocol\":\"RTMP\",\"insecureIngest\":true}"),
                     200);
}

static void a_public_key_must_be_one(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "ImportPublicKey",
                              "{\"publicKeyMaterial\":\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n"
                              "-----END PUBLIC KEY-----\\n\"}"),
                     400);
    assert_error(f, "ValidationException", "publicKeyMaterial");
}

static void what_does_nothing_yet_is_judged_and_says_so(void **state)
{
    struct api_fixture *f = *state;
    const char *stage = create(f, "CreateStage", "{}", "stage.arn");
    const char *none = "arn:aws:ivs:" REGION ":" ACCOUNT ":stage/none";

    assert_int_equal(api_call(f, "ListStageSessions", "{\"stageArn\":\"%s\"}", none), 404);
    assert_error(f, "ResourceNotFoundException", none);
    assert_int_equal(api_call(f, "ListStageSessions", "{\"stageArn\":\"%s\"}", stage), 501);
    assert_error(f, "NotImplementedException", "ListStageSessions");
    assert_int_equal(api_call(f, "StartComposition",
                              "{\"stageArn\":\"%s\",\"destinations\":[{\"name\":\"x\"}]}", stage),
                     400);
    assert_error(f, "ValidationException", "channel or s3");
}

static void quotas_hold(void **state)
{
    static const char *const quotas[] = { "encoder-configurations=1", "storage-configurations=1",
                                          NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, true);
    create(f, "CreateEncoderConfiguration", "{}", "encoderConfiguration.arn");
    assert_int_equal(api_call(f, "CreateEncoderConfiguration", "{}"), 402);
    assert_error(f, "ServiceQuotaExceededException", "encoder-configurations");
    create(f, "CreateStorageConfiguration", "{\"s3\":{\"bucketName\":\"room-recordings\"}}",
           "storageConfiguration.arn");
    assert_int_equal(
        api_call(f, "CreateStorageConfiguration", "{\"s3\":{\"bucketName\":\"room-recordings\"}}"),
        402);
    assert_error(f, "ServiceQuotaExceededException", "storage-configurations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(an_encoder_has_defaults_and_limits),
        API_TEST(storage_needs_a_bucket_and_is_kept_while_in_use),
        API_TEST(a_bucket_that_cannot_be_written_makes_no_storage),
        API_TEST(storage_stands_in_its_bucket_s_policy_for_as_long_as_it_is_there),
        API_TEST(callers_do_not_queue_for_a_store_that_is_slow),
        API_TEST(storage_beyond_the_quota_leaves_no_statement),
        API_TEST(a_policy_that_cannot_be_edited_makes_no_storage_but_lets_it_go),
        API_TEST(an_ingest_configuration_belongs_to_a_stage),
        API_TEST(rtmp_in_clear_must_be_asked_for),
        API_TEST(a_public_key_must_be_one),
        API_TEST(quotas_hold),
        API_TEST(what_does_nothing_yet_is_judged_and_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
