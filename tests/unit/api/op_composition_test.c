/* SPDX-License-Identifier: Apache-2.0 */
/* What StartComposition is judged by, from signed request to reply. */
#include "api_fixture.h"

#define ARN(type) "arn:aws:ivs:" REGION ":" ACCOUNT ":" type "/abcdefgh1234"
#define STAGE     ARN("stage")
#define CHANNEL   ARN("channel")
#define ENCODER   ARN("encoder-configuration")
#define STORAGE   ARN("storage-configuration")

#define TO_CHANNEL                                                                                 \
    "{\"channel\":{\"channelArn\":\"" CHANNEL "\",\"encoderConfigurationArn\":\"" ENCODER "\"}}"
#define TO_BUCKET                                                                                  \
    "{\"s3\":{\"storageConfigurationArn\":\"" STORAGE                                              \
    "\",\"encoderConfigurationArns\":[\"" ENCODER "\"]}}"

static const char *const used[] = { STAGE, CHANNEL, ENCODER, STORAGE };
#define USED_COUNT 4

static int add_row(struct store_txn *txn, void *arg)
{
    struct resource row = {
        .arn = arg, .name = "", .parent = "", .state = "", .body = "{}", .tags = "{}"
    };

    return txn_add(txn, &row, 0);
}

static void add_used(struct api_fixture *f)
{
    for (int i = 0; i < USED_COUNT; i++)
        assert_int_equal(store_write(f->store, add_row, (void *)used[i]), 0);
}

static int start(struct api_fixture *f, const char *destinations, const char *more)
{
    return api_call(f, "StartComposition", "{\"stageArn\":\"" STAGE "\",\"destinations\":[%s]%s}",
                    destinations, more);
}

static void says_that_it_is_not_implemented_when_all_is_right(void **state)
{
    struct api_fixture *f = *state;

    add_used(f);
    assert_int_equal(start(f, TO_CHANNEL "," TO_BUCKET, ",\"tags\":{\"a\":\"b\"}"), 501);
    assert_error(f, "NotImplementedException", "StartComposition");
    assert_int_equal(start(f, TO_CHANNEL, ",\"layout\":{\"grid\":{}}"), 501);
    assert_int_equal(start(f, "{\"channel\":{\"channelArn\":\"" CHANNEL "\"}}", ""), 501);
}

static void all_that_it_names_must_be_there(void **state)
{
    struct api_fixture *f = *state;

    for (int i = 0; i < USED_COUNT; i++) {
        assert_int_equal(start(f, TO_CHANNEL "," TO_BUCKET, ""), 404);
        assert_error(f, "ResourceNotFoundException", used[i]);
        assert_int_equal(store_write(f->store, add_row, (void *)used[i]), 0);
    }
    assert_int_equal(start(f, TO_CHANNEL "," TO_BUCKET, ""), 501);
}

static void all_that_it_names_must_be_allowed(void **state)
{
    struct api_fixture *f = *state;

    add_used(f);
    for (int i = 0; i < USED_COUNT; i++) {
        f->key = api_fixture_key(
            f, ACCOUNT,
            arena_printf(f->arena,
                         "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"ivs:*\","
                         "\"NotResource\":\"%s\"}]}",
                         used[i]));
        assert_int_equal(start(f, TO_CHANNEL "," TO_BUCKET, ""), 403);
        assert_error(f, "AccessDeniedException", used[i]);
    }
}

static void a_policy_may_ask_for_tags(void **state)
{
    struct api_fixture *f = *state;

    add_used(f);
    f->key = api_fixture_key(f, ACCOUNT,
                             "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"ivs:*\","
                             "\"Resource\":\"*\",\"Condition\":{\"StringEquals\":"
                             "{\"aws:RequestTag/team\":\"red\"}}}]}");
    assert_int_equal(start(f, TO_CHANNEL, ",\"tags\":{\"team\":\"red\"}"), 501);
    assert_int_equal(start(f, TO_CHANNEL, ",\"tags\":{\"team\":\"blue\"}"), 403);
    assert_int_equal(start(f, TO_CHANNEL, ""), 403);
}

static void refuses_what_does_not_go_together(void **state)
{
    static const struct {
        const char *destinations, *more, *words;
    } cases[] = {
        { "{}", "", "destination" },
        { "{\"channel\":{\"channelArn\":\"" CHANNEL "\"},\"s3\":{\"storageConfigurationArn\":"
          "\"" STORAGE "\",\"encoderConfigurationArns\":[\"" ENCODER "\"]}}",
          "", "destination" },
        { TO_CHANNEL "," TO_CHANNEL, "", "destinations" },
        { TO_BUCKET "," TO_BUCKET, "", "destinations" },
        { TO_CHANNEL, ",\"layout\":{\"grid\":{},\"pip\":{}}", "layout" },
        { TO_CHANNEL, ",\"tags\":{\"aws:a\":\"b\"}", "tag" },
    };
    struct api_fixture *f = *state;

    add_used(f);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(start(f, cases[i].destinations, cases[i].more), 400);
        assert_error(f, "ValidationException", cases[i].words);
    }
}

static void a_filter_may_name_the_callers_account_only(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "ListCompositions", "{\"filterByStageArn\":\"" STAGE "\"}"), 501);
    api_call(f, "ListCompositions",
             "{\"filterByStageArn\":\"arn:aws:ivs:" REGION ":999999999999:stage/a\"}");
    assert_error(f, "AccessDeniedException", "another account");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(says_that_it_is_not_implemented_when_all_is_right),
        API_TEST(all_that_it_names_must_be_there),
        API_TEST(all_that_it_names_must_be_allowed),
        API_TEST(a_policy_may_ask_for_tags),
        API_TEST(refuses_what_does_not_go_together),
        API_TEST(a_filter_may_name_the_callers_account_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
