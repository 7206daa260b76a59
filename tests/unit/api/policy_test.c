/* SPDX-License-Identifier: Apache-2.0 */
#include "api/policy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CHANNEL "arn:aws:ivs:us-west-2:123456789012:channel/abc"

static struct policy *parse(const char *json)
{
    char message[POLICY_MESSAGE_SIZE];
    struct policy *policy = NULL;

    if (policy_parse(&policy, json, message))
        fail_msg("%s: %s", json, message);
    return policy;
}

static enum policy_verdict judge_request(const char *json, const struct policy_request *request)
{
    struct policy *policy = parse(json);
    enum policy_verdict verdict = policy_judge(policy, request);

    policy_destroy(policy);
    return verdict;
}

static enum policy_verdict judge(const char *json, const char *action, const char *resource)
{
    const struct policy_request request = { .action = action, .resource = resource };

    return judge_request(json, &request);
}

/* A document of one statement. */
#define STATEMENT(text) "{\"Version\":\"2012-10-17\",\"Statement\":[{" text "}]}"
#define ALLOW(text)     STATEMENT("\"Effect\":\"Allow\"," text)

static void what_nothing_allows_is_not_allowed(void **state)
{
    const char *all = ALLOW("\"Action\":\"ivs:*\",\"Resource\":\"*\"");
    const char *some = ALLOW("\"Action\":[\"ivs:Get*\",\"ivs:List?hannels\"],"
                             "\"Resource\":\"arn:aws:ivs:*:*:channel/*\"");

    assert_int_equal(judge(all, "ivs:CreateChannel", CHANNEL), POLICY_ALLOWED);
    assert_int_equal(judge(all, "s3:PutObject", CHANNEL), POLICY_NOT_ALLOWED);
    assert_int_equal(judge(some, "ivs:GetChannel", CHANNEL), POLICY_ALLOWED);
    assert_int_equal(judge(some, "ivs:ListChannels", CHANNEL), POLICY_ALLOWED);
    assert_int_equal(judge(some, "ivs:CreateChannel", CHANNEL), POLICY_NOT_ALLOWED);
    assert_int_equal(judge(some, "ivs:GetChannel", "arn:aws:ivs:us-west-2:1:stage/abc"),
                     POLICY_NOT_ALLOWED);
    assert_int_equal(judge(some, "ivs:GetChannel", "*"), POLICY_NOT_ALLOWED);
    assert_int_equal(
        judge(ALLOW("\"Action\":\"IVS:getchannel\",\"Resource\":\"*\""), "ivs:GetChannel", CHANNEL),
        POLICY_ALLOWED);
}

static void an_explicit_deny_wins(void **state)
{
    const char *policy =
        "{\"Statement\":["
        "{\"Effect\":\"Allow\",\"Action\":\"ivs:*\",\"Resource\":\"*\"},"
        "{\"Effect\":\"Deny\",\"Action\":\"ivs:Delete*\",\"Resource\":\"" CHANNEL "\"}]}";

    assert_int_equal(judge(policy, "ivs:DeleteChannel", CHANNEL), POLICY_DENIED);
    assert_int_equal(judge(policy, "ivs:DeleteChannel", CHANNEL "d"), POLICY_ALLOWED);
    assert_int_equal(judge(policy, "ivs:GetChannel", CHANNEL), POLICY_ALLOWED);
}

static void not_action_and_not_resource_are_all_the_others(void **state)
{
    const char *policy = ALLOW("\"NotAction\":\"ivs:Delete*\",\"NotResource\":\"" CHANNEL "\"");

    assert_int_equal(judge(policy, "ivs:GetChannel", CHANNEL "d"), POLICY_ALLOWED);
    assert_int_equal(judge(policy, "ivs:DeleteChannel", CHANNEL "d"), POLICY_NOT_ALLOWED);
    assert_int_equal(judge(policy, "ivs:GetChannel", CHANNEL), POLICY_NOT_ALLOWED);
}

/* --- conditions: each row is one condition and whether it holds for the request below --- */

static const struct input_pair resource_tags[] = { { "team", "red" } };
static const struct input_pair request_tags[] = { { "team", "blue" }, { "stage", "prod" } };
static const char *const tag_keys[] = { "team", "stage" };

static const struct policy_request tagged = {
    .action = "ivs:TagResource",
    .resource = CHANNEL,
    .source_ip = "192.0.2.77",
    .is_secure = true,
    .resource_tags = { 1, resource_tags },
    .request_tags = { 2, request_tags },
    .tag_keys = { 2, (const void *const *)tag_keys },
};
static const struct policy_request bare = { .action = "ivs:TagResource", .resource = CHANNEL };

struct row {
    const char *condition;
    bool holds_tagged, holds_bare;
};

