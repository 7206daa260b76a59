/* SPDX-License-Identifier: Apache-2.0 */
/* Channels, from signed request to reply. */
#include "api_fixture.h"

#include "api/arn.h"

static const char *make_channel(struct api_fixture *f, const char *body)
{
    assert_int_equal(api_call(f, "CreateChannel", "%s", body), 200);
    return answer_text(f, "channel.arn");
}

static void a_new_channel_has_every_default(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "");
    const char *id = strrchr(arn, '/') + 1;
    json_t *expected;

    expected = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:s,s:s,s:s,s:{},s:s,s:s,s:s,s:{s:s,s:s},s:{s:b,s:s,s:s}}",
        "arn", arn, "name", "", "latencyMode", "LOW", "type", "STANDARD", "preset", "",
        "authorized", 0, "insecureIngest", 0, "recordingConfigurationArn", "",
        "playbackRestrictionPolicyArn", "", "adConfigurationArn", "", "tags", "ingestEndpoint",
        "127.0.0.1:4443", "playbackUrl",
        arena_printf(f->arena,
                     "http://127.0.0.1:8080/api/video/v1/" REGION "." ACCOUNT ".channel.%s.m3u8",
                     id),
        "containerFormat", "TS", "srt", "endpoint", "srt://127.0.0.1:9000", "passphrase",
        answer_text(f, "channel.srt.passphrase"), "multitrackInputConfiguration", "enabled", 0,
        "policy", "ALLOW", "maximumResolution", "FULL_HD");
    assert_non_null(expected);
    assert_true(json_equal(answer_at(f, "channel"), expected));
    assert_int_equal(strlen(id), 12);
    assert_int_equal(strlen(answer_text(f, "channel.srt.passphrase")), 69);
    json_decref(expected);
}

static void comes_with_its_stream_key(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "{\"name\":\"garden-cam\",\"tags\":{\"a\":\"b\"}}");
    const char *key = answer_text(f, "streamKey.arn");
    const char *value = answer_text(f, "streamKey.value");

    assert_string_equal(answer_text(f, "streamKey.channelArn"), arn);
    assert_int_equal(json_object_size(answer_at(f, "streamKey.tags")), 0);
    assert_int_equal(strlen(value), 13 + 12 + 1 + 30);
    assert_ptr_equal(strstr(value, arena_printf(f->arena, "sk_" REGION "_%s_", arn_id(key))),
                     value);
    assert_string_equal(answer_text(f, "channel.tags.a"), "b");
}

static void is_the_same_when_read_again_and_after_a_restart(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "{\"name\":\"x\",\"type\":\"ADVANCED_SD\",\"latencyMode\":"
                                      "\"NORMAL\",\"authorized\":true,\"insecureIngest\":true,"
                                      "\"containerFormat\":\"FRAGMENTED_MP4\"}");
    json_t *made = json_incref(answer_at(f, "channel"));

    assert_string_equal(answer_text(f, "channel.preset"), "HIGHER_BANDWIDTH_DELIVERY");
    api_fixture_restart(f, NULL, true);
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", arn), 200);
    assert_true(json_equal(answer_at(f, "channel"), made));
    json_decref(made);
}

static void update_changes_what_is_given_and_nothing_else(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "{\"name\":\"x\",\"type\":\"ADVANCED_HD\",\"preset\":"
                                      "\"CONSTRAINED_BANDWIDTH_DELIVERY\",\"tags\":{\"a\":\"b\"}}");
    const char *passphrase = answer_text(f, "channel.srt.passphrase");

    assert_int_equal(api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"authorized\":true}", arn),
                     200);
    assert_null(answer_at(f, "streamKey"));
    assert_string_equal(answer_text(f, "channel.name"), "x");
    assert_string_equal(answer_text(f, "channel.preset"), "CONSTRAINED_BANDWIDTH_DELIVERY");
    assert_true(json_is_true(answer_at(f, "channel.authorized")));
    assert_string_equal(answer_text(f, "channel.tags.a"), "b");
    assert_string_equal(answer_text(f, "channel.srt.passphrase"), passphrase);

    assert_int_equal(api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"type\":\"STANDARD\"}", arn),
                     200);
    assert_string_equal(answer_text(f, "channel.preset"), "");
    assert_int_equal(api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"name\":\"\"}", arn), 200);
    assert_string_equal(answer_text(f, "channel.name"), "");
}

