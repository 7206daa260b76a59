/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648, 10, without the padding. */
static const char *const published[][2] = {
    { "", "" },           { "f", "Zg" },          { "fo", "Zm8" },         { "foo", "Zm9v" },
    { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" }
};

static void goes_both_ways_as_published(void **state)
{
    char text[20];
    uint8_t data[20];
    size_t len;

    for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
        base64url_encode(text, published[i][0], strlen(published[i][0]));
        assert_string_equal(text, published[i][1]);
        assert_int_equal(strlen(text), BASE64URL_LEN(strlen(published[i][0])));
        assert_int_equal(base64url_decode(data, &len, text, strlen(text)), 0);
        assert_int_equal(len, strlen(published[i][0]));
        assert_memory_equal(data, published[i][0], len);
    }
    base64url_encode(text, "\xfb\xff", 2);
    assert_string_equal(text, "-_8");
}

static void takes_no_second_spelling(void **state)
{
    static const char *const wrong[] = { "Z", "Zh", "Zm9", "Zg==", "Zm9v\n", "Zm+v", "Z g" };
    uint8_t data[20];
    size_t len;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(base64url_decode(data, &len, wrong[i], strlen(wrong[i])), -EINVAL);
    assert_int_equal(base64url_decode(data, &len, "Zg\0", 3), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_both_ways_as_published),
        cmocka_unit_test(takes_no_second_spelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
