/* SPDX-License-Identifier: Apache-2.0 */
/* Recording, ad and restriction configurations and the channels that use them. */
#include "api_fixture.h"

#include <errno.h>
#include <time.h>

#define BUCKET "\"destinationConfiguration\":{\"s3\":{\"bucketName\":\"garden-recordings\"}}"

static const char *create(struct api_fixture *f, const char *operation, const char *body,
                          const char *arn)
{
    assert_int_equal(api_call(f, operation, "%s", body), 200);
    return answer_text(f, arn);
}

/* Waits until the probe has decided. */
static const char *state_of(struct api_fixture *f, const char *arn)
{
    const struct timespec pause = { .tv_nsec = 1000000 };

    for (int i = 0; i < 5000; i++) {
        assert_int_equal(api_call(f, "GetRecordingConfiguration", "{\"arn\":\"%s\"}", arn), 200);
        if (strcmp(answer_text(f, "recordingConfiguration.state"), "CREATING"))
            break;
        nanosleep(&pause, NULL);
    }
    return answer_text(f, "recordingConfiguration.state");
}

static const char *create_recording(struct api_fixture *f)
{
    return create(f, "CreateRecordingConfiguration", "{" BUCKET "}", "recordingConfiguration.arn");
}

static void echoes_every_default(void **state)
{
    struct api_fixture *f = *state;
    json_t *expected =
        json_loads("{\"destinationConfiguration\":{\"s3\":{\"bucketName\":\"garden-recordings\"}},"
                   "\"thumbnailConfiguration\":{\"recordingMode\":\"INTERVAL\","
                   "\"targetIntervalSeconds\":60,\"storage\":[\"SEQUENTIAL\"]},"
                   "\"recordingReconnectWindowSeconds\":0,"
                   "\"renditionConfiguration\":{\"renditionSelection\":\"ALL\"},"
                   "\"name\":\"\",\"tags\":{},\"state\":\"CREATING\"}",
                   0, NULL);
    const char *arn = create_recording(f);

    json_object_set_new(expected, "arn", json_string(arn));
    assert_true(json_equal(answer_at(f, "recordingConfiguration"), expected));
    json_decref(expected);
    assert_int_equal(api_call(f, "ListRecordingConfigurations", "{}"), 200);
    assert_string_equal(
        answer_text(f, "recordingConfigurations.0.destinationConfiguration.s3.bucketName"),
        "garden-recordings");
    assert_null(answer_at(f, "recordingConfigurations.0.thumbnailConfiguration"));
}

static void keeps_what_it_was_given(void **state)
{
    struct api_fixture *f = *state;

    create(f, "CreateRecordingConfiguration",
           "{" BUCKET ",\"name\":\"r\",\"recordingReconnectWindowSeconds\":300,"
           "\"thumbnailConfiguration\":{\"recordingMode\":\"INTERVAL\",\"targetIntervalSeconds\":5,"
           "\"resolution\":\"HD\",\"storage\":[\"SEQUENTIAL\",\"LATEST\"]},"
           "\"renditionConfiguration\":{\"renditionSelection\":\"CUSTOM\","
           "\"renditions\":[\"SD\",\"FULL_HD\"]}}",
           "recordingConfiguration.arn");
    assert_string_equal(
        answer_text(f, "recordingConfiguration.renditionConfiguration.renditions.1"), "FULL_HD");
    assert_string_equal(answer_text(f, "recordingConfiguration.thumbnailConfiguration.storage.1"),
                        "LATEST");
    assert_string_equal(answer_text(f, "recordingConfiguration.thumbnailConfiguration.resolution"),
                        "HD");
    assert_int_equal(json_integer_value(answer_at(
                         f, "recordingConfiguration.thumbnailConfiguration.targetIntervalSeconds")),
                     5);
}

static void refuses_combinations_that_do_not_go_together(void **state)
{
    static const char *const bodies[] = {
        "{\"destinationConfiguration\":{}}",
        "{" BUCKET ",\"renditionConfiguration\":{\"renditionSelection\":\"CUSTOM\"}}",
        "{" BUCKET ",\"thumbnailConfiguration\":{\"recordingMode\":\"DISABLED\","
        "\"targetIntervalSeconds\":5}}",
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(api_call(f, "CreateRecordingConfiguration", "%s", bodies[i]), 400);
        assert_error(f, "ValidationException", NULL);
    }
}

static void becomes_active_when_the_bucket_can_be_written(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = create_recording(f);

    assert_string_equal(state_of(f, arn), "ACTIVE");
    assert_int_equal(api_call(f, "CreateChannel", "{\"recordingConfigurationArn\":\"%s\"}", arn),
                     200);
    assert_string_equal(answer_text(f, "channel.recordingConfigurationArn"), arn);
}

