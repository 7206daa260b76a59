/* SPDX-License-Identifier: Apache-2.0 */
#include "api/page_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "api/shape.h"
#include "base/arena.h"

#define NOW INT64_C(1800000000000)

static const uint8_t key[SHA256_SIZE] = { 1, 2, 3 };
static const uint8_t other_key[SHA256_SIZE] = { 3, 2, 1 };

static int setup(void **state)
{
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void gives_its_cursor_back(void **state)
{
    const char *token = page_token_make(*state, key, "a\nListChannels\n", "12345", NOW);

    assert_true(pattern_matches(&pattern_page_token, token));
    assert_string_equal(page_token_read(*state, key, "a\nListChannels\n", token, NOW), "12345");
    assert_string_equal(
        page_token_read(*state, key, "a\nListChannels\n", token, NOW + PAGE_LIFETIME_MS), "12345");
}

static void is_good_for_nothing_else(void **state)
{
    const char *token = page_token_make(*state, key, "a", "12345", NOW);

    assert_null(page_token_read(*state, key, "b", token, NOW));
    assert_null(page_token_read(*state, other_key, "a", token, NOW));
    assert_null(page_token_read(*state, key, "a", token, NOW + PAGE_LIFETIME_MS + 1));
}

static void no_letter_can_be_changed(void **state)
{
    char *token = arena_strdup(*state, page_token_make(*state, key, "a", "12345", NOW));

    for (size_t i = 0; token[i]; i++) {
        char was = token[i];

        token[i] = was == 'A' ? 'B' : 'A';
        assert_null(page_token_read(*state, key, "a", token, NOW));
        token[i] = '\0';
        assert_null(page_token_read(*state, key, "a", token, NOW));
        token[i] = was;
    }
    assert_non_null(page_token_read(*state, key, "a", token, NOW));
}

static void refuses_what_it_never_made(void **state)
{
    char long_one[1025];

    memset(long_one, 'A', sizeof(long_one) - 1);
    long_one[sizeof(long_one) - 1] = '\0';
    assert_null(page_token_read(*state, key, "a", "", NOW));
    assert_null(page_token_read(*state, key, "a", "AQ", NOW));
    assert_null(page_token_read(*state, key, "a", "====", NOW));
    assert_null(page_token_read(*state, key, "a", long_one, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_its_cursor_back, setup, teardown),
        cmocka_unit_test_setup_teardown(is_good_for_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(no_letter_can_be_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_it_never_made, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
