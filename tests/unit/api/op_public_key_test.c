/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of participant tokens, from signed request to reply. */
#include "api_fixture.h"
#include "api_keys.h"

static int import_key(struct api_fixture *f, const char *pem)
{
    return api_call(f, "ImportPublicKey", "{\"name\":\"k\",\"publicKeyMaterial\":\"%s\"}", pem);
}

static void shows_its_fingerprint_and_itself(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(import_key(f, KEY_A), 200);
    arn = answer_text(f, "publicKey.arn");
    assert_non_null(strstr(arn, ":public-key/"));
    assert_string_equal(answer_text(f, "publicKey.fingerprint"), PRINT_A);
    assert_int_equal(import_key(f, KEY_B), 200);
    assert_int_equal(api_call(f, "GetPublicKey", "{\"arn\":\"%s\"}", arn), 200);
    assert_string_equal(answer_text(f, "publicKey.fingerprint"), PRINT_A);
    assert_string_equal(answer_text(f, "publicKey.name"), "k");
    assert_non_null(strstr(answer_text(f, "publicKey.publicKeyMaterial"), "BEGIN PUBLIC KEY"));
    assert_int_equal(api_call(f, "ListPublicKeys", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "publicKeys")), 2);
    assert_string_equal(answer_text(f, "publicKeys.0.arn"), arn);
    assert_null(answer_at(f, "publicKeys.0.publicKeyMaterial"));
}

static void the_same_key_comes_in_once(void **state)
{
    struct api_fixture *f = *state;
    const char *arn;

    assert_int_equal(import_key(f, KEY_A), 200);
    arn = answer_text(f, "publicKey.arn");
    assert_int_equal(import_key(f, KEY_A "\\n"), 409);
    assert_error(f, "ConflictException", NULL);
    assert_int_equal(api_call(f, "DeletePublicKey", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(api_call(f, "GetPublicKey", "{\"arn\":\"%s\"}", arn), 404);
    assert_int_equal(import_key(f, KEY_A), 200);
}

static void only_p384_will_do(void **state)
{
    static const char *const wrong[] = {
        KEY_P256,
        "hello",
        "",
        "-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----",
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(import_key(f, wrong[i]), 400);
        assert_error(f, "ValidationException", "publicKeyMaterial");
    }
}

static void is_another_kind_than_playback_keys(void **state)
{
    struct api_fixture *f = *state;

    assert_int_equal(api_call(f, "ImportPlaybackKeyPair", "{\"publicKeyMaterial\":\"%s\"}", KEY_A),
                     200);
    assert_int_equal(import_key(f, KEY_A), 200);
    assert_int_equal(api_call(f, "ListPlaybackKeyPairs", "{}"), 200);
    assert_int_equal(json_array_size(answer_at(f, "keyPairs")), 1);
}

static void there_are_three_at_most(void **state)
{
    static const char *const quotas[] = { "public-keys=1", NULL };
    struct api_fixture *f = *state;

    api_fixture_restart(f, quotas, true);
    assert_int_equal(import_key(f, KEY_A), 200);
    assert_int_equal(import_key(f, KEY_B), 402);
    assert_error(f, "ServiceQuotaExceededException", "public-keys");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(shows_its_fingerprint_and_itself),
        API_TEST(the_same_key_comes_in_once),
        API_TEST(only_p384_will_do),
        API_TEST(is_another_kind_than_playback_keys),
        API_TEST(there_are_three_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
