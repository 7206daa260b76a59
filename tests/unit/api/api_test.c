/* SPDX-License-Identifier: Apache-2.0 */
/* What all calls share: errors, headers, permission, rates. */
#include "api_fixture.h"

#include "net/sigv4.h"

static const char *make_channel(struct api_fixture *f, const char *body)
{
    assert_int_equal(api_call(f, "CreateChannel", "%s", body), 200);
    return answer_text(f, "channel.arn");
}

static void unknown_operations_and_methods_are_said_so(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "CreateNothing", "{}"), 404);
    assert_error(f, "UnknownOperationException", "POST /CreateNothing");
    assert_int_equal(api_request(f, "GET", "/CreateChannel", ""), 404);
    assert_error(f, "UnknownOperationException", NULL);
    assert_int_equal(api_request(f, "POST", "/CreateChannel/", ""), 404);
    assert_int_equal(api_request(f, "PUT", "/tags/x", ""), 404);
}

static void a_body_that_is_no_input_is_said_so(void **state)
{
    struct api_fixture *f = *state;
    char *large = arena_zalloc(f->arena, 300 * 1024);

    assert_int_equal(api_call(f, "CreateChannel", "{"), 400);
    assert_error(f, "SerializationException", NULL);
    assert_int_equal(api_call(f, "CreateChannel", "{\"name\":7}"), 400);
    assert_error(f, "SerializationException", "'name'");
    assert_int_equal(api_call(f, "CreateChannel", "{\"name\":\"a b\"}"), 400);
    assert_error(f, "ValidationException", "'name'");
    memset(large, ' ', 300 * 1024 - 1);
    assert_int_equal(api_request(f, "POST", "/CreateChannel", large), 413);
    assert_error(f, "RequestEntityTooLargeException", NULL);
}

static void every_answer_has_the_headers_of_the_service(void **state)
{
    struct api_fixture *f = *state;

    make_channel(f, "{}");
    assert_int_equal(strlen(reply_header(f, "x-amzn-requestid")), 36);
    assert_string_equal(reply_header(f, "content-type"), "application/json");
    assert_string_equal(reply_header(f, "access-control-allow-origin"), "*");
    assert_non_null(strstr(reply_header(f, "access-control-expose-headers"), "x-amzn-ErrorType"));
    assert_string_equal(reply_header(f, "cache-control"), "no-store, no-cache");
    assert_string_equal(reply_header(f, "x-content-type-options"), "nosniff");
    assert_string_equal(reply_header(f, "x-frame-options"), "DENY");
    assert_non_null(reply_header(f, "content-security-policy"));
    assert_null(reply_header(f, "strict-transport-security"));
    assert_null(reply_header(f, "x-amzn-errortype"));
    api_call(f, "GetChannel", "{}");
    assert_string_equal(reply_header(f, "access-control-allow-origin"), "*");
    assert_string_equal(reply_header(f, "x-amzn-errortype"), "ValidationException");
}

static void an_operation_without_output_answers_an_empty_object(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "{}");

    assert_int_equal(
        api_request(f, "POST", arena_printf(f->arena, "/tags/%s", arn), "{\"tags\":{\"a\":\"b\"}}"),
        200);
    assert_int_equal(f->reply.body_len, 2);
    assert_memory_equal(f->reply.body, "{}", 2);
}

/* --- permission --- */

static void use_policy(struct api_fixture *f, const char *statement)
{
    f->key = api_fixture_key(
        f, ACCOUNT,
        arena_printf(f->arena, "{\"Version\":\"2012-10-17\",\"Statement\":[%s]}", statement));
    api_fixture_restart(f, NULL, true);
}

static void a_denied_call_names_action_and_resource(void **state)
{
    struct api_fixture *f = *state;

    use_policy(f, "{\"Effect\":\"Allow\",\"Action\":\"ivs:Get*\",\"Resource\":\"*\"}");
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 403);
    assert_error(f, "AccessDeniedException", f->key.id);
    assert_error(f, "AccessDeniedException",
                 "ivs:CreateChannel on resource: arn:aws:ivs:" REGION ":" ACCOUNT ":channel/*");
}

static void creating_a_channel_takes_leave_for_its_key_too(void **state)
{
    struct api_fixture *f = *state;

    use_policy(f, "{\"Effect\":\"Allow\",\"Action\":\"ivs:*\","
                  "\"Resource\":\"arn:aws:ivs:*:*:channel/*\"}");
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 403);
    assert_error(f, "AccessDeniedException", ":stream-key/*");
    use_policy(f, "{\"Effect\":\"Allow\",\"Action\":\"ivs:CreateChannel\",\"Resource\":"
                  "[\"arn:aws:ivs:*:*:channel/*\",\"arn:aws:ivs:*:*:stream-key/*\"]}");
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    assert_int_equal(api_call(f, "CreateChannel", "{\"tags\":{\"a\":\"b\"}}"), 403);
    assert_error(f, "AccessDeniedException", "ivs:TagResource");
}

