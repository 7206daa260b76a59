/* SPDX-License-Identifier: Apache-2.0 */
#include "api/quota.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void starts_with_the_services_defaults(void **state)
{
    struct quotas quotas;

    quotas_init(&quotas);
    assert_int_equal(quotas.values[QUOTA_CHANNELS], 5000);
    assert_int_equal(quotas.values[QUOTA_PUBLIC_KEYS], 3);
}

static void takes_settings_by_name(void **state)
{
    struct quotas quotas;

    quotas_init(&quotas);
    for (int i = 0; i < QUOTA_COUNT; i++)
        assert_non_null(quota_name(i));
    assert_int_equal(quotas_set(&quotas, "channels=20000"), 0);
    assert_int_equal(quotas.values[QUOTA_CHANNELS], 20000);
    assert_int_equal(quotas_set(&quotas, "stages=0"), 0);
    assert_int_equal(quotas.values[QUOTA_STAGES], 0);
}

static void refuses_other_settings(void **state)
{
    static const char *const wrong[] = { "",
                                         "channels",
                                         "channels=",
                                         "chan=1",
                                         "channelss=1",
                                         "channels=-1",
                                         "channels=1x",
                                         "channels= 1",
                                         "channels=9999999999999999999" };
    struct quotas quotas;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(quotas_set(&quotas, wrong[i]), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_the_services_defaults),
        cmocka_unit_test(takes_settings_by_name),
        cmocka_unit_test(refuses_other_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
