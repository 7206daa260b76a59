/* SPDX-License-Identifier: Apache-2.0 */
#include "objects/s3_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

static struct s3_error parse(const char *body)
{
    struct s3_error error;

    s3_error_parse(&error, body, strlen(body));
    return error;
}

static void reads_what_s3_and_ceph_answer(void **state)
{
    /* Amazon S3 API reference, "REST error responses" */
    struct s3_error error = parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n"
                                  "  <Code>NoSuchKey</Code>\n"
                                  "  <Message>The resource you requested does not exist</Message>\n"
                                  "  <Resource>/mybucket/myfoto.jpg</Resource> \n"
                                  "  <RequestId>4442587FB7D0A2F9</RequestId>\n</Error>");

    assert_string_equal(error.code, "NoSuchKey");
    assert_string_equal(error.message, "The resource you requested does not exist");
    assert_string_equal(error.region, "");
    /* radosgw 16.2 */
    error = parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>"
                  "<BucketName>not-ours</BucketName><RequestId>tx0</RequestId>"
                  "<HostId>1023-us-west-2</HostId></Error>");
    assert_string_equal(error.code, "AccessDenied");
    assert_string_equal(error.message, "");
}

static void takes_only_the_members_of_the_error_itself(void **state)
{
    struct s3_error error = parse(
        "<!-- <Error><Code>No</Code> --><Error xmlns='x'><A><Code>Inner</Code><B/></A><Region/>"
        "<Codes>No</Codes><Code>Outer</Code><Region>eu-west-1</Region></Error><Code>No</Code>");

    assert_string_equal(error.code, "Outer");
    assert_string_equal(error.region, "eu-west-1");
}

static void texts_are_fit_for_a_log(void **state)
{
    struct s3_error error =
        parse("<Error><Message>a &lt;b&gt; &amp;&quot;&apos; &#10; \n\t\x1b[31m "
              "\xc3\xa9</Message></Error>");
    char body[2000] = "<Error><Code>";

    assert_string_equal(error.message, "a <b> &\"' &#10; ???[31m ??");
    memset(body + strlen(body), 'x', 1000);
    error = parse(body);
    assert_int_equal(strlen(error.code), sizeof(error.code) - 1);
}

static void other_documents_say_nothing(void **state)
{
    static const char *const bodies[] = {
        "",
        "<",
        "<Error",
        "<Error>",
        "<Errors><Code>x</Code></Errors>",
        "<!--",
        "<Error>< ",
        "<?",
        "Error",
        "<html><Error><Code>x</Code></Error></html>",
        "<Error/",
        "<><Error><Code>x</Code>",
    };

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct s3_error error = parse(bodies[i]);

        assert_string_equal(error.code, "");
        assert_string_equal(error.message, "");
    }
}

static void codes_tell_more_than_statuses(void **state)
{
    static const struct {
        int status;
        const char *code;
        int err;
        bool is_passing;
    } cases[] = {
        { 200, "", 0, false },
        { 204, "", 0, false },
        { 404, "NoSuchBucket", -ENOENT, false },
        { 404, "NoSuchBucketPolicy", -ENODATA, false },
        { 404, "", -ENOENT, false },
        { 403, "AccessDenied", -EACCES, false },
        { 403, "SignatureDoesNotMatch", -EKEYREJECTED, false },
        { 400, "ExpiredToken", -EKEYREJECTED, false },
        { 403, "", -EACCES, false },
        { 301, "PermanentRedirect", -EXDEV, false },
        { 400, "AuthorizationHeaderMalformed", -EXDEV, false },
        { 400, "InvalidBucketName", -EINVAL, false },
        { 400, "RequestTimeout", -EBUSY, true },
        { 409, "OperationAborted", -EBUSY, true },
        { 503, "SlowDown", -EBUSY, true },
        { 500, "InternalError", -EBUSY, true },
        { 502, "", -EBUSY, true },
        { 429, "", -EBUSY, true },
        { 501, "NotImplemented", -EIO, false },
        { 418, "", -EIO, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct s3_error error = { 0 };

        memcpy(error.code, cases[i].code, strlen(cases[i].code));
        assert_int_equal(s3_error_errno(cases[i].status, &error), cases[i].err);
        assert_int_equal(s3_error_is_passing(cases[i].status, &error), cases[i].is_passing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_s3_and_ceph_answer),
        cmocka_unit_test(takes_only_the_members_of_the_error_itself),
        cmocka_unit_test(texts_are_fit_for_a_log),
        cmocka_unit_test(other_documents_say_nothing),
        cmocka_unit_test(codes_tell_more_than_statuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
