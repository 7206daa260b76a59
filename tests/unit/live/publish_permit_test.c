/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as the API hands them out, and what publishing with them is good for. */
#include "live/publish_permit.h"

#include <errno.h>

#include "../api/api_fixture.h"
#include "store/multitrack_key.h"

#define CONTAINER "\"containerFormat\":\"FRAGMENTED_MP4\""
#define INPUT(policy)                                                                              \
    CONTAINER ",\"multitrackInputConfiguration\":{\"enabled\":true,\"policy\":\"" policy           \
              "\",\"maximumResolution\":\"HD\"}"
#define CONFIG_ID "0f0c8d6e-0a1b-4c7d-8e9f-1a2b3c4d5e6f"

static struct publish_permit permit;

struct made {
    const char *channel, *key_arn, *key;
};

static struct made make_channel(struct api_fixture *f, const char *members)
{
    struct made made;

    assert_int_equal(api_call(f, "CreateChannel", "{%s}", members), 200);
    made.channel = arena_strdup(f->arena, answer_text(f, "channel.arn"));
    made.key_arn = arena_strdup(f->arena, answer_text(f, "streamKey.arn"));
    made.key = arena_strdup(f->arena, answer_text(f, "streamKey.value"));
    return made;
}

static const char *make_key(struct api_fixture *f, const struct made *made)
{
    struct multitrack_grant grant = {
        .config_id = CONFIG_ID,
        .until_ms = clock_wall_ms() + MULTITRACK_KEY_LIFETIME_MS,
        .config = { 2, { { 1280, 720, 30, 1, 2000 }, { 640, 360, 30, 1, 500 } } },
    };
    uint8_t secret[STORE_KEY_SIZE];
    char key[MULTITRACK_KEY_SIZE];

    memcpy(grant.stream_key_arn, made->key_arn, strlen(made->key_arn) + 1);
    store_derive_key(f->store, MULTITRACK_KEY_PURPOSE, secret);
    multitrack_key_make(key, secret, &grant);
    return arena_strdup(f->arena, key);
}

static void assert_refused(struct api_fixture *f, const char *key, const char *config_id,
                           const char *code)
{
    assert_int_equal(publish_permit_find(&permit, f->store, key, config_id), -EACCES);
    assert_memory_equal(permit.refusal, code, strlen(code));
    assert_int_equal(permit.refusal[strlen(code)], ':');
}

static void a_stream_key_permits_one_track(void **state)
{
    struct api_fixture *f = *state;
    struct made plain = make_channel(f, ""), allows = make_channel(f, INPUT("ALLOW"));

    assert_int_equal(publish_permit_find(&permit, f->store, plain.key, ""), 0);
    assert_string_equal(permit.channel.arn, plain.channel);
    assert_int_equal(permit.tracks.count, 0);
    assert_false(permit.channel.takes_multitrack);
    assert_int_equal(publish_permit_find(&permit, f->store, plain.key, CONFIG_ID), 0);
    assert_int_equal(publish_permit_find(&permit, f->store, allows.key, ""), 0);
    assert_true(permit.channel.takes_multitrack);
    assert_int_equal(permit.channel.multitrack_max, MULTITRACK_HD);
    assert_int_equal(publish_permit_find(&permit, f->store, "sk_us-west-2_no", ""), -ENOENT);
}

static void a_key_of_a_configuration_permits_its_tracks(void **state)
{
    struct api_fixture *f = *state;
    struct made made = make_channel(f, INPUT("REQUIRE"));
    const char *key = make_key(f, &made);

    assert_int_equal(publish_permit_find(&permit, f->store, key, CONFIG_ID), 0);
    assert_string_equal(permit.channel.arn, made.channel);
    assert_int_equal(permit.tracks.count, 2);
    assert_int_equal(permit.tracks.tracks[1].width, 640);
}

static void each_misuse_has_its_code(void **state)
{
    struct api_fixture *f = *state;
    struct made allows = make_channel(f, INPUT("ALLOW"));
    struct made requires = make_channel(f, INPUT("REQUIRE"));
    struct made without = make_channel(f, CONTAINER);
    const char *key = make_key(f, &allows);

    assert_refused(f, allows.key, CONFIG_ID, "GetClientConfigurationStreamKeyRequired");
    assert_refused(f, requires.key, "", "MultitrackInputRequired");
    assert_refused(f, make_key(f, &without), CONFIG_ID, "MultitrackInputNotAllowed");
    assert_refused(f, key, "", "InvalidGetClientConfigurationStreamKey");
    assert_refused(f, key, "00000000-0a1b-4c7d-8e9f-1a2b3c4d5e6f",
                   "InvalidGetClientConfigurationStreamKey");
    assert_refused(f, "mk_AQ", CONFIG_ID, "InvalidGetClientConfigurationStreamKey");
}

static void a_key_ends_with_its_time_and_its_stream_key(void **state)
{
    struct api_fixture *f = *state;
    struct made made = make_channel(f, INPUT("ALLOW"));
    const char *old = make_key(f, &made), *key;

    clock_advance_us(MULTITRACK_KEY_LIFETIME_MS * 1000);
    assert_int_equal(publish_permit_find(&permit, f->store, old, CONFIG_ID), 0);
    clock_advance_us(2000000);
    assert_refused(f, old, CONFIG_ID, "InvalidGetClientConfigurationStreamKey");
    key = make_key(f, &made);
    assert_int_equal(publish_permit_find(&permit, f->store, key, CONFIG_ID), 0);
    assert_int_equal(api_call(f, "DeleteStreamKey", "{\"arn\":\"%s\"}", made.key_arn), 204);
    assert_refused(f, key, CONFIG_ID, "InvalidGetClientConfigurationStreamKey");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        API_TEST(a_stream_key_permits_one_track),
        API_TEST(a_key_of_a_configuration_permits_its_tracks),
        API_TEST(each_misuse_has_its_code),
        API_TEST(a_key_ends_with_its_time_and_its_stream_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
