/* SPDX-License-Identifier: Apache-2.0 */
/* The four requests are the examples of the Amazon S3 API reference, "Examples: Signature
 * Calculations in AWS Signature Version 4". */
#include "objects/s3_request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "objects/aws_credentials.h"

#define MAY_24_2013 INT64_C(1369353600000)
#define SCOPE       "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders="

static const struct aws_credentials example = {
    .access_key = "AKIAIOSFODNN7EXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

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

static struct s3_signed_request sign(struct arena *arena, const char *url,
                                     const struct s3_request *request)
{
    struct s3_signed_request out = { 0 };
    struct s3_endpoint endpoint;

    assert_int_equal(s3_endpoint_parse(&endpoint, arena, url), 0);
    assert_int_equal(
        s3_request_sign(&out, arena, &endpoint, &example, "us-east-1", MAY_24_2013, request), 0);
    return out;
}

static const char *header_of(const struct s3_signed_request *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (!strcmp(r->headers[i].name, name))
            return r->headers[i].value;
    return NULL;
}

static void signs_as_the_published_examples(void **state)
{
    static const struct http_header range = { "range", "bytes=0-9" };
    static const struct http_header storage[] = { { "date", "Fri, 24 May 2013 00:00:00 GMT" },
                                                  { "x-amz-storage-class", "REDUCED_REDUNDANCY" } };
    static const struct {
        struct s3_request request;
        const char *url, *authorization;
    } cases[] = {
        { { .method = "GET", .key = "test.txt", .query = "", .headers = &range, .header_count = 1 },
          "https://examplebucket.s3.amazonaws.com/test.txt",
          "AWS4-HMAC-SHA256 " SCOPE "host;range;x-amz-content-sha256;x-amz-date, Signature="
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
        { { .method = "PUT",
            .key = "test$file.text",
            .query = "",
            .headers = storage,
            .header_count = 2,
            .body = "Welcome to Amazon S3.",
            .body_len = 21 },
          "https://examplebucket.s3.amazonaws.com/test%24file.text",
          "AWS4-HMAC-SHA256 " SCOPE "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
          " Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd" },
        { { .method = "GET", .query = "lifecycle" },
          "https://examplebucket.s3.amazonaws.com/?lifecycle",
          "AWS4-HMAC-SHA256 " SCOPE "host;x-amz-content-sha256;x-amz-date, Signature="
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
        { { .method = "GET", .query = "max-keys=2&prefix=J" },
          "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
          "AWS4-HMAC-SHA256 " SCOPE "host;x-amz-content-sha256;x-amz-date, Signature="
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct s3_request request = cases[i].request;
        struct s3_signed_request r;

        request.bucket = "examplebucket";
        r = sign(*state, "https://s3.amazonaws.com", &request);
        assert_string_equal(r.url, cases[i].url);
        assert_string_equal(header_of(&r, "authorization"), cases[i].authorization);
    }
}

static void puts_the_bucket_where_the_endpoint_wants_it(void **state)
{
    static const struct {
        const char *endpoint, *bucket, *key, *url, *host;
    } cases[] = {
        { "http://127.0.0.1:9000", "garden", "a", "http://127.0.0.1:9000/garden/a",
          "127.0.0.1:9000" },
        { "http://[::1]:9000/", "garden", NULL, "http://[::1]:9000/garden", "[::1]:9000" },
        { "https://example.com/s3//", "garden", "a", "https://example.com/s3/garden/a",
          "example.com" },
        { "https://{bucket}.s3.example.com:444", "garden", "a",
          "https://garden.s3.example.com:444/a", "garden.s3.example.com:444" },
        { "https://{bucket}.example.com/x", "garden", NULL, "https://garden.example.com/x/",
          "garden.example.com" },
        { "https://s3.eu-west-1.amazonaws.com", "garden", "a",
          "https://garden.s3.eu-west-1.amazonaws.com/a", "garden.s3.eu-west-1.amazonaws.com" },
        { "https://s3.cn-north-1.amazonaws.com.cn:443", "garden", "a",
          "https://garden.s3.cn-north-1.amazonaws.com.cn:443/a",
          "garden.s3.cn-north-1.amazonaws.com.cn:443" },
        { "https://s3.amazonaws.com", "gar.den", "a", "https://s3.amazonaws.com/gar.den/a",
          "s3.amazonaws.com" },
        { "https://s3.amazonaws.com.example.com", "garden", "a",
          "https://s3.amazonaws.com.example.com/garden/a", "s3.amazonaws.com.example.com" },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct s3_signed_request r = sign(
            *state, cases[i].endpoint,
            &(struct s3_request){
                .method = "GET", .bucket = cases[i].bucket, .key = cases[i].key, .query = "" });

        assert_string_equal(r.url, cases[i].url);
        assert_string_equal(header_of(&r, "host"), cases[i].host);
    }
}

static void encodes_all_of_a_key_but_its_slashes(void **state)
{
    struct s3_signed_request r =
        sign(*state, "http://h",
             &(struct s3_request){ .method = "GET",
                                   .bucket = "garden",
                                   .key = "./a//../b c+%2F=&?#*\xc3\xa9~_-.",
                                   .query = "" });

    assert_string_equal(r.url, "http://h/garden/./a//../b%20c%2B%252F%3D%26%3F%23%2A%C3%A9~_-.");
}

static void signs_the_session_token(void **state)
{
    struct aws_credentials credentials = example;
    struct s3_request request = { .method = "GET", .bucket = "garden", .query = "" };
    struct s3_signed_request r;
    struct s3_endpoint endpoint;

    credentials.session_token = "token==";
    assert_int_equal(s3_endpoint_parse(&endpoint, *state, "http://h"), 0);
    assert_int_equal(
        s3_request_sign(&r, *state, &endpoint, &credentials, "us-east-1", MAY_24_2013, &request),
        0);
    assert_string_equal(header_of(&r, "x-amz-security-token"), "token==");
    assert_non_null(strstr(header_of(&r, "authorization"),
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
                           "x-amz-security-token, "));
}

static void takes_only_the_url_of_a_service(void **state)
{
    static const char *const wrong[] = {
        "",
        "s3.example.com",
        "ftp://s3.example.com",
        "http://",
        "http:///path",
        "http://:9000",
        "http://user:secret@host",
        "http://host?x",
        "http://host/a?x",
        "http://host/a#x",
        "http://host/%41",
        "http://ho st",
        "http://host\r\nx-evil: 1",
    };
    struct s3_endpoint endpoint;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (s3_endpoint_parse(&endpoint, *state, wrong[i]) != -EINVAL)
            fail_msg("%s was taken", wrong[i]);
}

#define REQUEST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REQUEST_TEST(signs_as_the_published_examples),
        REQUEST_TEST(puts_the_bucket_where_the_endpoint_wants_it),
        REQUEST_TEST(encodes_all_of_a_key_but_its_slashes),
        REQUEST_TEST(signs_the_session_token),
        REQUEST_TEST(takes_only_the_url_of_a_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
