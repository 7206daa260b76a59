/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/aws_credentials.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"

/* https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html, with what people write. */
static const char file_text[] = "# comment\n"
                                "aws_access_key_id = of-no-profile\n"
                                "[default]\r\n"
                                "aws_access_key_id = AKIADEFAULT\r\n"
                                "aws_secret_access_key=secret/of+default=\r\n"
                                "[ other ]\n"
                                ";aws_access_key_id = AKIACOMMENT\n"
                                "aws_access_key_id\t=\tASIAOTHER\n"
                                "aws_secret_access_key = other\n"
                                "aws_session_token = token\n"
                                "region = us-west-2\n"
                                "s3 =\n"
                                "  max_concurrent_requests = 20\n"
                                "[half]\n"
                                "aws_access_key_id = AKIAHALF\n"
                                "aws_secret_access_key =\n"
                                "[odd]\n"
                                "aws_access_key_id = AKIA ODD\n"
                                "aws_secret_access_key = x\n"
                                "no setting\n"
                                "[broken\n"
                                "aws_access_key_id = AKIABROKEN\n";

static const char *const variables[] = { "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                         "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE",
                                         "AWS_PROFILE",       "HOME" };

static int setup(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    *state = arena_create();
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(*state);
    return 0;
}

static void reads_the_profile_asked_for(void **state)
{
    struct aws_credentials c;

    assert_int_equal(aws_credentials_parse(&c, *state, file_text, "default"), 0);
    assert_string_equal(c.access_key, "AKIADEFAULT");
    assert_string_equal(c.secret, "secret/of+default=");
    assert_null(c.session_token);
    assert_int_equal(aws_credentials_parse(&c, *state, file_text, "other"), 0);
    assert_string_equal(c.access_key, "ASIAOTHER");
    assert_string_equal(c.secret, "other");
    assert_string_equal(c.session_token, "token");
}

static void says_that_there_are_none(void **state)
{
    struct aws_credentials c;

    assert_int_equal(aws_credentials_parse(&c, *state, file_text, "half"), -ENOENT);
    assert_int_equal(aws_credentials_parse(&c, *state, file_text, "broken"), -ENOENT);
    assert_int_equal(aws_credentials_parse(&c, *state, file_text, "nobody"), -ENOENT);
    assert_int_equal(aws_credentials_parse(&c, *state, "", "default"), -ENOENT);
    assert_int_equal(aws_credentials_parse(&c, *state, file_text, "odd"), -EINVAL);
    assert_int_equal(aws_credentials_load(&c, *state), -ENOENT);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
    assert_int_equal(aws_credentials_load(&c, *state), -ENOENT);
}

static void the_environment_comes_before_the_file(void **state)
{
    char path[] = "/tmp/weir-credentials-XXXXXX";
    int fd = mkstemp(path);
    struct aws_credentials c;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, file_text, strlen(file_text)), strlen(file_text));
    close(fd);
    setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
    setenv("AWS_PROFILE", "other", 1);
    assert_int_equal(aws_credentials_load(&c, *state), 0);
    assert_string_equal(c.access_key, "ASIAOTHER");
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "", 1); /* half is nothing */
    assert_int_equal(aws_credentials_load(&c, *state), 0);
    assert_string_equal(c.access_key, "ASIAOTHER");
    setenv("AWS_SECRET_ACCESS_KEY", "env", 1);
    assert_int_equal(aws_credentials_load(&c, *state), 0);
    assert_string_equal(c.access_key, "AKIAENV");
    assert_null(c.session_token); /* the file's belongs to the file's key */
    setenv("AWS_SESSION_TOKEN", "a\r\nb", 1);
    assert_int_equal(aws_credentials_load(&c, *state), -EINVAL);
    unlink(path);
}

#define CREDENTIALS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CREDENTIALS_TEST(reads_the_profile_asked_for),
        CREDENTIALS_TEST(says_that_there_are_none),
        CREDENTIALS_TEST(the_environment_comes_before_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