static void refuses_combinations_that_do_not_go_together(void **state)
{
    static const char *const bodies[] = {
        "{\"preset\":\"HIGHER_BANDWIDTH_DELIVERY\"}",
        "{\"type\":\"BASIC\",\"preset\":\"CONSTRAINED_BANDWIDTH_DELIVERY\"}",
        "{\"multitrackInputConfiguration\":{\"enabled\":true}}",
        "{\"multitrackInputConfiguration\":{\"enabled\":true,\"policy\":\"ALLOW\","
        "\"maximumResolution\":\"HD\"}}",
        "{\"type\":\"BASIC\",\"containerFormat\":\"FRAGMENTED_MP4\","
        "\"multitrackInputConfiguration\":{\"enabled\":true,\"policy\":\"ALLOW\","
        "\"maximumResolution\":\"HD\"}}",
        "{\"tags\":{\"aws:x\":\"y\"}}",
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(api_call(f, "CreateChannel", "%s", bodies[i]), 400);
        assert_error(f, "ValidationException", NULL);
    }
    assert_int_equal(api_call(f, "CreateChannel",
                              "{\"preset\":\"\",\"containerFormat\":\"FRAGMENTED_MP4\","
                              "\"multitrackInputConfiguration\":{\"enabled\":true,\"policy\":"
                              "\"REQUIRE\",\"maximumResolution\":\"SD\"}}"),
                     200);
    assert_string_equal(answer_text(f, "channel.multitrackInputConfiguration.policy"), "REQUIRE");
}

static void refuses_what_it_would_refer_to_in_vain(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "CreateChannel",
                              "{\"recordingConfigurationArn\":\"arn:aws:ivs:" REGION ":" ACCOUNT
                              ":recording-configuration/abcdefgh1234\"}"),
                     404);
    assert_error(f, "ResourceNotFoundException", "recording-configuration/abcdefgh1234");
}

static void a_deleted_channel_is_gone_with_its_key(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "");

    assert_int_equal(api_call(f, "DeleteChannel", "{\"arn\":\"%s\"}", arn), 204);
    assert_int_equal(f->reply.body_len, 0);
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", arn), 404);
    assert_error(f, "ResourceNotFoundException", arn);
    assert_int_equal(api_call(f, "DeleteChannel", "{\"arn\":\"%s\"}", arn), 404);
}

static void a_live_channel_is_neither_changed_nor_deleted(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "");
    char stream_id[LIVE_STREAM_ID_SIZE];
    struct live_host *host = NULL;

    assert_int_equal(live_claim(f->live, arn, &host, stream_id), 0);
    assert_int_equal(api_call(f, "DeleteChannel", "{\"arn\":\"%s\"}", arn), 409);
    assert_error(f, "ConflictException", arn);
    assert_int_equal(api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"name\":\"y\"}", arn), 409);
    live_release(f->live, arn);
    assert_int_equal(api_call(f, "UpdateChannel", "{\"arn\":\"%s\",\"name\":\"y\"}", arn), 200);
}

static void names_that_are_not_the_callers_to_name(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(
        api_call(f, "GetChannel", "{\"arn\":\"arn:aws:ivs:" REGION ":999999999999:channel/a\"}"),
        403);
    assert_error(f, "AccessDeniedException", NULL);
    assert_int_equal(
        api_call(f, "GetChannel", "{\"arn\":\"arn:aws:ivs:eu-west-1:" ACCOUNT ":channel/a\"}"),
        404);
    assert_error(f, "ResourceNotFoundException", NULL);
    assert_int_equal(
        api_call(f, "GetChannel", "{\"arn\":\"arn:aws:ivs:" REGION ":" ACCOUNT ":stream-key/a\"}"),
        400);
    assert_error(f, "ValidationException", "'arn'");
}

