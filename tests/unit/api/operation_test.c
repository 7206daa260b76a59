/* SPDX-License-Identifier: Apache-2.0 */
/* How often each operation may be called, what it must be allowed on, and what it says to ARNs that
 * it may not or cannot find: every operation of the service descriptions, by requests that are
 * right otherwise. */
#include "operation_facts.h"

#define RESOURCES_MAX 3

#define CHANNEL   RIGHT_ARN("channel")
#define STAGE     RIGHT_ARN("stage")
#define ANY(type) "arn:aws:ivs:" REGION ":" ACCOUNT ":" type "/*"
#define KEYS      ANY("stream-key")

/* Calls a second as the service quotas have them, resources as the service authorization reference
 * lists them. */
/* clang-format off */
static const struct wanted {
    const char *operation;
    int rate;
    const char *resources[RESOURCES_MAX];
} table[] = {
    { "BatchGetChannel",                    5, { CHANNEL } },
    { "BatchGetStreamKey",                  5, { RIGHT_ARN("stream-key") } },
    { "BatchStartViewerSessionRevocation",  2, { CHANNEL } },
    { "CreateAdConfiguration",              3, { ANY("ad-configuration") } },
    { "CreateChannel",                      5, { ANY("channel"), KEYS } },
    { "CreatePlaybackRestrictionPolicy",    5, { ANY("playback-restriction-policy") } },
    { "CreateRecordingConfiguration",       3, { ANY("recording-configuration") } },
    { "CreateStreamKey",                    5, { KEYS } },
    { "DeleteAdConfiguration",              3, { RIGHT_ARN("ad-configuration") } },
    { "DeleteChannel",                      5, { CHANNEL, KEYS } },
    { "DeletePlaybackKeyPair",              3, { RIGHT_ARN("playback-key") } },
    { "DeletePlaybackRestrictionPolicy",    5, { RIGHT_ARN("playback-restriction-policy") } },
    { "DeleteRecordingConfiguration",       3, { RIGHT_ARN("recording-configuration") } },
    { "DeleteStreamKey",                    5, { RIGHT_ARN("stream-key") } },
    { "GetAdConfiguration",                 3, { RIGHT_ARN("ad-configuration") } },
    { "GetChannel",                         5, { CHANNEL } },
    { "GetPlaybackKeyPair",                 3, { RIGHT_ARN("playback-key") } },
    { "GetPlaybackRestrictionPolicy",       5, { RIGHT_ARN("playback-restriction-policy") } },
    { "GetRecordingConfiguration",          3, { RIGHT_ARN("recording-configuration") } },
    { "GetStream",                          5, { CHANNEL } },
    { "GetStreamKey",                       5, { RIGHT_ARN("stream-key") } },
    { "GetStreamSession",                   5, { CHANNEL } },
    { "ImportPlaybackKeyPair",              3, { ANY("playback-key") } },
    { "InsertAdBreak",                      1, { CHANNEL } },
    { "ListAdConfigurations",               3, { "*" } },
    { "ListChannels",                       5, { ANY("channel") } },
    { "ListPlaybackKeyPairs",               3, { ANY("playback-key") } },
    { "ListPlaybackRestrictionPolicies",    5, { "*" } },
    { "ListRecordingConfigurations",        3, { ANY("recording-configuration") } },
    { "ListStreamKeys",                     5, { CHANNEL, KEYS } },
    { "ListStreamSessions",                 5, { CHANNEL } },
    { "ListStreams",                        5, { ANY("channel") } },
    { "ListTagsForResource",                10, { CHANNEL } },
    { "PutMetadata",                        155, { CHANNEL } },
    { "StartViewerSessionRevocation",       10, { CHANNEL } },
    { "StopStream",                         5, { CHANNEL } },
    { "TagResource",                        10, { CHANNEL } },
    { "UntagResource",                      10, { CHANNEL } },
    { "UpdateChannel",                      5, { CHANNEL } },
    { "UpdatePlaybackRestrictionPolicy",    5, { RIGHT_ARN("playback-restriction-policy") } },

    { "CreateEncoderConfiguration",         5, { ANY("encoder-configuration") } },
    { "CreateIngestConfiguration",          5, { ANY("ingest-configuration") } },
    { "CreateParticipantToken",             50, { STAGE } },
    { "CreateStage",                        5, { ANY("stage") } },
    { "CreateStorageConfiguration",         5, { ANY("storage-configuration") } },
    { "DeleteEncoderConfiguration",         5, { RIGHT_ARN("encoder-configuration") } },
    { "DeleteIngestConfiguration",          5, { RIGHT_ARN("ingest-configuration") } },
    { "DeletePublicKey",                    3, { RIGHT_ARN("public-key") } },
    { "DeleteStage",                        5, { STAGE } },
    { "DeleteStorageConfiguration",         5, { RIGHT_ARN("storage-configuration") } },
    { "DisconnectParticipant",              5, { STAGE } },
    { "GetComposition",                     5, { RIGHT_ARN("composition") } },
    { "GetEncoderConfiguration",            5, { RIGHT_ARN("encoder-configuration") } },
    { "GetIngestConfiguration",             5, { RIGHT_ARN("ingest-configuration") } },
    { "GetParticipant",                     5, { STAGE } },
    { "GetPublicKey",                       3, { RIGHT_ARN("public-key") } },
    { "GetStage",                           5, { STAGE } },
    { "GetStageSession",                    5, { STAGE } },
    { "GetStorageConfiguration",            5, { RIGHT_ARN("storage-configuration") } },
    { "ImportPublicKey",                    3, { ANY("public-key") } },
    { "ListCompositions",                   5, { "*" } },
    { "ListEncoderConfigurations",          5, { "*" } },
    { "ListIngestConfigurations",           5, { "*" } },
    { "ListParticipantEvents",              5, { STAGE } },
    { "ListParticipantReplicas",            5, { STAGE } },
    { "ListParticipants",                   5, { STAGE } },
    { "ListPublicKeys",                     3, { "*" } },
    { "ListStageSessions",                  5, { STAGE } },
    { "ListStages",                         5, { ANY("stage") } },
    { "ListStorageConfigurations",          5, { "*" } },
    { "StartComposition",                   5, { STAGE, CHANNEL } }, /* all: op_composition_test */
    { "StartParticipantReplication",        5, { STAGE, STAGE "other" } },
    { "StopComposition",                    5, { RIGHT_ARN("composition") } },
    { "StopParticipantReplication",         5, { STAGE, STAGE "other" } },
    { "UpdateIngestConfiguration",          5, { RIGHT_ARN("ingest-configuration") } },
    { "UpdateStage",                        5, { STAGE } },
};
/* clang-format on */

