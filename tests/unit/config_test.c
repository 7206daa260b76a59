/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char message[256];

static int load(struct config *config, int argc, const char **argv)
{
    return config_load(config, argc, (char **)argv, message, sizeof(message));
}

static void has_the_documented_defaults(void **state)
{
    struct config config;

    assert_int_equal(load(&config, 0, NULL), 0);
    assert_string_equal(config.data_dir, "./weir-data");
    assert_int_equal(config.http.port, 8080);
    assert_int_equal(config.rtmps.port, 4443);
    assert_false(config.metrics.is_on);
    assert_string_equal(config.region, "us-west-2");
    assert_false(config.is_unlimited);
    config_clear(&config);
}

static void takes_values_in_both_forms(void **state)
{
    const char *argv[] = {
        "--http", "[::1]:0", "--rtmp=off", "--unlimited", "--quota", "channels=7"
    };
    struct config config;

    assert_int_equal(load(&config, 6, argv), 0);
    assert_string_equal(config.http.host, "::1");
    assert_int_equal(config.http.port, 0);
    assert_false(config.rtmp.is_on);
    assert_true(config.is_unlimited);
    assert_string_equal(config.quotas.items[0], "channels=7");
    config_clear(&config);
}

static void ranks_line_over_environment_over_file(void **state)
{
    char path[] = "/tmp/weir-config-XXXXXX";
    int fd = mkstemp(path);
    const char text[] = "# comment\nhttp = 127.0.0.1:1\ndata = /from/file\nregion = eu-west-1\n";
    const char *argv[] = { "--config", path, "--http", "127.0.0.1:3" };
    struct config config;

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    setenv("WEIR_HTTP", "127.0.0.1:2", 1);
    setenv("WEIR_DATA", "/from/env", 1);
    assert_int_equal(load(&config, 4, argv), 0);
    assert_int_equal(config.http.port, 3);
    assert_string_equal(config.data_dir, "/from/env");
    assert_string_equal(config.region, "eu-west-1");
    config_clear(&config);
    unsetenv("WEIR_HTTP");
    unsetenv("WEIR_DATA");
    unlink(path);
}

static void says_in_one_line_what_is_wrong(void **state)
{
    static const struct {
        const char *argv[2];
        int argc;
        const char *message;
    } cases[] = {
        { { "--nonsense", "1" }, 2, "unknown option '--nonsense'" },
        { { "--http", "localhost" }, 2, "--http: 'localhost' is not a valid ADDR:PORT" },
        { { "--http", "127.0.0.1:70000" },
          2,
          "--http: '127.0.0.1:70000' is not a valid ADDR:PORT" },
        { { "--http" }, 1, "--http needs a value" },
        { { "--loops", "many" }, 2, "--loops: 'many' is not a valid N" },
        { { "--account", "12" }, 2, "--account: '12' is not a valid ID" },
        { { "--log-level", "loud" }, 2, "--log-level: 'loud' is not a valid LEVEL" },
        { { "--tls-cert", "a.pem" }, 2, "--tls-cert and --tls-key go together" },
        { { "--quota", "unicorns=1" }, 2, "--quota: 'unicorns=1' is not a valid NAME=N" },
        { { "channel" }, 1, "unexpected argument 'channel'" },
        { { "--http=off", "--https=off" },
          2,
          "--http and --https are both off: nobody could be served" },
        { { "--data", "" }, 2, "--data: '' is not a valid DIR" },
        { { "--store", "mysql://x" }, 2, "--store: 'mysql://x' is not a valid URL" },
        { { "--store", "postgresql://h/d?nonsense=1" },
          2,
          "--store: 'postgresql://h/d?nonsense=1' is not a valid URL" },
        { { "--s3-endpoint", "s3.example.com" },
          2,
          "--s3-endpoint: 's3.example.com' is not a valid URL" },
        { { "--s3-bucket-policy", "yes" },
          2,
          "--s3-bucket-policy: 'yes' is not a valid auto|on|off" },
        { { "--public-url", "https://" }, 2, "--public-url: 'https://' is not a valid URL" },
        { { "--public-url", "https://a b" }, 2, "--public-url: 'https://a b' is not a valid URL" },
        { { "--public-url", "http://a/?b" }, 2, "--public-url: 'http://a/?b' is not a valid URL" },
        { { "--public-host", "a/b" }, 2, "--public-host: 'a/b' is not a valid NAME" },
        { { "--region", "US_WEST" }, 2, "--region: 'US_WEST' is not a valid NAME" },
        { { "--unlimited=maybe" }, 1, "--unlimited: 'maybe' is not a valid yes or no" },
        { { "--x264-preset", "placebo" }, 2, "--x264-preset: 'placebo' is not a valid NAME" },
        { { "--config", "/" }, 2, "--config /: illegal operation on a directory" },
    };
    struct config config;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(load(&config, cases[i].argc, (const char **)cases[i].argv), -EINVAL);
        assert_string_equal(message, cases[i].message);
        config_clear(&config);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_documented_defaults),
        cmocka_unit_test(takes_values_in_both_forms),
        cmocka_unit_test(ranks_line_over_environment_over_file),
        cmocka_unit_test(says_in_one_line_what_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
