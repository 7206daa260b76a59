/* SPDX-License-Identifier: Apache-2.0 */
/* The quota of every kind of resource, for each account by itself. */
#include "api_fixture.h"
#include "api_keys.h"

#include "api/quota.h"

/* clang-format off */
static const struct {
    enum quota quota;
    const char *operation;
    const char *bodies[2]; /* the same, or where that is refused another one */
} table[] = {
    { QUOTA_CHANNELS,                      "CreateChannel", { "{}" } },
    { QUOTA_RECORDING_CONFIGURATIONS,      "CreateRecordingConfiguration",
      { "{\"destinationConfiguration\":{\"s3\":{\"bucketName\":\"first\"}}}",
        "{\"destinationConfiguration\":{\"s3\":{\"bucketName\":\"second\"}}}" } },
    { QUOTA_PLAYBACK_KEY_PAIRS,            "ImportPlaybackKeyPair",
      { "{\"publicKeyMaterial\":\"" KEY_A "\"}", "{\"publicKeyMaterial\":\"" KEY_B "\"}" } },
    { QUOTA_PLAYBACK_RESTRICTION_POLICIES, "CreatePlaybackRestrictionPolicy", { "{}" } },
    { QUOTA_AD_CONFIGURATIONS,             "CreateAdConfiguration",
      { "{\"mediaTailorPlaybackConfigurations\":[{\"playbackConfigurationArn\":"
        "\"arn:aws:mediatailor:" REGION ":" ACCOUNT ":playbackConfiguration/a\"}]}" } },
    { QUOTA_STAGES,                        "CreateStage", { "{}" } },
    { QUOTA_ENCODER_CONFIGURATIONS,        "CreateEncoderConfiguration", { "{}" } },
    { QUOTA_STORAGE_CONFIGURATIONS,        "CreateStorageConfiguration",
      { "{\"s3\":{\"bucketName\":\"first\"}}", "{\"s3\":{\"bucketName\":\"second\"}}" } },
    { QUOTA_INGEST_CONFIGURATIONS,         "CreateIngestConfiguration",
      { "{\"ingestProtocol\":\"RTMPS\"}" } },
    { QUOTA_PUBLIC_KEYS,                   "ImportPublicKey",
      { "{\"publicKeyMaterial\":\"" KEY_A "\"}", "{\"publicKeyMaterial\":\"" KEY_B "\"}" } },
};
/* clang-format on */
#define KINDS (sizeof(table) / sizeof(table[0]))

static int make(struct api_fixture *f, size_t kind, int which)
{
    const char *body = table[kind].bodies[which];

    return api_call(f, table[kind].operation, "%s", body ? body : table[kind].bodies[0]);
}

static void each_account_may_have_its_quota_and_no_more(void **state)
{
    struct api_fixture *f = *state;
    const char *quotas[KINDS + 1] = { 0 };

    for (size_t i = 0; i < KINDS; i++)
        quotas[i] = arena_printf(f->arena, "%s=1", quota_name(table[i].quota));
    api_fixture_restart(f, quotas, true);
    for (size_t i = 0; i < KINDS; i++) {
        if (make(f, i, 0) != 200)
            fail_msg("%s: %.*s", table[i].operation, (int)f->reply.body_len, f->reply.body);
        if (make(f, i, 1) != 402)
            fail_msg("%s again: %.*s", table[i].operation, (int)f->reply.body_len, f->reply.body);
        assert_error(f, "ServiceQuotaExceededException", NULL);
    }
    f->key = api_fixture_key(f, "999999999999", access_key_administrator);
    for (size_t i = 0; i < KINDS; i++)
        assert_int_equal(make(f, i, 0), 200);
}

/* What counts resources is told so in the table of quotas, and is here. */
static void every_quota_of_resources_is_among_them(void **state)
{
    for (int i = 0; i < QUOTA_COUNT; i++) {
        size_t at = 0;

        if (!quota_resource_type((enum quota)i) || i == QUOTA_COMPOSITIONS)
            continue;
        while (at < KINDS && table[at].quota != (enum quota)i)
            at++;
        if (at == KINDS)
            fail_msg("%s", quota_name((enum quota)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(each_account_may_have_its_quota_and_no_more),
        cmocka_unit_test(every_quota_of_resources_is_among_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
