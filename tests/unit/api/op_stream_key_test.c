/* SPDX-License-Identifier: Apache-2.0 */
/* Stream keys, from signed request to reply. */
#include "api_fixture.h"

#include "store/channel.h"

struct made {
    const char *channel, *key, *value;
};

static struct made make_channel(struct api_fixture *f)
{
    struct made made;

    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    made.channel = answer_text(f, "channel.arn");
    made.key = answer_text(f, "streamKey.arn");
    made.value = answer_text(f, "streamKey.value");
    return made;
}

static void tells_its_value_at_any_later_time(void **state)
{
    struct api_fixture *f = *state;
    struct made made = make_channel(f);

    api_fixture_restart(f, NULL, true);
    assert_int_equal(api_call(f, "GetStreamKey", "{\"arn\":\"%s\"}", made.key), 200);
    assert_string_equal(answer_text(f, "streamKey.value"), made.value);
    assert_string_equal(answer_text(f, "streamKey.channelArn"), made.channel);
}

static void there_is_one_to_a_channel(void **state)
{
    struct api_fixture *f = *state;
    struct made made = make_channel(f);

    assert_int_equal(api_call(f, "CreateStreamKey", "{\"channelArn\":\"%s\"}", made.channel), 402);
    assert_error(f, "ServiceQuotaExceededException", made.channel);
    assert_int_equal(api_call(f, "DeleteStreamKey", "{\"arn\":\"%s\"}", made.key), 204);
    assert_int_equal(api_call(f, "GetStreamKey", "{\"arn\":\"%s\"}", made.key), 404);
    assert_int_equal(api_call(f, "CreateStreamKey",
                              "{\"channelArn\":\"%s\",\"tags\":{\"a\":\"b\"}}", made.channel),
                     200);
    assert_string_not_equal(answer_text(f, "streamKey.value"), made.value);
    assert_string_equal(answer_text(f, "streamKey.tags.a"), "b");
}

static void its_value_leads_to_the_channel_until_it_is_deleted(void **state)
{
    struct api_fixture *f = *state;
    struct made made = make_channel(f);
    struct channel channel;

    assert_int_equal(channel_find_by_stream_key(&channel, f->store, f->arena, made.value), 0);
    assert_string_equal(channel.arn, made.channel);
    assert_int_equal(api_call(f, "DeleteStreamKey", "{\"arn\":\"%s\"}", made.key), 204);
    assert_int_not_equal(channel_find_by_stream_key(&channel, f->store, f->arena, made.value), 0);
}

static void batch_and_list_show_them(void **state)
{
    static const char *const quotas[] = { "stream-keys-per-channel=2", NULL };
    struct api_fixture *f = *state;
    struct made one = make_channel(f), two = make_channel(f);

    assert_int_equal(api_call(f, "BatchGetStreamKey",
                              "{\"arns\":[\"%s\",\"%s\",\"arn:aws:ivs:" REGION ":" ACCOUNT
                              ":stream-key/no\"]}",
                              one.key, two.key),
                     200);
    assert_int_equal(json_array_size(answer_at(f, "streamKeys")), 2);
    assert_string_equal(answer_text(f, "streamKeys.1.value"), two.value);
    assert_string_equal(answer_text(f, "errors.0.code"), "404");

    api_fixture_restart(f, quotas, true);
    assert_int_equal(api_call(f, "CreateStreamKey", "{\"channelArn\":\"%s\"}", one.channel), 200);
    assert_int_equal(api_call(f, "ListStreamKeys", "{\"channelArn\":\"%s\"}", one.channel), 200);
    assert_int_equal(json_array_size(answer_at(f, "streamKeys")), 1);
    assert_null(answer_at(f, "streamKeys.0.value"));
    assert_int_equal(api_call(f, "ListStreamKeys", "{\"channelArn\":\"%s\",\"nextToken\":\"%s\"}",
                              one.channel, answer_text(f, "nextToken")),
                     200);
    assert_int_equal(json_array_size(answer_at(f, "streamKeys")), 1);
    assert_null(answer_at(f, "nextToken"));
}

static void an_unknown_channel_has_none(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = "arn:aws:ivs:" REGION ":" ACCOUNT ":channel/nothing";

    assert_int_equal(api_call(f, "CreateStreamKey", "{\"channelArn\":\"%s\"}", arn), 404);
    assert_int_equal(api_call(f, "ListStreamKeys", "{\"channelArn\":\"%s\"}", arn), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(tells_its_value_at_any_later_time),
        API_TEST(there_is_one_to_a_channel),
        API_TEST(its_value_leads_to_the_channel_until_it_is_deleted),
        API_TEST(batch_and_list_show_them),
        API_TEST(an_unknown_channel_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