static const struct wanted *wanted_of(json_t *fact)
{
    const char *name = fact_text(fact, "operation");

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (!strcmp(table[i].operation, name))
            return &table[i];
    fail_msg("what must be allowed for %s?", name);
    return NULL;
}

static json_t *input_of(struct api_fixture *f, json_t *fact)
{
    json_t *input = right_members(f->arena, json_object_get(fact, "input"));

    if (json_object_get(input, "destinationStageArn"))
        json_object_set_new(input, "destinationStageArn", json_string(STAGE "other"));
    if (json_object_get(input, "destinations"))
        json_object_set_new(input, "destinations",
                            json_pack("[{s:{s:s}}]", "channel", "channelArn", CHANNEL));
    if (json_object_get(input, "ingestProtocol"))
        json_object_set_new(input, "insecureIngest", json_true());
    return input;
}

/* --- how often --- */

static void each_operation_has_a_rate_of_its_own(void **state)
{
    struct api_fixture *f = *state;
    json_t *facts = facts_load(), *fact;
    size_t i;

    api_fixture_restart(f, NULL, false);
    json_array_foreach(facts, i, fact)
    {
        const struct wanted *wanted = wanted_of(fact);
        json_t *input = input_of(f, fact);
        int calls = 0;

        clock_advance_us(10000000); /* the tag operations are of both APIs */
        while (fact_call(f, fact, input, CHANNEL) != 429 && calls < 1000)
            calls++;
        if (calls != 2 * wanted->rate)
            fail_msg("%s: %d calls in two seconds", wanted->operation, calls);
        json_decref(input);
    }
    json_decref(facts);
}

/* --- what must be allowed --- */

