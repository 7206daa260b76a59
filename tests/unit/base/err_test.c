/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void has_a_text_for_every_error(void **state)
{
    assert_string_equal(err_str(0), "success");
    assert_string_equal(err_str(-ECONNRESET), "connection reset by peer");
    assert_string_equal(err_str(-EKEYREJECTED), "Key was rejected by service"); /* not libuv's */
    assert_string_equal(err_str(-4095), "end of file");                         /* libuv's own */
    assert_string_equal(err_str(-100000), "unknown error");
    assert_string_equal(err_str(-INT_MAX), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(has_a_text_for_every_error) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
