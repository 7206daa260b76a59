/* SPDX-License-Identifier: Apache-2.0 */
/* Playback key pairs, from signed request to reply. */
#include "api_fixture.h"

/* Keys and fingerprints made with openssl ecparam and openssl pkey | openssl md5 -c. */
#define KEY_A                                                                                      \
    "-----BEGIN PUBLIC KEY-----\\n"                                                                \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE5xUqPNfU0rLsqPigdCTZuLTXuc3/"                                 \
    "oNP+\\nnD2gn4r3w6c3rMscXhb0kVb3w82klmAKLkLau5pI4rWrfNZWkP9zthEohZmdKaFF\\n5jFJw9zLJ6xMchv+"   \
    "Btvv+/aHzT5+uhzX\\n"                                                                          \
    "-----END PUBLIC KEY-----"
#define PRINT_A "67:38:f7:61:a7:a4:4a:61:bf:b2:44:95:88:86:7a:a5"
#define KEY_B                                                                                      \
    "-----BEGIN PUBLIC KEY-----\\r\\n"                                                             \
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjBV1aIsWS3GH49ydlxV9IIdS/"                                    \
    "x5lwEYI\\r\\nwbUQ2Xsb4Tfv1f+bKUPqGrH75NYA1cC4+"                                               \
    "KGTW8hipKKPQLJAdDCvnOCgnBALHsFo\\r\\nw9VLnc2nG+54uRfojGJQs5whezDfDxku\\r\\n"                  \
    "-----END PUBLIC KEY-----\\r\\n"
#define PRINT_B "82:64:df:62:b5:ed:3f:73:14:ee:48:f7:54:a2:6a:68"
#define KEY_P256                                                                                   \
    "-----BEGIN PUBLIC KEY-----\\n"                                                                \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1U8KyYf+EH1R1/"                                           \
    "PBzRIvj7ni38W+\\nRlJff+JiQwF6SksLFqJI8raQ0H17iFpDGR9LKEnzhClTBVjTuoMIzQRWLA==\\n"             \
    "-----END PUBLIC KEY-----\\n"

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
