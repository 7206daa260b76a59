/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/bucket_policy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"

static const struct policy_grant grant = { .bucket = "garden",
                                           .region = "us-west-2",
                                           .id = "AbCdEf123456" };

#define STATEMENT                                                                                  \
    "{\"Sid\":\"CompositeWrite-AbCdEf123456\",\"Effect\":\"Allow\",\"Principal\":"                 \
    "{\"Service\":\"ivs-composite.us-west-2.amazonaws.com\"},\"Action\":[\"s3:PutObject\","        \
    "\"s3:PutObjectAcl\"],\"Resource\":\"arn:aws:s3:::garden/*\",\"Condition\":"                   \
    "{\"StringEquals\":{\"s3:x-amz-acl\":\"bucket-owner-full-control\"},"                          \
    "\"Bool\":{\"aws:SecureTransport\":\"true\"}}}"
#define OTHER                                                                                      \
    "{\"Sid\":\"CompositeWrite-other0000000\",\"Effect\":\"Deny\",\"Principal\":\"*\","            \
    "\"NotAction\":\"s3:GetObject\",\"Resource\":[\"*\"],\"x\":1.5}"
#define DOCUMENT(statements) "{\"Version\":\"2012-10-17\",\"Statement\":[" statements "]}"

typedef int policy_edit(struct buf *out, const char *policy, const struct policy_grant *grant);

static void expect(policy_edit *edit, const char *policy, const char *expected)
{
    struct buf out;

    buf_init(&out, 4096);
    assert_int_equal(edit(&out, policy, &grant), 0);
    assert_string_equal(buf_str(&out), expected);
    buf_clear(&out);
}

static int error_of(policy_edit *edit, const char *policy, size_t max)
{
    struct buf out;
    int err;

    buf_init(&out, max);
    err = edit(&out, policy, &grant);
    buf_clear(&out);
    return err;
}

static void makes_a_policy_where_there_is_none(void **state)
{
    expect(bucket_policy_add, "", DOCUMENT(STATEMENT));
}

static void leaves_other_statements_as_they_are(void **state)
{
    expect(bucket_policy_add, DOCUMENT(OTHER), DOCUMENT(OTHER "," STATEMENT));
    expect(bucket_policy_add,
           "{\"Statement\": " OTHER ", \"Id\":\"\xc3\xa9 \\u00e9/\", \"Version\":\"2008-10-17\"}",
           "{\"Statement\":[" OTHER "," STATEMENT "],\"Id\":\"\xc3\xa9 \xc3\xa9/\","
           "\"Version\":\"2008-10-17\"}");
    expect(bucket_policy_remove, DOCUMENT(OTHER "," STATEMENT "," OTHER),
           DOCUMENT(OTHER "," OTHER));
}

static void replaces_an_old_form_of_its_statement(void **state)
{
    expect(bucket_policy_add,
           DOCUMENT("{\"Sid\":\"CompositeWrite-AbCdEf123456\",\"Effect\":\"Deny\"}," OTHER),
           DOCUMENT(STATEMENT "," OTHER));
}

static void has_nothing_to_do_the_second_time(void **state)
{
    assert_int_equal(error_of(bucket_policy_add, DOCUMENT(OTHER "," STATEMENT), 4096), -EALREADY);
    assert_int_equal(error_of(bucket_policy_remove, DOCUMENT(OTHER), 4096), -EALREADY);
    assert_int_equal(error_of(bucket_policy_remove, "", 4096), -EALREADY);
}

static void a_policy_without_statements_is_none(void **state)
{
    expect(bucket_policy_remove, DOCUMENT(STATEMENT), "");
    expect(bucket_policy_remove, "{\"Statement\":" STATEMENT "}", "");
}

static void takes_no_other_document(void **state)
{
    static const char *const wrong[] = {
        "x",
        "[]",
        "{}",
        "{\"Statement\":1}",
        "{\"Statement\":[]",
        "{\"Statement\":[],\"Statement\":[]}",
        "{\"Statement\":[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]}",
    };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(error_of(bucket_policy_add, wrong[i], 4096), -EBADMSG);
        assert_int_equal(error_of(bucket_policy_remove, wrong[i], 4096), -EBADMSG);
    }
    assert_int_equal(error_of(bucket_policy_add, "", 100), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_policy_where_there_is_none),
        cmocka_unit_test(leaves_other_statements_as_they_are),
        cmocka_unit_test(replaces_an_old_form_of_its_statement),
        cmocka_unit_test(has_nothing_to_do_the_second_time),
        cmocka_unit_test(a_policy_without_statements_is_none),
        cmocka_unit_test(takes_no_other_document),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
