/* SPDX-License-Identifier: Apache-2.0 */
#include "keys_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"

struct place {
    char dir[64];
    char output[8192]; /* of the last command */
};

static int setup(void **state)
{
    struct place *p = mem_zalloc(sizeof(*p));

    strcpy(p->dir, "/tmp/weir-keys-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    unsetenv("WEIR_STORE");
    setenv("WEIR_DATA", p->dir, 1);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = { "weir.db", "secret.key", "policy.json" };
    struct place *p = *state;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", p->dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(p->dir), 0);
    mem_free(p);
    return 0;
}

/* Runs `weir keys` with these arguments in a process of its own; returns its exit status. */
static int keys(struct place *p, const char *arguments)
{
    char copy[256], *argv[16], *rest = copy;
    int argc = 0, status, ends[2];
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    snprintf(copy, sizeof(copy), "%s", arguments);
    while ((argv[argc] = strsep(&rest, " ")))
        argc++;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (!pid) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        status = keys_main(*arguments ? argc : 0, argv);
        fflush(stdout);
        _exit(status);
    }
    close(ends[1]);
    while ((n = read(ends[0], p->output + len, sizeof(p->output) - 1 - len)) > 0)
        len += (size_t)n;
    p->output[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int keys_of_id(struct place *p, const char *verb, const char *id)
{
    char arguments[128];

    snprintf(arguments, sizeof(arguments), "%s %s", verb, id);
    return keys(p, arguments);
}

static void create(struct place *p, const char *arguments, char id[32])
{
    assert_int_equal(keys(p, arguments), 0);
    assert_int_equal(sscanf(p->output, "[default]\naws_access_key_id = %31s\n", id), 1);
}

static void a_created_key_is_printed_for_aws_tools_and_listed(void **state)
{
    struct place *p = *state;
    char id[32], secret[64];

    create(p, "create --account 123456789012", id);
    assert_int_equal(sscanf(p->output,
                            "[default]\naws_access_key_id = %31s\naws_secret_access_key = %63s\n",
                            id, secret),
                     2);
    assert_null(strstr(p->output, "aws_session_token"));
    assert_int_equal(keys(p, "list"), 0);
    assert_non_null(strstr(p->output, id));
    assert_non_null(strstr(p->output, "123456789012"));
    assert_null(strstr(p->output, secret));
}

static void a_session_has_a_token_and_an_end(void **state)
{
    struct place *p = *state;
    char id[32];

    create(p, "create --session-minutes 15", id);
    assert_memory_equal(id, "ASIA", 4);
    assert_non_null(strstr(p->output, "aws_session_token = "));
    assert_int_equal(keys(p, "create --session-minutes 0"), 2);
    assert_int_equal(keys(p, "create --session-minutes 2161"), 2);
    assert_int_equal(keys(p, "create --session-minutes 5x"), 2);
}

static void a_key_is_disabled_enabled_and_deleted(void **state)
{
    struct place *p = *state;
    char id[32];

    create(p, "create", id);
    assert_int_equal(keys_of_id(p, "disable", id), 0);
    assert_int_equal(keys(p, "list"), 0);
    assert_non_null(strstr(p->output, "disabled"));
    assert_int_equal(keys_of_id(p, "enable", id), 0);
    assert_int_equal(keys(p, "list"), 0);
    assert_null(strstr(p->output, "disabled"));
    assert_int_equal(keys_of_id(p, "delete", id), 0);
    assert_int_equal(keys_of_id(p, "delete", id), 1);
    assert_non_null(strstr(p->output, "there is no key"));
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
}

static void a_policy_that_would_not_be_obeyed_is_refused(void **state)
{
    struct place *p = *state;
    char path[128], arguments[256], id[32];

    snprintf(path, sizeof(path), "%s/policy.json", p->dir);
    snprintf(arguments, sizeof(arguments), "create --policy %s", path);
    assert_int_equal(keys(p, arguments), 1);
    write_text(path, "[]");
    assert_int_equal(keys(p, arguments), 1);
    write_text(path, "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"
                     "\"ivs:GetChannel\",\"Resource\":\"*\",\"Condition\":"
                     "{\"MadeUpOperator\":{\"aws:SourceIp\":\"10.0.0.1\"}}}}");
    assert_int_equal(keys(p, arguments), 1);
    assert_non_null(strstr(p->output, "MadeUpOperator"));
    write_text(path, "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":"
                     "\"ivs:GetChannel\",\"Resource\":\"*\"}}");
    create(p, arguments, id);
}

static void wrong_usage_says_so_and_exits_with_2(void **state)
{
    static const char *const wrong[] = {
        "",        "frob",       "create --account 12", "create extra",    "list --frob",
        "disable", "delete a b", "list AKIA",           "create --policy",
    };
    struct place *p = *state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(keys(p, wrong[i]), 2);
        assert_true(strlen(p->output) > 0);
    }
    assert_int_equal(keys(p, "--help"), 0);
    assert_non_null(strstr(p->output, "--session-minutes"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_created_key_is_printed_for_aws_tools_and_listed),
        TEST(a_session_has_a_token_and_an_end),
        TEST(a_key_is_disabled_enabled_and_deleted),
        TEST(a_policy_that_would_not_be_obeyed_is_refused),
        TEST(wrong_usage_says_so_and_exits_with_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