static void batch_tells_errors_one_by_one(void **state)
{
    struct api_fixture *f = *state;
    const char *one = make_channel(f, "{\"name\":\"one\"}");
    const char *two = make_channel(f, "{\"name\":\"two\"}");

    assert_int_equal(api_call(f, "BatchGetChannel",
                              "{\"arns\":[\"%s\",\"arn:aws:ivs:" REGION ":" ACCOUNT
                              ":channel/no\",\"arn:aws:ivs:" REGION ":999999999999:channel/a\","
                              "\"%s\"]}",
                              one, two),
                     200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 2);
    assert_string_equal(answer_text(f, "channels.1.name"), "two");
    assert_string_equal(answer_text(f, "errors.0.code"), "404");
    assert_string_equal(answer_text(f, "errors.1.code"), "403");
    assert_string_equal(answer_text(f, "errors.1.message"), "not authorized");
    assert_int_equal(api_call(f, "BatchGetChannel", "{\"arns\":[]}"), 400);
    assert_error(f, "ValidationException", "'arns'");
}

static void lists_in_pages_oldest_first(void **state)
{
    struct api_fixture *f = *state;
    const char *token;

    for (int i = 0; i < 5; i++)
        make_channel(f, arena_printf(f->arena, "{\"name\":\"c%d\"}", i));
    assert_int_equal(api_call(f, "ListChannels", "{\"maxResults\":2}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 2);
    assert_string_equal(answer_text(f, "channels.0.name"), "c0");
    assert_null(answer_at(f, "channels.0.srt"));
    token = answer_text(f, "nextToken");
    assert_int_equal(api_call(f, "ListChannels", "{\"nextToken\":\"%s\"}", token), 200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 3);
    assert_string_equal(answer_text(f, "channels.2.name"), "c4");
    assert_null(answer_at(f, "nextToken"));

    assert_int_equal(
        api_call(f, "ListChannels", "{\"nextToken\":\"%s\",\"filterByName\":\"c1\"}", token), 400);
    assert_error(f, "ValidationException", "nextToken");
    clock_advance_us(INT64_C(24) * 3600 * 1000000 + 1000000);
    assert_int_equal(api_call(f, "ListChannels", "{\"nextToken\":\"%s\"}", token), 400);
    assert_error(f, "ValidationException", "nextToken");
}

static void filters_narrow_and_exclude_one_another(void **state)
{
    struct api_fixture *f = *state;

    make_channel(f, "{\"name\":\"a\"}");
    make_channel(f, "{\"name\":\"b\"}");
    assert_int_equal(api_call(f, "ListChannels", "{\"filterByName\":\"b\"}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 1);
    assert_string_equal(answer_text(f, "channels.0.name"), "b");
    assert_int_equal(api_call(f, "ListChannels", "{\"filterByName\":\"\"}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 2);
    assert_int_equal(api_call(f, "ListChannels",
                              "{\"filterByName\":\"b\",\"filterByAdConfigurationArn\":"
                              "\"arn:aws:ivs:" REGION ":" ACCOUNT ":ad-configuration/a\"}"),
                     409);
    assert_error(f, "ConflictException", NULL);
}

static void the_quota_of_channels_holds(void **state)
{
    static const char *const quotas[] = { "channels=2", NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, true);
    make_channel(f, "");
    make_channel(f, "");
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 402);
    assert_error(f, "ServiceQuotaExceededException", "2 channels");
}

static void another_account_sees_nothing(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "");

    f->key = api_fixture_key(f, "999999999999", access_key_administrator);
    api_fixture_restart(f, NULL, true);
    assert_int_equal(api_call(f, "ListChannels", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 0);
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", arn), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(a_new_channel_has_every_default),
        API_TEST(comes_with_its_stream_key),
        API_TEST(is_the_same_when_read_again_and_after_a_restart),
        API_TEST(update_changes_what_is_given_and_nothing_else),
        API_TEST(refuses_combinations_that_do_not_go_together),
        API_TEST(refuses_what_it_would_refer_to_in_vain),
        API_TEST(a_deleted_channel_is_gone_with_its_key),
        API_TEST(a_live_channel_is_neither_changed_nor_deleted),
        API_TEST(names_that_are_not_the_callers_to_name),
        API_TEST(batch_tells_errors_one_by_one),
        API_TEST(lists_in_pages_oldest_first),
        API_TEST(filters_narrow_and_exclude_one_another),
        API_TEST(the_quota_of_channels_holds),
        API_TEST(another_account_sees_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