static void permission_is_judged_before_existence(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "{}");

    use_policy(f, "{\"Effect\":\"Allow\",\"Action\":\"ivs:List*\",\"Resource\":\"*\"}");
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", arn), 403);
    assert_int_equal(
        api_call(f, "GetChannel", "{\"arn\":\"arn:aws:ivs:" REGION ":" ACCOUNT ":channel/no\"}"),
        403);
}

static void tags_of_resource_and_request_decide(void **state)
{
    struct api_fixture *f = *state;
    const char *red = make_channel(f, "{\"tags\":{\"team\":\"red\"}}");
    const char *blue = make_channel(f, "{\"tags\":{\"team\":\"blue\"}}");

    use_policy(f, "{\"Effect\":\"Allow\",\"Action\":\"ivs:*\",\"Resource\":\"*\",\"Condition\":"
                  "{\"StringEquals\":{\"aws:ResourceTag/team\":\"red\"}}},"
                  "{\"Effect\":\"Allow\",\"Action\":[\"ivs:CreateChannel\",\"ivs:TagResource\"],"
                  "\"Resource\":\"*\",\"Condition\":{\"StringEquals\":"
                  "{\"aws:RequestTag/team\":\"red\"},\"ForAllValues:StringEquals\":"
                  "{\"aws:TagKeys\":[\"team\"]}}},"
                  "{\"Effect\":\"Allow\",\"Action\":\"ivs:BatchGetChannel\",\"Resource\":\"*\","
                  "\"Condition\":{\"StringEquals\":{\"aws:ResourceTag/team\":\"red\"}}}");
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", red), 200);
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", blue), 403);
    assert_int_equal(api_call(f, "BatchGetChannel", "{\"arns\":[\"%s\",\"%s\"]}", red, blue), 200);
    assert_int_equal(json_array_size(answer_at(f, "channels")), 1);
    assert_string_equal(answer_text(f, "errors.0.arn"), blue);
    assert_string_equal(answer_text(f, "errors.0.code"), "403");
    assert_int_equal(api_call(f, "CreateChannel", "{\"tags\":{\"team\":\"red\"}}"), 200);
    assert_int_equal(api_call(f, "CreateChannel", "{\"tags\":{\"team\":\"blue\"}}"), 403);
    assert_int_equal(api_call(f, "CreateChannel", "{\"tags\":{\"team\":\"red\",\"x\":\"y\"}}"),
                     403);
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 403);
    assert_int_equal(api_request(f, "POST", arena_printf(f->arena, "/tags/%s", blue),
                                 "{\"tags\":{\"team\":\"green\"}}"),
                     403);
    assert_int_equal(
        api_request(f, "DELETE", arena_printf(f->arena, "/tags/%s?tagKeys=team", red), ""), 200);
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", red), 403);
}

static void a_policy_that_cannot_be_obeyed_allows_nothing(void **state)
{
    struct api_fixture *f = *state;

    use_policy(f, "{\"Effect\":\"Allow\",\"Action\":\"ivs:*\",\"Resource\":\"*\",\"Condition\":"
                  "{\"DateLessThan\":{\"aws:CurrentTime\":\"2030-01-01T00:00:00Z\"}}}");
    assert_int_equal(api_call(f, "ListChannels", "{}"), 403);
}

/* --- rates --- */

static void calls_above_the_rate_are_told_when_to_come_again(void **state)
{
    struct api_fixture *f = *state;

    api_fixture_restart(f, NULL, false);
    for (int i = 0; i < 10; i++)
        assert_int_equal(api_call(f, "ListChannels", "{}"), 200);
    assert_int_equal(api_call(f, "ListChannels", "{}"), 429);
    assert_error(f, "ThrottlingException", "ListChannels");
    assert_string_equal(reply_header(f, "retry-after"), "1");
    assert_string_equal(reply_header(f, "x-amz-retry-after"), "200");
    assert_int_equal(api_call(f, "ListStreams", "{}"), 200);
    clock_advance_us(200000);
    assert_int_equal(api_call(f, "ListChannels", "{}"), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(unknown_operations_and_methods_are_said_so),
        API_TEST(a_body_that_is_no_input_is_said_so),
        API_TEST(every_answer_has_the_headers_of_the_service),
        API_TEST(an_operation_without_output_answers_an_empty_object),
        API_TEST(a_denied_call_names_action_and_resource),
        API_TEST(creating_a_channel_takes_leave_for_its_key_too),
        API_TEST(permission_is_judged_before_existence),
        API_TEST(tags_of_resource_and_request_decide),
        API_TEST(a_policy_that_cannot_be_obeyed_allows_nothing),
        API_TEST(calls_above_the_rate_are_told_when_to_come_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
