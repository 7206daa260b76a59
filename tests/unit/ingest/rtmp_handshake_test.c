/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/rtmp_handshake.h"

#include <errno.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rtmp_fixture.h"

/* HMAC as OpenSSL's other interface computes it. */
static void hmac(uint8_t out[32], const void *key, size_t key_len, const void *data, size_t len)
{
    assert_non_null(
        EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len, data, len, out, 32, NULL));
}

/* What nginx-rtmp 1.2 answered to ffmpeg: S1's digest stands where and is what we would say. */
static void finds_the_digest_of_another_server(void **state)
{
    const enum rtmp_digest_scheme schemes[] = { RTMP_DIGEST_IN_FRONT, RTMP_DIGEST_BEHIND };
    uint8_t digest[RTMP_DIGEST_SIZE];
    struct buf answer;
    int matches = 0;

    fixture_load(&answer, "nginx-handshake.bin");
    assert_int_equal(answer.len, RTMP_S0S1S2_SIZE);
    for (int i = 0; i < 2; i++) {
        size_t offset = rtmp_digest_offset(answer.data + 1, schemes[i]);

        rtmp_digest(digest, answer.data + 1, offset, RTMP_SERVER);
        matches += !memcmp(digest, answer.data + 1 + offset, sizeof(digest));
    }
    assert_int_equal(matches, 1);
    buf_clear(&answer);
}

static void check_s2(const uint8_t *s2, const uint8_t *client_digest)
{
    static const uint8_t long_key[] =
        "Genuine Adobe Flash Media Server 001"
        "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57"
        "\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae";
    uint8_t key[32], expected[32];

    hmac(key, long_key, sizeof(long_key) - 1, client_digest, 32);
    hmac(expected, key, 32, s2, RTMP_C1_SIZE - 32);
    assert_memory_equal(s2 + RTMP_C1_SIZE - 32, expected, 32);
}

/* C0 and C1 as ffmpeg sends them. */
static void answers_digest_with_digest(void **state)
{
    uint8_t answer[RTMP_S0S1S2_SIZE], digest[RTMP_DIGEST_SIZE];
    enum rtmp_digest_scheme scheme;
    struct buf hello;
    size_t offset;

    fixture_load(&hello, "ffmpeg.bin");
    assert_int_equal(rtmp_handshake_answer(answer, hello.data, &scheme), 0);
    assert_int_not_equal(scheme, RTMP_DIGEST_NONE);
    assert_int_equal(answer[0], 3);
    offset = rtmp_digest_offset(answer + 1, scheme);
    rtmp_digest(digest, answer + 1, offset, RTMP_SERVER);
    assert_memory_equal(answer + 1 + offset, digest, sizeof(digest));
    check_s2(answer + 1 + RTMP_C1_SIZE,
             hello.data + 1 + rtmp_digest_offset(hello.data + 1, scheme));
    buf_clear(&hello);
}

static void knows_both_places_of_the_digest(void **state)
{
    for (enum rtmp_digest_scheme s = RTMP_DIGEST_IN_FRONT; s <= RTMP_DIGEST_BEHIND; s++) {
        uint8_t hello[RTMP_C0C1_SIZE] = { 3 }, answer[RTMP_S0S1S2_SIZE];
        enum rtmp_digest_scheme found;
        size_t offset;

        memset(hello + 1, 0xfe, RTMP_C1_SIZE); /* the largest sums: still inside */
        offset = rtmp_digest_offset(hello + 1, s);
        assert_true(offset + RTMP_DIGEST_SIZE <= RTMP_C1_SIZE);
        rtmp_digest(hello + 1 + offset, hello + 1, offset, RTMP_CLIENT);
        assert_int_equal(rtmp_handshake_answer(answer, hello, &found), 0);
        assert_int_equal(found, s);
    }
}

static void echoes_a_plain_hello(void **state)
{
    uint8_t hello[RTMP_C0C1_SIZE] = { 3, 0, 0, 0, 1 }, answer[RTMP_S0S1S2_SIZE];
    enum rtmp_digest_scheme scheme;

    assert_int_equal(rtmp_handshake_answer(answer, hello, &scheme), 0);
    assert_int_equal(scheme, RTMP_DIGEST_NONE);
    assert_int_equal(answer[5] | answer[6] | answer[7] | answer[8], 0);
    assert_memory_equal(answer + 1 + RTMP_C1_SIZE, hello + 1, RTMP_C1_SIZE);
}

static void refuses_other_versions(void **state)
{
    uint8_t hello[RTMP_C0C1_SIZE] = { 6 }, answer[RTMP_S0S1S2_SIZE];
    enum rtmp_digest_scheme scheme;

    assert_int_equal(rtmp_handshake_answer(answer, hello, &scheme), -EPROTONOSUPPORT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_digest_of_another_server),
        cmocka_unit_test(answers_digest_with_digest),
        cmocka_unit_test(knows_both_places_of_the_digest),
        cmocka_unit_test(echoes_a_plain_hello),
        cmocka_unit_test(refuses_other_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
