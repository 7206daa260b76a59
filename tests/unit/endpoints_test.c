/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config.h"

static struct config config;
static struct endpoints endpoints;

static int load(void **state)
{
    char message[128];

    return config_load(&config, 0, NULL, message, sizeof(message));
}

static int clear(void **state)
{
    config_clear(&config);
    return 0;
}

static void prefers_http_while_the_certificate_is_self_signed(void **state)
{
    struct open_ports ports = { .http = 8080, .https = 8443, .rtmp = 1935, .rtmps = 4443 };

    endpoints_derive(&endpoints, &config, &ports);
    assert_string_equal(endpoints.public_url, "http://127.0.0.1:8080");
    assert_string_equal(endpoints.api_url, "http://127.0.0.1:8080");
    assert_string_equal(endpoints.ingest, "127.0.0.1:4443");
    assert_string_equal(endpoints.rtmps_url, "rtmps://127.0.0.1:4443/app");
    assert_string_equal(endpoints.rtmp_url, "rtmp://127.0.0.1:1935/app");
}

static void names_the_bare_host_on_port_443(void **state)
{
    struct open_ports ports = { .https = 443, .rtmps = 4443 };

    mem_free(config.public_host);
    config.public_host = mem_strdup("live.example.com");
    endpoints_derive(&endpoints, &config, &ports);
    assert_string_equal(endpoints.ingest, "live.example.com");
    assert_string_equal(endpoints.public_url, "https://live.example.com");
}

static void falls_back_to_rtmp_without_tls(void **state)
{
    struct open_ports ports = { .http = 80, .rtmp = 1935 };

    endpoints_derive(&endpoints, &config, &ports);
    assert_string_equal(endpoints.ingest, "127.0.0.1:1935");
    assert_string_equal(endpoints.rtmps_url, "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(prefers_http_while_the_certificate_is_self_signed, load,
                                        clear),
        cmocka_unit_test_setup_teardown(names_the_bare_host_on_port_443, load, clear),
        cmocka_unit_test_setup_teardown(falls_back_to_rtmp_without_tls, load, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
