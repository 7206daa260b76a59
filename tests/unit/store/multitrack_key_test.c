/* SPDX-License-Identifier: Apache-2.0 */
#include "store/multitrack_key.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1790000000000)

static const uint8_t secret[SHA256_SIZE] = "a server's", other[SHA256_SIZE] = "another's";

static const struct multitrack_grant grant = {
    .stream_key_arn = "arn:aws:ivs:ap-southeast-2:123456789012:stream-key/AbCdEfGhIjKl",
    .config_id = "0f0c8d6e-0a1b-4c7d-8e9f-1a2b3c4d5e6f",
    .until_ms = NOW_MS + MULTITRACK_KEY_LIFETIME_MS,
    .config = { 5,
                { { 1920, 1080, 60000, 1001, 6000, VIDEO_HEVC },
                  { 1280, 720, 60, 1, 2500 },
                  { 852, 480, 30, 1, 1000 },
                  { 640, 360, 30, 1, 500 },
                  { 284, 160, 30, 1, 200, VIDEO_HEVC } } },
};

static void carries_the_configuration(void **state)
{
    struct multitrack_grant got;
    char key[MULTITRACK_KEY_SIZE];

    multitrack_key_make(key, secret, &grant);
    assert_int_equal(
        strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        strlen(key));
    assert_true(multitrack_key_is_one(key));
    assert_int_equal(multitrack_key_read(&got, secret, key, NOW_MS), 0);
    assert_string_equal(got.stream_key_arn, grant.stream_key_arn);
    assert_string_equal(got.config_id, grant.config_id);
    assert_int_equal(got.until_ms, grant.until_ms);
    assert_memory_equal(&got.config, &grant.config, sizeof(grant.config));
}

static void expires(void **state)
{
    struct multitrack_grant got;
    char key[MULTITRACK_KEY_SIZE];

    multitrack_key_make(key, secret, &grant);
    assert_int_equal(multitrack_key_read(&got, secret, key, grant.until_ms), 0);
    assert_int_equal(multitrack_key_read(&got, secret, key, grant.until_ms + 1), -EKEYEXPIRED);
}

static void notices_every_change(void **state)
{
    struct multitrack_grant got;
    char key[MULTITRACK_KEY_SIZE];
    size_t len;

    multitrack_key_make(key, secret, &grant);
    assert_int_equal(multitrack_key_read(&got, other, key, NOW_MS), -EBADMSG);
    len = strlen(key);
    for (size_t i = 3; i < len; i++) {
        char before = key[i];

        key[i] = before == 'A' ? 'B' : 'A';
        assert_int_equal(multitrack_key_read(&got, secret, key, NOW_MS), -EBADMSG);
        key[i] = before;
    }
    for (size_t i = len; i-- > 0;) {
        key[i] = '\0';
        assert_int_equal(multitrack_key_read(&got, secret, key, NOW_MS), -EBADMSG);
    }
}

static void is_no_ordinary_stream_key(void **state)
{
    struct multitrack_grant got;

    assert_false(multitrack_key_is_one("sk_us-west-2_AbCdEfGhIjKl_0123456789"));
    assert_int_equal(multitrack_key_read(&got, secret, "mk_", NOW_MS), -EBADMSG);
    assert_int_equal(multitrack_key_read(&got, secret, "mk_AQ", NOW_MS), -EBADMSG);
    assert_int_equal(multitrack_key_read(&got, secret, "mk_no base64", NOW_MS), -EBADMSG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_the_configuration),
        cmocka_unit_test(expires),
        cmocka_unit_test(notices_every_change),
        cmocka_unit_test(is_no_ordinary_stream_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
