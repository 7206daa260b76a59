/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config.h"

static struct config config;
static struct certificate_names names;

static void load(const char *arguments[], int count)
{
    char message[128];

    assert_int_equal(config_load(&config, count, (char **)arguments, message, sizeof(message)), 0);
    certificate_names_init(&names, &config);
}

static int clear(void **state)
{
    certificate_names_clear(&names);
    config_clear(&config);
    return 0;
}

static int count_of(const char *name)
{
    int count = 0;

    for (size_t i = 0; i < names.count; i++)
        count += strcmp(names.items[i], name) == 0;
    return count;
}

static void names_localhost_and_the_bound_address_once(void **state)
{
    load(NULL, 0);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[0], "localhost");
    assert_string_equal(names.items[1], "127.0.0.1");
}

static void names_how_customers_are_told_to_come(void **state)
{
    const char *arguments[] = { "--public-host", "ingest.example.com", "--public-url",
                                "https://live.example.com:8443/" };

    load(arguments, ARRAY_LEN(arguments));
    assert_int_equal(count_of("ingest.example.com"), 1);
    assert_int_equal(count_of("live.example.com"), 1);
}

static void names_the_address_in_a_public_url(void **state)
{
    const char *arguments[] = { "--public-url", "http://[2001:db8::7]:8080" };

    load(arguments, ARRAY_LEN(arguments));
    assert_int_equal(count_of("2001:db8::7"), 1);
}

static void names_every_interface_where_it_listens_everywhere(void **state)
{
    const char *arguments[] = { "--https", "0.0.0.0:443" };

    load(arguments, ARRAY_LEN(arguments));
    assert_int_equal(count_of("0.0.0.0"), 0);
    assert_int_equal(count_of("127.0.0.1"), 1);
}

static void leaves_out_ports_that_are_off(void **state)
{
    const char *arguments[] = { "--https", "192.0.2.7:443", "--rtmps", "off" };

    load(arguments, ARRAY_LEN(arguments));
    assert_int_equal(count_of("192.0.2.7"), 1);
    assert_int_equal(names.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(names_localhost_and_the_bound_address_once, clear),
        cmocka_unit_test_teardown(names_how_customers_are_told_to_come, clear),
        cmocka_unit_test_teardown(names_the_address_in_a_public_url, clear),
        cmocka_unit_test_teardown(names_every_interface_where_it_listens_everywhere, clear),
        cmocka_unit_test_teardown(leaves_out_ports_that_are_off, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