/* clang-format off */
static const struct row rows[] = {
    { "'StringEquals':{'aws:ResourceTag/team':'red'}", true, false },
    { "'StringEquals':{'aws:ResourceTag/TEAM':'red'}", true, false },
    { "'StringEquals':{'aws:ResourceTag/team':['green','red']}", true, false },
    { "'StringEquals':{'aws:ResourceTag/team':'Red'}", false, false },
    { "'StringEqualsIgnoreCase':{'aws:ResourceTag/team':'Red'}", true, false },
    { "'StringNotEquals':{'aws:ResourceTag/team':'red'}", false, true },
    { "'StringNotEquals':{'aws:ResourceTag/team':['green','blue']}", true, true },
    { "'StringLike':{'aws:RequestTag/team':'b*e'}", true, false },
    { "'StringNotLike':{'aws:RequestTag/team':'b*e'}", false, true },
    { "'StringEqualsIfExists':{'aws:ResourceTag/team':'blue'}", false, true },
    { "'StringEqualsIfExists':{'aws:ResourceTag/team':'red'}", true, true },
    { "'Null':{'aws:RequestTag/team':'true'}", false, true },
    { "'Null':{'aws:RequestTag/team':'false'}", true, false },
    { "'Null':{'aws:TagKeys':true}", false, true },
    { "'Bool':{'aws:SecureTransport':'true'}", true, false },
    { "'Bool':{'aws:SecureTransport':false}", false, true },
    { "'IpAddress':{'aws:SourceIp':'192.0.2.0/25'}", true, false },
    { "'IpAddress':{'aws:SourceIp':['198.51.100.1','192.0.2.77']}", true, false },
    { "'IpAddress':{'aws:SourceIp':'192.0.2.128/25'}", false, false },
    { "'IpAddress':{'aws:SourceIp':'::/0'}", false, false },
    { "'NotIpAddress':{'aws:SourceIp':'192.0.2.0/24'}", false, true },
    { "'ForAllValues:StringEquals':{'aws:TagKeys':['team','stage','x']}", true, true },
    { "'ForAllValues:StringEquals':{'aws:TagKeys':['team']}", false, true },
    { "'ForAnyValue:StringEquals':{'aws:TagKeys':['team']}", true, false },
    { "'ForAnyValue:StringEquals':{'aws:TagKeys':['x']}", false, false },
    { "'ForAllValues:StringNotEquals':{'aws:TagKeys':['x']}", true, true },
    { "'ForAnyValue:StringNotLike':{'aws:TagKeys':['t*','s*']}", false, false },
    { "'ArnLike':{'aws:RequestTag/team':'arn:*'}", false, false },
    { "'ArnNotEquals':{'aws:RequestTag/team':'arn:aws:ivs:*:*:*'}", true, true },
    { "'StringNotEqualsIgnoreCase':{'aws:ResourceTag/team':'RED'}", false, true },
    { "'StringNotEqualsIgnoreCase':{'aws:ResourceTag/team':'green'}", true, true },
    { "'StringNotLikeIfExists':{'aws:RequestTag/team':'b*'}", false, true },
    { "'BoolIfExists':{'aws:SecureTransport':'false'}", false, true },
    { "'IpAddressIfExists':{'aws:SourceIp':'198.51.100.0/24'}", false, true },
    { "'ArnLikeIfExists':{'aws:RequestTag/none':'arn:aws:ivs:*:*:*'}", true, true },
    { "'ForAnyValue:StringEqualsIfExists':{'aws:TagKeys':['x']}", false, true },
    { "'ForAllValues:StringLikeIfExists':{'aws:TagKeys':['t*','s*']}", true, true },
    { "'ForAnyValue:StringEqualsIgnoreCase':{'aws:TagKeys':['TEAM']}", true, false },
    /* all must hold */
    { "'StringEquals':{'aws:ResourceTag/team':'red','aws:RequestTag/team':'green'}", false, false },
    { "'StringEquals':{'aws:ResourceTag/team':'red'},'Bool':{'aws:SecureTransport':'true'}",
      true, false },
};
/* clang-format on */

static void quote(char *out, size_t size, const char *condition)
{
    snprintf(out, size,
             "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\","
             "\"Condition\":{%s}}}",
             condition);
    for (char *at = out; *at; at++)
        if (*at == '\'')
            *at = '"';
}

static void conditions_hold_as_iam_says(void **state)
{
    char json[1000];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        quote(json, sizeof(json), rows[i].condition);
        if ((judge_request(json, &tagged) == POLICY_ALLOWED) != rows[i].holds_tagged ||
            (judge_request(json, &bare) == POLICY_ALLOWED) != rows[i].holds_bare)
            fail_msg("%s", rows[i].condition);
    }
}