static void fails_when_the_bucket_cannot_be_written(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    f->probe_err = -ENOENT;
    arn = create_recording(f);
    assert_string_equal(state_of(f, arn), "CREATE_FAILED");
    assert_int_equal(api_call(f, "CreateChannel", "{\"recordingConfigurationArn\":\"%s\"}", arn),
                     400);
    assert_error(f, "ValidationException", "CREATE_FAILED");
}

static void a_probe_cut_short_is_made_again_at_the_next_start(void **state)
{
    struct api_fixture *f = *state;
    struct access_key first = f->key;
    const char *arns[2];

    f->probe_err = -ESHUTDOWN;
    arns[0] = create_recording(f);
    f->key = api_fixture_key(f, "210987654321", access_key_administrator);
    arns[1] = create_recording(f);
    api_fixture_restart(f, NULL, true); /* lets all probes come to their end */
    for (int i = 1; i >= 0; i--, f->key = first) {
        assert_int_equal(api_call(f, "GetRecordingConfiguration", "{\"arn\":\"%s\"}", arns[i]),
                         200);
        assert_string_equal(answer_text(f, "recordingConfiguration.state"), "CREATING");
    }
    f->probe_err = 0;
    api_fixture_restart(f, NULL, true);
    f->key = first;
    assert_string_equal(state_of(f, arns[0]), "ACTIVE");
    f->key = api_fixture_key(f, "210987654321", access_key_administrator);
    assert_string_equal(state_of(f, arns[1]), "ACTIVE");
}

static void one_left_behind_by_another_node_is_probed_when_it_is_looked_at(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    f->probe_err = -ESHUTDOWN;
    arn = create_recording(f);
    api_fixture_restart(f, NULL, true);
    assert_int_equal(api_call(f, "GetRecordingConfiguration", "{\"arn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "recordingConfiguration.state"), "CREATING");
    f->probe_err = -EACCES;
    clock_advance_us(61 * INT64_C(1000000));
    assert_string_equal(state_of(f, arn), "CREATE_FAILED");
}

static void cannot_be_deleted_while_a_channel_refers_to_it(void **state)
{
    static const struct {
        const char *create, *body, *arn, *delete, *member, *filter;
    } kinds[] = {
        { "CreateRecordingConfiguration", "{" BUCKET "}", "recordingConfiguration.arn",
          "DeleteRecordingConfiguration", "recordingConfigurationArn",
          "filterByRecordingConfigurationArn" },
        { "CreatePlaybackRestrictionPolicy", "{}", "playbackRestrictionPolicy.arn",
          "DeletePlaybackRestrictionPolicy", "playbackRestrictionPolicyArn",
          "filterByPlaybackRestrictionPolicyArn" },
        { "CreateAdConfiguration",
          "{\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":"
          "\"arn:aws:mediatailor:us-west-2:1:playbackConfiguration/x\"}]}",
          "adConfiguration.arn", "DeleteAdConfiguration", "adConfigurationArn",
          "filterByAdConfigurationArn" },
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *arn = create(f, kinds[i].create, kinds[i].body, kinds[i].arn);
        const char *channel;

        assert_int_equal(api_call(f, "CreateChannel", "{\"%s\":\"%s\"}", kinds[i].member, arn),
                         200);
        channel = answer_text(f, "channel.arn");
        assert_int_equal(api_call(f, kinds[i].delete, "{\"arn\":\"%s\"}", arn), 409);
        assert_error(f, "ConflictException", arn);
        assert_int_equal(api_call(f, "ListChannels", "{\"%s\":\"%s\"}", kinds[i].filter, arn), 200);
        assert_int_equal(json_array_size(answer_at(f, "channels")), 1);
        assert_int_equal(
            api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"%s\":\"\"}", channel, kinds[i].member),
            200);
        assert_int_equal(api_call(f, kinds[i].delete, "{\"arn\":\"%s\"}", arn), 204);
        assert_int_equal(api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"%s\":\"%s\"}", channel,
                                  kinds[i].member, arn),
                         404);
    }
}

static void ads_need_transport_stream(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = create(f, "CreateAdConfiguration",
                             "{\"mediaTailorPlaybackConfigurations\":[{}]}", "adConfiguration.arn");

    assert_int_equal(api_call(f, "CreateChannel",
                              "{\"adConfigurationArn\":\"%s\",\"containerFormat\":"
                              "\"FRAGMENTED_MP4\"}",
                              arn),
                     400);
    assert_error(f, "ValidationException", "containerFormat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(echoes_every_default),
        API_TEST(keeps_what_it_was_given),
        API_TEST(refuses_combinations_that_do_not_go_together),
        API_TEST(becomes_active_when_the_bucket_can_be_written),
        API_TEST(fails_when_the_bucket_cannot_be_written),
        API_TEST(a_probe_cut_short_is_made_again_at_the_next_start),
        API_TEST(one_left_behind_by_another_node_is_probed_when_it_is_looked_at),
        API_TEST(cannot_be_deleted_while_a_channel_refers_to_it),
        API_TEST(ads_need_transport_stream),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