/* Calls as somebody who may do just that. */
static int call_as(struct api_fixture *f, json_t *fact, json_t *input, const char *statement)
{
    struct access_key administrator = f->key;
    int status;

    f->key = api_fixture_key(f, ACCOUNT, arena_printf(f->arena, "{\"Statement\":[%s]}", statement));
    status = fact_call(f, fact, input, CHANNEL);
    f->key = administrator;
    return status;
}

/* Of Batch operations every entry is judged by itself. */
static bool is_denied(struct api_fixture *f, json_t *fact, const char *action, const char *resource)
{
    char *words = arena_printf(f->arena, "ivs:%s on resource: %s ", action, resource);

    if (!strncmp(fact_text(fact, "operation"), "Batch", 5))
        return f->reply.status == 200 && !strcmp(answer_text(f, "errors.0.code"), "403");
    return f->reply.status == 403 && strstr(answer_text(f, "message"), words);
}

static void judge_each(struct api_fixture *f, json_t *fact, json_t *input,
                       const struct wanted *wanted)
{
    char *allowed = arena_strdup(f->arena, "");

    for (size_t i = 0; i < RESOURCES_MAX && wanted->resources[i]; i++) {
        call_as(f, fact, input,
                arena_printf(f->arena,
                             "{\"Effect\":\"Allow\",\"Action\":\"ivs:*\",\"Resource\":\"*\"},"
                             "{\"Effect\":\"Deny\",\"Action\":\"ivs:%s\",\"Resource\":\"%s\"}",
                             wanted->operation, wanted->resources[i]));
        if (!is_denied(f, fact, wanted->operation, wanted->resources[i]))
            fail_msg("%s without %s: %.*s", wanted->operation, wanted->resources[i],
                     (int)f->reply.body_len, f->reply.body);
        allowed = arena_printf(f->arena, "%s%s\"%s\"", allowed, i ? "," : "", wanted->resources[i]);
    }
    call_as(f, fact, input,
            arena_printf(f->arena, "{\"Effect\":\"Allow\",\"Action\":\"ivs:%s\",\"Resource\":[%s]}",
                         wanted->operation, allowed));
    if (f->reply.status == 403 || is_denied(f, fact, wanted->operation, ""))
        fail_msg("%s with all: %.*s", wanted->operation, (int)f->reply.body_len, f->reply.body);
}

static void all_that_an_operation_touches_must_be_allowed(void **state)
{
    struct api_fixture *f = *state;
    json_t *facts = facts_load(), *fact;
    size_t i;

    json_array_foreach(facts, i, fact)
    {
        json_t *input = input_of(f, fact);

        judge_each(f, fact, input, wanted_of(fact));
        json_decref(input);
    }
    assert_int_equal(i, 79);
    json_decref(facts);
}

static void giving_tags_needs_leave_of_its_own(void **state)
{
    struct api_fixture *f = *state;
    json_t *facts = facts_load(), *fact;
    int count = 0;
    size_t i;

    json_array_foreach(facts, i, fact)
    {
        const struct wanted *wanted = wanted_of(fact);
        json_t *input = input_of(f, fact);

        if (json_object_get(json_object_get(fact, "input"), "tags") &&
            strcmp(wanted->operation, "TagResource")) {
            json_object_set_new(input, "tags", json_pack("{s:s}", "a", "b"));
            call_as(f, fact, input,
                    arena_printf(f->arena,
                                 "{\"Effect\":\"Allow\",\"NotAction\":\"ivs:TagResource\","
                                 "\"Resource\":\"*\"}"));
            if (!is_denied(f, fact, "TagResource", wanted->resources[0]))
                fail_msg("%s: %.*s", wanted->operation, (int)f->reply.body_len, f->reply.body);
            count++;
        }
        json_decref(input);
    }
    assert_int_equal(count, 12);
    json_decref(facts);
}

/* --- ARNs of others, of elsewhere, of nothing --- */

static bool is_arn(json_t *fact)
{
    const char *pattern = fact_text(fact, "pattern");

    return pattern && strstr(pattern, ":ivs:") && !fact_text(fact, "source");
}

static void expect(struct api_fixture *f, json_t *fact, json_t *input, const char *member,
                   const char *arn, const char *error)
{
    json_object_set_new(input, member, json_string(arn));
    fact_call(f, fact, input, arn);
    if (!reply_header(f, "x-amzn-errortype") || strcmp(reply_header(f, "x-amzn-errortype"), error))
        fail_msg("%s, %s %s: %d %.*s", fact_text(fact, "operation"), member, arn, f->reply.status,
                 (int)f->reply.body_len, f->reply.body);
}