static void an_arn_is_compared_part_by_part(void **state)
{
    static const struct input_pair tag[] = { { "for", CHANNEL } };
    struct policy_request request = tagged;
    char json[1000];

    request.request_tags = (struct input_map){ 1, tag };
    quote(json, sizeof(json), "'ArnLike':{'aws:RequestTag/for':'arn:aws:ivs:*:*:channel/a?c'}");
    assert_int_equal(judge_request(json, &request), POLICY_ALLOWED);
    quote(json, sizeof(json), "'ArnEquals':{'aws:RequestTag/for':'arn:aws:ivs:*:channel/*'}");
    assert_int_equal(judge_request(json, &request), POLICY_NOT_ALLOWED);
    quote(json, sizeof(json), "'ArnNotLike':{'aws:RequestTag/for':'arn:aws:ivs:*:*:channel/*'}");
    assert_int_equal(judge_request(json, &request), POLICY_NOT_ALLOWED);
}

static void refuses_what_it_would_not_obey(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"Statement\":[]}",
        "{\"Statement\":[1]}",
        ALLOW("\"Action\":\"*\""),
        ALLOW("\"Resource\":\"*\""),
        STATEMENT("\"Action\":\"*\",\"Resource\":\"*\""),
        STATEMENT("\"Effect\":\"allow\",\"Action\":\"*\",\"Resource\":\"*\""),
        ALLOW("\"Action\":\"*\",\"NotAction\":\"*\",\"Resource\":\"*\""),
        ALLOW("\"Action\":[],\"Resource\":\"*\""),
        ALLOW("\"Action\":7,\"Resource\":\"*\""),
        ALLOW("\"Action\":\"GetChannel\",\"Resource\":\"*\""),
        ALLOW("\"Action\":\"*\",\"Resource\":\"channel/*\""),
        ALLOW("\"Action\":\"*\",\"Resource\":\"arn:${aws:username}\""),
        ALLOW("\"Action\":\"*\",\"Resource\":\"*\",\"Principal\":\"*\""),
        "{\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"},\"Extra\":1}",
        "{\"Statement\":{\"Effect\":\"Deny\",\"Effect\":\"Allow\",\"Action\":\"*\","
        "\"Resource\":\"*\"}}",
    };
    static const char *const conditions[] = {
        "'StringMatches':{'aws:SourceIp':'x'}",
        "'NumericLessThan':{'aws:SourceIp':'x'}",
        "'DateLessThan':{'aws:CurrentTime':'2030-01-01T00:00:00Z'}",
        "'StringEquals':{'aws:PrincipalTag/team':'x'}",
        "'StringEquals':{'ivs:thing':'x'}",
        "'StringEquals':{'aws:ResourceTag/':'x'}",
        "'StringEquals':{'aws:TagKeys':'x'}",
        "'StringEquals':{'aws:ResourceTag/a':[]}",
        "'StringEquals':{'aws:ResourceTag/a':{}}",
        "'StringEquals':{'aws:ResourceTag/a':'${aws:username}'}",
        "'StringEquals':'x'",
        "'NullIfExists':{'aws:SourceIp':'true'}",
        "'ForAllValues:Null':{'aws:TagKeys':'true'}",
        "'Null':{'aws:TagKeys':'maybe'}",
        "'Bool':{'aws:SecureTransport':'yes'}",
        "'IpAddress':{'aws:SourceIp':'192.0.2.0/33'}",
        "'IpAddress':{'aws:SourceIp':'somewhere'}",
        "'ForSomeValues:StringEquals':{'aws:TagKeys':'a'}",
    };
    char message[POLICY_MESSAGE_SIZE], json[1000];
    struct policy *policy;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (!policy_parse(&policy, wrong[i], message))
            fail_msg("%s", wrong[i]);
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        quote(json, sizeof(json), conditions[i]);
        *message = '\0';
        if (!policy_parse(&policy, json, message))
            fail_msg("%s", conditions[i]);
        assert_true(*message);
    }
}

static void says_whether_it_needs_the_resources_tags(void **state)
{
    char json[1000];
    struct policy *policy;

    quote(json, sizeof(json), "'StringEquals':{'aws:ResourceTag/team':'red'}");
    policy = parse(json);
    assert_true(policy_needs_resource_tags(policy));
    policy_destroy(policy);
    quote(json, sizeof(json), "'StringEquals':{'aws:RequestTag/team':'red'}");
    policy = parse(json);
    assert_false(policy_needs_resource_tags(policy));
    policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nothing_allows_is_not_allowed),
        cmocka_unit_test(an_explicit_deny_wins),
        cmocka_unit_test(not_action_and_not_resource_are_all_the_others),
        cmocka_unit_test(conditions_hold_as_iam_says),
        cmocka_unit_test(an_arn_is_compared_part_by_part),
        cmocka_unit_test(refuses_what_it_would_not_obey),
        cmocka_unit_test(says_whether_it_needs_the_resources_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
