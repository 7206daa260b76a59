/* SPDX-License-Identifier: Apache-2.0 */
/* Playback key pairs, from signed request to reply. */
#include "api_fixture.h"
#include "api_keys.h"

static int import_key(struct api_fixture *f, const char *pem)
{
    return api_call(f, "ImportPlaybackKeyPair", "{\"name\":\"k\",\"publicKeyMaterial\":\"%s\"}",
                    pem);
}

static void is_known_by_its_fingerprint(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(import_key(f, KEY_A), 200);
    assert_string_equal(answer_text(f, "keyPair.fingerprint"), PRINT_A);
    assert_string_equal(answer_text(f, "keyPair.name"), "k");
    assert_null(answer_at(f, "keyPair.publicKeyMaterial"));
    arn = answer_text(f, "keyPair.arn");
    assert_non_null(strstr(arn, ":playback-key/"));
    assert_int_equal(import_key(f, KEY_B), 200);
    assert_string_equal(answer_text(f, "keyPair.fingerprint"), PRINT_B);
    assert_int_equal(api_call(f, "GetPlaybackKeyPair", "{\"arn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "keyPair.fingerprint"), PRINT_A);
    assert_int_equal(api_call(f, "ListPlaybackKeyPairs", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "keyPairs")), 2);
    assert_null(answer_at(f, "keyPairs.0.fingerprint")); /* a summary */
}

static void the_same_key_comes_in_once(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(import_key(f, KEY_A), 200);
    arn = answer_text(f, "keyPair.arn");
    assert_int_equal(import_key(f, KEY_A "\\n"), 409);
    assert_error(f, "ConflictException", NULL);
    assert_int_equal(api_call(f, "DeletePlaybackKeyPair", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(f->reply.body_len, 2);
    assert_int_equal(import_key(f, KEY_A), 200);
}

static void only_p384_will_do(void **state)
{
    static const char *const wrong[] = {
        KEY_P256,
        "hello",
        "",
        "-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----",
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(import_key(f, wrong[i]), 400);
        assert_error(f, "ValidationException",
                     "Request member: publicKeyMaterial failed to satisfy the constraints");
    }
}

static void there_are_three_at_most(void **state)
{
    static const char *const quotas[] = { "playback-key-pairs=1", NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, true);
    assert_int_equal(import_key(f, KEY_A), 200);
    assert_int_equal(import_key(f, KEY_B), 402);
    assert_error(f, "ServiceQuotaExceededException", "playback-key-pairs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(is_known_by_its_fingerprint),
        API_TEST(the_same_key_comes_in_once),
        API_TEST(only_p384_will_do),
        API_TEST(there_are_three_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
