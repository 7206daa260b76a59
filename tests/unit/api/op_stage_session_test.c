/* SPDX-License-Identifier: Apache-2.0 */
/* What operations on sessions, participants and replicas are judged by, from signed request to
 * reply. */
#include "api_fixture.h"

#include "base/mem.h"

static const char *make_stage(struct api_fixture *f)
{
    assert_int_equal(api_call(f, "CreateStage", "{}"), 200);
    return answer_text(f, "stage.arn");
}

/* clang-format off */
static const struct {
    const char *name, *members; /* besides stageArn */
} of_a_stage[] = {
    { "GetStageSession",       ",\"sessionId\":\"st-abcdefghijklm\"" },
    { "ListStageSessions",     "" },
    { "GetParticipant",        ",\"sessionId\":\"st-abcdefghijklm\",\"participantId\":\"a_b\"" },
    { "ListParticipants",      ",\"sessionId\":\"st-abcdefghijklm\",\"filterByPublished\":true" },
    { "ListParticipantEvents", ",\"sessionId\":\"st-abcdefghijklm\",\"participantId\":\"a_b\"" },
    { "DisconnectParticipant", ",\"participantId\":\"a_b\",\"reason\":\"enough\"" },
};
/* clang-format on */

static void the_stage_must_be_there_and_allowed(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_stage(f), *missing = make_stage(f);
    struct access_key all = f->key;
    struct access_key none = api_fixture_key(f, ACCOUNT,
                                             "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":"
                                             "\"ivs:CreateChannel\",\"Resource\":\"*\"}]}");

    assert_int_equal(api_call(f, "DeleteStage", "{\"arn\":\"%s\"}", missing), 200);
    for (size_t i = 0; i < ARRAY_LEN(of_a_stage); i++) {
        const char *name = of_a_stage[i].name, *members = of_a_stage[i].members;

        f->key = all;
        assert_int_equal(api_call(f, name, "{\"stageArn\":\"%s\"%s}", arn, members), 501);
        assert_error(f, "NotImplementedException", name);
        assert_int_equal(api_call(f, name, "{\"stageArn\":\"%s\"%s}", missing, members), 404);
        assert_error(f, "ResourceNotFoundException", missing);
        f->key = none;
        assert_int_equal(api_call(f, name, "{\"stageArn\":\"%s\"%s}", arn, members), 403);
        assert_error(f, "AccessDeniedException", arn);
    }
}

static void filters_of_participants_exclude_one_another(void **state)
{
    struct api_fixture *f = *state;

    api_call(f, "ListParticipants",
             "{\"stageArn\":\"%s\",\"sessionId\":\"st-abcdefghijklm\",\"filterByPublished\":false,"
             "\"filterByState\":\"CONNECTED\"}",
             make_stage(f));
    assert_error(f, "ValidationException", "filters");
}

/* --- replication --- */

static int replicate(struct api_fixture *f, const char *from, const char *to)
{
    return api_call(f, "StartParticipantReplication",
                    "{\"sourceStageArn\":\"%s\",\"destinationStageArn\":\"%s\","
                    "\"participantId\":\"a_b\"}",
                    from, to);
}

static void replication_needs_two_stages(void **state)
{
    struct api_fixture *f = *state;
    const char *a = make_stage(f), *b = make_stage(f), *gone = make_stage(f);

    assert_int_equal(api_call(f, "DeleteStage", "{\"arn\":\"%s\"}", gone), 200);
    assert_int_equal(replicate(f, a, b), 501);
    assert_int_equal(replicate(f, a, a), 400);
    assert_error(f, "ValidationException", "same stage");
    replicate(f, a, gone);
    assert_error(f, "ResourceNotFoundException", gone);
    replicate(f, gone, b);
    assert_error(f, "ResourceNotFoundException", gone);

    assert_int_equal(api_call(f, "ListParticipantReplicas",
                              "{\"sourceStageArn\":\"%s\",\"participantId\":\"a_b\"}", a),
                     501);
}

static void replication_must_be_allowed_on_both_stages(void **state)
{
    struct api_fixture *f = *state;
    const char *a = make_stage(f), *b = make_stage(f);

    f->key =
        api_fixture_key(f, ACCOUNT,
                        arena_printf(f->arena,
                                     "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"ivs:*\","
                                     "\"Resource\":\"%s\"}]}",
                                     a));
    replicate(f, a, b);
    assert_error(f, "AccessDeniedException", b);
    replicate(f, b, a);
    assert_error(f, "AccessDeniedException", b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(the_stage_must_be_there_and_allowed),
        API_TEST(filters_of_participants_exclude_one_another),
        API_TEST(replication_needs_two_stages),
        API_TEST(replication_must_be_allowed_on_both_stages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
