/* SPDX-License-Identifier: Apache-2.0 */
/* What is on air, from signed request to reply. */
#include "api_fixture.h"

static const char *make_channel(struct api_fixture *f)
{
    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    return answer_text(f, "channel.arn");
}

static const char *go_live(struct api_fixture *f, const char *arn)
{
    char *id = arena_alloc(f->arena, LIVE_STREAM_ID_SIZE);
    struct live_host *host = NULL;

    assert_int_equal(live_claim(f->live, arn, &host, id), 0);
    live_set_on_air(f->live, arn, clock_wall_ms());
    return id;
}

static void starve(struct api_fixture *f, const char *arn)
{
    const struct live_measure nothing = { 0 };
    const struct live_transcoding no_transcoding = { 0 };

    live_report(f->live, arn, LIVE_STARVING, &nothing, &no_transcoding);
}

static void a_stream_is_shown_while_it_is_on_air(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f);
    const char *playback = answer_text(f, "channel.playbackUrl");
    const char *id;

    assert_int_equal(api_call(f, "GetStream", "{\"channelArn\":\"%s\"}", arn), 404);
    assert_error(f, "ChannelNotBroadcasting", arn);
    id = go_live(f, arn);
    starve(f, arn);
    assert_int_equal(api_call(f, "GetStream", "{\"channelArn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "stream.channelArn"), arn);
    assert_string_equal(answer_text(f, "stream.streamId"), id);
    assert_string_equal(answer_text(f, "stream.playbackUrl"), playback);
    assert_string_equal(answer_text(f, "stream.state"), "LIVE");
    assert_string_equal(answer_text(f, "stream.health"), "STARVING");
    assert_string_equal(answer_text(f, "stream.startTime"), "2027-01-15T08:00:00Z");
    assert_true(json_is_integer(answer_at(f, "stream.viewerCount")));
    live_release(f->live, arn);
    assert_int_equal(api_call(f, "GetStream", "{\"channelArn\":\"%s\"}", arn), 404);
}

static void an_unknown_channel_is_not_just_offline(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = "arn:aws:ivs:" REGION ":" ACCOUNT ":channel/nothing";

    assert_int_equal(api_call(f, "GetStream", "{\"channelArn\":\"%s\"}", arn), 404);
    assert_error(f, "ResourceNotFoundException", arn);
    assert_int_equal(api_call(f, "StopStream", "{\"channelArn\":\"%s\"}", arn), 404);
    assert_error(f, "ResourceNotFoundException", arn);
}

static void stop_needs_a_session(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f);

    assert_int_equal(api_call(f, "StopStream", "{\"channelArn\":\"%s\"}", arn), 404);
    assert_error(f, "ChannelNotBroadcasting", arn);
}

static void lists_streams_in_pages_while_some_end(void **state)
{
    struct api_fixture *f = *state;
    const char *arns[4], *token;

    for (int i = 0; i < 4; i++) {
        arns[i] = make_channel(f);
        go_live(f, arns[i]);
        if (i != 1) /* the second and third start in the same millisecond */
            clock_advance_us(1000);
    }
    starve(f, arns[3]);
    assert_int_equal(api_call(f, "ListStreams", "{\"maxResults\":1}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "streams")), 1);
    assert_string_equal(answer_text(f, "streams.0.channelArn"), arns[0]);
    assert_null(answer_at(f, "streams.0.playbackUrl"));
    token = answer_text(f, "nextToken");
    live_release(f->live, arns[0]);
    assert_int_equal(api_call(f, "ListStreams", "{\"maxResults\":2,\"nextToken\":\"%s\"}", token),
                     200);
    assert_int_equal(json_array_size(answer_at(f, "streams")), 2);
    assert_int_equal(
        api_call(f, "ListStreams", "{\"nextToken\":\"%s\"}", answer_text(f, "nextToken")), 200);
    assert_string_equal(answer_text(f, "streams.0.channelArn"), arns[3]);
    assert_null(answer_at(f, "nextToken"));

    assert_int_equal(api_call(f, "ListStreams", "{\"filterBy\":{\"health\":\"STARVING\"}}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "streams")), 1);
    assert_string_equal(answer_text(f, "streams.0.channelArn"), arns[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(a_stream_is_shown_while_it_is_on_air),
        API_TEST(an_unknown_channel_is_not_just_offline),
        API_TEST(stop_needs_a_session),
        API_TEST(lists_streams_in_pages_while_some_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
