/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 180-4's examples. */
static void hashes_as_published(void **state)
{
    char hex[SHA256_HEX_SIZE];

    sha256_hex(hex, "", 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_hex(hex, "abc", 3);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* RFC 4231, test cases 2 and 6. */
static void authenticates_as_published(void **state)
{
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t mac[SHA256_SIZE], key[131];
    char hex[SHA256_HEX_SIZE];

    hmac_sha256(mac, "Jefe", 4, "what do ya want for nothing?", 28);
    hex_encode(hex, mac, sizeof(mac));
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");

    memset(key, 0xaa, sizeof(key));
    hmac_sha256(mac, key, sizeof(key), text, strlen(text));
    hex_encode(hex, mac, sizeof(mac));
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_published),
        cmocka_unit_test(authenticates_as_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
