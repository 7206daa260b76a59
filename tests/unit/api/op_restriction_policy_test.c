/* SPDX-License-Identifier: Apache-2.0 */
/* Playback restriction policies and revocation, from signed request to reply. */
#include "api_fixture.h"

#include <errno.h>

#include "store/revocation.h"

static void update_changes_what_is_given_and_nothing_else(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(api_call(f, "CreatePlaybackRestrictionPolicy",
                              "{\"name\":\"p\",\"allowedCountries\":[\"CH\",\"AT\"],"
                              "\"allowedOrigins\":[\"https://*.example.com\",\"http://a:8080\"]}"),
                     200);
    arn = answer_text(f, "playbackRestrictionPolicy.arn");
    assert_true(
        json_is_false(answer_at(f, "playbackRestrictionPolicy.enableStrictOriginEnforcement")));
    assert_int_equal(api_call(f, "UpdatePlaybackRestrictionPolicy",
                              "{\"arn\":\"%s\",\"allowedCountries\":[],"
                              "\"enableStrictOriginEnforcement\":true}",
                              arn),
                     200);
    assert_int_equal(api_call(f, "GetPlaybackRestrictionPolicy", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(json_array_size(answer_at(f, "playbackRestrictionPolicy.allowedCountries")),
                     0);
    assert_string_equal(answer_text(f, "playbackRestrictionPolicy.allowedOrigins.1"),
                        "http://a:8080");
    assert_string_equal(answer_text(f, "playbackRestrictionPolicy.name"), "p");
    assert_true(
        json_is_true(answer_at(f, "playbackRestrictionPolicy.enableStrictOriginEnforcement")));
    assert_int_equal(api_call(f, "ListPlaybackRestrictionPolicies", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "playbackRestrictionPolicies")), 1);
}

static void refuses_what_is_no_country_or_origin(void **state)
{
    static const char *const bodies[] = {
        "{\"allowedCountries\":[\"ch\"]}",
        "{\"allowedCountries\":[\"C1\"]}",
        "{\"allowedOrigins\":[\"example.com\"]}",
        "{\"allowedOrigins\":[\"https://\"]}",
        "{\"allowedOrigins\":[\"https://*\"]}",
        "{\"allowedOrigins\":[\"https://a.*.com\"]}",
        "{\"allowedOrigins\":[\"https://a/b\"]}",
        ("{\"allowedOrigins\":[\"https://a\",\"https://a\",\"https://a\",\"https://a\","
         "\"https://a\",\"https://a\"]}"),
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(api_call(f, "CreatePlaybackRestrictionPolicy", "%s", bodies[i]), 400);
        assert_error(f, "ValidationException", "allowed");
    }
}

/* --- revocation --- */

static int64_t revoked(struct api_fixture *f, const char *channel, const char *viewer)
{
    int64_t version;
    int err = revocation_find(f->store, f->arena, channel, viewer, clock_wall_ms(), &version);

    return err ? -1 : version;
}

static void a_revocation_holds_for_two_days(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    arn = answer_text(f, "channel.arn");
    assert_int_equal(revoked(f, arn, "anna"), -1);
    assert_int_equal(api_call(f, "StartViewerSessionRevocation",
                              "{\"channelArn\":\"%s\",\"viewerId\":\"anna\"}", arn),
                     200);
    assert_int_equal(f->reply.body_len, 2);
    assert_int_equal(revoked(f, arn, "anna"), 0);
    assert_int_equal(api_call(f, "StartViewerSessionRevocation",
                              "{\"channelArn\":\"%s\",\"viewerId\":\"anna\","
                              "\"viewerSessionVersionsLessThanOrEqualTo\":9223372036854775807}",
                              arn),
                     200);
    assert_true(revoked(f, arn, "anna") == INT64_MAX);
    assert_int_equal(api_call(f, "StartViewerSessionRevocation",
                              "{\"channelArn\":\"%s\",\"viewerId\":\"anna\","
                              "\"viewerSessionVersionsLessThanOrEqualTo\":3}",
                              arn),
                     200);
    assert_true(revoked(f, arn, "anna") == INT64_MAX);
    assert_int_equal(revoked(f, arn, "ann"), -1);
    clock_advance_us(REVOCATION_LIFETIME_MS * 1000 + 1000);
    assert_int_equal(revoked(f, arn, "anna"), -1);
}

static void a_batch_tells_what_it_could_not_revoke(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    arn = answer_text(f, "channel.arn");
    assert_int_equal(api_call(f, "BatchStartViewerSessionRevocation",
                              "{\"viewerSessions\":[{\"channelArn\":\"%s\",\"viewerId\":\"a\"},"
                              "{\"channelArn\":\"arn:aws:ivs:" REGION ":" ACCOUNT ":channel/no\","
                              "\"viewerId\":\"b\"}]}",
                              arn),
                     200);
    assert_int_equal(json_array_size(answer_at(f, "errors")), 1);
    assert_string_equal(answer_text(f, "errors.0.viewerId"), "b");
    assert_string_equal(answer_text(f, "errors.0.code"), "404");
    assert_int_equal(revoked(f, arn, "a"), 0);
    assert_int_equal(api_call(f, "DeleteChannel", "{\"arn\":\"%s\"}", arn), 204);
    assert_int_equal(revoked(f, arn, "a"), -1);
}

static void old_revocations_are_forgotten(void **state)
{
    struct api_fixture *f = *state;
    struct resource_query query = { .account = ACCOUNT, .region = REGION, .type = REVOCATION_TYPE };
    const char *arn;
    int64_t count;

    assert_int_equal(api_call(f, "CreateChannel", "{}"), 200);
    arn = answer_text(f, "channel.arn");
    for (int i = 0; i < 5; i++)
        assert_int_equal(api_call(f, "StartViewerSessionRevocation",
                                  "{\"channelArn\":\"%s\",\"viewerId\":\"v%d\"}", arn, i),
                         200);
    clock_advance_us(REVOCATION_LIFETIME_MS * 1000 + 1000);
    assert_int_equal(api_call(f, "StartViewerSessionRevocation",
                              "{\"channelArn\":\"%s\",\"viewerId\":\"last\"}", arn),
                     200);
    assert_int_equal(store_count(f->store, &query, &count), 0);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(update_changes_what_is_given_and_nothing_else),
        API_TEST(refuses_what_is_no_country_or_origin),
        API_TEST(a_revocation_holds_for_two_days),
        API_TEST(a_batch_tells_what_it_could_not_revoke),
        API_TEST(old_revocations_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