/* The ARN with one of its parts changed. */
static const char *changed(struct api_fixture *f, const char *arn, const char *from, const char *to)
{
    const char *at = strstr(arn, from);

    return arena_printf(f->arena, "%.*s%s%s", (int)(at - arn), arn, to, at + strlen(from));
}

static void judge_arn_member(struct api_fixture *f, json_t *fact, json_t *input, const char *member,
                             const char *arn)
{
    expect(f, fact, input, member, changed(f, arn, ACCOUNT, "999999999999"),
           "AccessDeniedException");
    expect(f, fact, input, member, changed(f, arn, REGION, "eu-west-1"),
           "ResourceNotFoundException");
    if (strncmp(member, "filterBy", 8))
        expect(f, fact, input, member, arn, "ResourceNotFoundException");
    json_object_set_new(input, member, json_string(arn));
}

/* What is named besides the resource itself is looked at when that is there. */
static bool is_judged_here(json_t *fact, const char *name, json_t *member)
{
    if (!strncmp(name, "destination", 11))
        return false;
    return json_is_true(json_object_get(member, "required")) ||
           strncmp(fact_text(fact, "operation"), "Update", 6);
}

static void judge_members(struct api_fixture *f, json_t *fact, json_t *input)
{
    json_t *member;
    const char *name;

    if (strchr(fact_text(fact, "path"), '{'))
        judge_arn_member(f, fact, input, "resourceArn", CHANNEL);
    json_object_foreach(json_object_get(fact, "input"), name, member)
    {
        json_t *right;

        if (!is_arn(member))
            continue;
        right = right_value(f->arena, member);
        if (is_judged_here(fact, name, member))
            judge_arn_member(f, fact, input, name, json_string_value(right));
        json_decref(right);
        if (!json_is_true(json_object_get(member, "required")))
            json_object_del(input, name);
    }
}

static void what_others_have_and_what_is_not_there_is_told_apart(void **state)
{
    struct api_fixture *f = *state;
    json_t *facts = facts_load(), *fact;
    size_t i;

    json_array_foreach(facts, i, fact)
    {
        json_t *input = input_of(f, fact);

        judge_members(f, fact, input);
        json_decref(input);
    }
    json_decref(facts);
}

/* One for each of the three, as entries. */
static void of_a_batch_each_entry_is_told_by_itself(void **state)
{
    static const char *const operations[][2] = { { "BatchGetChannel", "channel" },
                                                 { "BatchGetStreamKey", "stream-key" } };
    struct api_fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        const char *type = operations[i][1];

        api_call(f, operations[i][0],
                 "{\"arns\":[\"arn:aws:ivs:" REGION ":999999999999:%s/a\","
                 "\"arn:aws:ivs:eu-west-1:" ACCOUNT ":%s/a\",\"arn:aws:ivs:" REGION ":" ACCOUNT
                 ":%s/a\"]}",
                 type, type, type);
        assert_int_equal(f->reply.status, 200);
        assert_string_equal(answer_text(f, "errors.0.code"), "403");
        assert_string_equal(answer_text(f, "errors.1.code"), "404");
        assert_string_equal(answer_text(f, "errors.2.code"), "404");
    }
    api_call(f, "BatchStartViewerSessionRevocation",
             "{\"viewerSessions\":[{\"channelArn\":\"arn:aws:ivs:" REGION
             ":999999999999:channel/a\",\"viewerId\":\"v\"},{\"channelArn\":\"" CHANNEL
             "\",\"viewerId\":\"v\"}]}");
    assert_int_equal(f->reply.status, 200);
    assert_string_equal(answer_text(f, "errors.0.code"), "403");
    assert_string_equal(answer_text(f, "errors.1.code"), "404");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(each_operation_has_a_rate_of_its_own),
        API_TEST(all_that_an_operation_touches_must_be_allowed),
        API_TEST(giving_tags_needs_leave_of_its_own),
        API_TEST(what_others_have_and_what_is_not_there_is_told_apart),
        API_TEST(of_a_batch_each_entry_is_told_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
