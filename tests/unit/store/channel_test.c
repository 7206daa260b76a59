/* SPDX-License-Identifier: Apache-2.0 */
#include "store/channel.h"

#include <errno.h>

#include "store_fixture.h"

static struct channel some_channel(void)
{
    return (struct channel){
        .arn = ARN("channel", "one"),
        .name = "garden-cam",
        .type = CHANNEL_ADVANCED_HD,
        .latency = CHANNEL_LATENCY_NORMAL,
        .preset = CHANNEL_PRESET_CONSTRAINED,
        .container = CHANNEL_CONTAINER_FMP4,
        .is_authorized = true,
        .recording_configuration_arn = ARN("recording-configuration", "r"),
        .playback_restriction_policy_arn = "",
        .ad_configuration_arn = ARN("ad-configuration", "a"),
        .multitrack = { true, MULTITRACK_REQUIRE, MULTITRACK_HD },
        .srt_passphrase = "a passphrase",
        .tags = "{\"a\":\"b\"}",
    };
}

static void add_channel(struct fixture *f, const struct channel *channel)
{
    struct resource r = fixture_resource(f->arena, CHANNEL_TYPE, "unused");

    channel_write(&r, f->arena, channel);
    assert_int_equal(fixture_add(f, &r, 0), 0);
}

static void reads_back_what_was_written(void **state)
{
    struct fixture *f = *state;
    struct channel channel = some_channel(), got;
    struct resource r;

    add_channel(f, &channel);
    assert_int_equal(store_get(f->store, f->arena, channel.arn, &r), 0);
    assert_int_equal(channel_read(&got, f->arena, &r), 0);
    assert_string_equal(got.arn, channel.arn);
    assert_string_equal(got.name, channel.name);
    assert_int_equal(got.type, channel.type);
    assert_int_equal(got.latency, channel.latency);
    assert_int_equal(got.preset, channel.preset);
    assert_int_equal(got.container, channel.container);
    assert_true(got.is_authorized);
    assert_false(got.allows_insecure_ingest);
    assert_string_equal(got.recording_configuration_arn, channel.recording_configuration_arn);
    assert_string_equal(got.playback_restriction_policy_arn, "");
    assert_string_equal(got.ad_configuration_arn, channel.ad_configuration_arn);
    assert_true(got.multitrack.is_enabled);
    assert_int_equal(got.multitrack.policy, MULTITRACK_REQUIRE);
    assert_int_equal(got.multitrack.maximum_resolution, MULTITRACK_HD);
    assert_string_equal(got.srt_passphrase, "a passphrase");
    assert_string_equal(got.tags, channel.tags);
}

static void a_member_that_is_missing_has_its_default(void **state)
{
    struct fixture *f = *state;
    struct resource r = fixture_resource(f->arena, CHANNEL_TYPE, "one");
    struct channel got;

    assert_int_equal(channel_read(&got, f->arena, &r), 0);
    assert_int_equal(got.type, CHANNEL_STANDARD);
    assert_int_equal(got.latency, CHANNEL_LATENCY_LOW);
    assert_int_equal(got.multitrack.maximum_resolution, MULTITRACK_FULL_HD);
    assert_string_equal(got.recording_configuration_arn, "");
    r.body = "{";
    assert_int_equal(channel_read(&got, f->arena, &r), -EPROTO);
}

static void is_found_by_its_stream_key(void **state)
{
    struct fixture *f = *state;
    struct channel channel = some_channel(), got;
    struct resource key = fixture_resource(f->arena, STREAM_KEY_TYPE, "k");

    add_channel(f, &channel);
    key.parent = channel.arn;
    key.secret = "sk_us-west-2_k_0123456789";
    key.is_found_by_secret = true;
    assert_int_equal(fixture_add(f, &key, 0), 0);
    assert_int_equal(channel_find_by_stream_key(&got, f->store, f->arena, key.secret), 0);
    assert_string_equal(got.arn, channel.arn);
    assert_string_equal(got.name, "garden-cam");
    assert_int_equal(channel_find_by_stream_key(&got, f->store, f->arena, "sk_us-west-2_k_0"),
                     -ENOENT);
    assert_int_equal(channel_find_by_stream_key(&got, f->store, f->arena, "a passphrase"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_back_what_was_written, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_member_that_is_missing_has_its_default, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(is_found_by_its_stream_key, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
