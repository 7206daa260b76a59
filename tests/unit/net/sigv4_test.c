/* SPDX-License-Identifier: Apache-2.0 */
#include "net/sigv4.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/buf.h"

static const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    assert_non_null(text);
    return text;
}

struct fixture {
    struct arena *arena;
    json_t *vectors;
};

static int setup(void **state)
{
    static struct fixture f;

    f.arena = arena_create();
    f.vectors = json_load_file(TEST_VECTORS "/sigv4/requests.json", 0, NULL);
    *state = &f;
    return f.vectors ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_decref(f->vectors);
    arena_destroy(f->arena);
    return 0;
}

/* The request of one published example. */
static struct sigv4_request request_of(struct arena *arena, json_t *vector)
{
    char *path = arena_strdup(arena, text_of(vector, "target"));
    char *query = strchr(path, '?');
    json_t *headers = json_object_get(vector, "headers");
    const char *body = text_of(vector, "body");
    size_t count = json_array_size(headers);
    struct http_header *list = arena_zalloc(arena, (count + 1) * sizeof(*list));
    char *hash = arena_alloc(arena, SHA256_HEX_SIZE);
    json_t *given = json_object_get(vector, "payload_hash");

    for (size_t i = 0; i < count; i++) {
        list[i].name = json_string_value(json_array_get(json_array_get(headers, i), 0));
        list[i].value = json_string_value(json_array_get(json_array_get(headers, i), 1));
    }
    if (query)
        *query++ = '\0';
    sha256_hex(hash, body, strlen(body));
    return (struct sigv4_request){
        .method = text_of(vector, "method"),
        .path = path,
        .query = query ? query : "",
        .headers = list,
        .header_count = count,
        .signed_headers = text_of(vector, "signed_headers"),
        .payload_hash = given ? json_string_value(given) : hash,
        .keeps_path = json_is_true(json_object_get(vector, "keeps_path")),
    };
}

/* "20150830/us-east-1/service/aws4_request" in its parts. */
static void split_scope(struct arena *arena, json_t *vector, char **region, char **service)
{
    char *scope = arena_strdup(arena, text_of(vector, "scope"));

    strtok(scope, "/");
    *region = strtok(NULL, "/");
    *service = strtok(NULL, "/");
}

static void signs_as_every_published_example(void **state)
{
    struct fixture *f = *state;
    json_t *vector;
    size_t i;

    json_array_foreach(f->vectors, i, vector)
    {
        struct sigv4_request r = request_of(f->arena, vector);
        uint8_t key[SHA256_SIZE];
        char signature[SHA256_HEX_SIZE] = "";
        char *region, *service;

        split_scope(f->arena, vector, &region, &service);
        sigv4_signing_key(key, text_of(vector, "secret"), text_of(vector, "date"), region, service);
        assert_int_equal(
            sigv4_signature(signature, key, text_of(vector, "date"), text_of(vector, "scope"), &r),
            0);
        if (strcmp(signature, text_of(vector, "signature")))
            fail_msg("%s: %s", text_of(vector, "name"), signature);
    }
    assert_true(i > 70);
}

static void writes_the_same_authorization_as_verification_expects(void **state)
{
    struct fixture *f = *state;
    json_t *vector = json_array_get(f->vectors, 0);
    struct sigv4_request r = request_of(f->arena, vector);
    struct sigv4_signer signer = { .access_key = text_of(vector, "access_key"),
                                   .secret = text_of(vector, "secret") };
    char *region, *service;
    const char *value;

    split_scope(f->arena, vector, &region, &service);
    signer.region = region;
    signer.service = service;
    assert_int_equal(sigv4_sign(&value, f->arena, &signer, &r), 0);
    assert_string_equal(
        value, "AWS4-HMAC-SHA256 "
               "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
               "SignedHeaders=host;my-header1;x-amz-date, "
               "Signature=c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

static void canonical(char *out, size_t size, const char *path, const char *query)
{
    static const struct http_header host = { "host", "h" };
    struct sigv4_request r = { .method = "GET",
                               .path = path,
                               .query = query,
                               .headers = &host,
                               .header_count = 1,
                               .signed_headers = "host",
                               .payload_hash = "x" };
    struct buf text;

    buf_init(&text, 10000);
    assert_int_equal(sigv4_canonical_request(&text, &r), 0);
    snprintf(out, size, "%s", buf_str(&text));
    buf_clear(&text);
}

static void encodes_an_encoded_path_once_more(void **state)
{
    char text[200];

    canonical(text, sizeof(text), "/tags/arn%3Aaws%3Aivs%3Aus-west-2%3A0%3Achannel%2Fabc", "");
    assert_string_equal(text, "GET\n/tags/arn%253Aaws%253Aivs%253Aus-west-2%253A0%253Achannel"
                              "%252Fabc\n\nhost:h\n\nhost\nx");
    canonical(text, sizeof(text), "/tags/arn:aws:ivs:us-west-2:0:channel/abc", "");
    assert_string_equal(text, "GET\n/tags/arn%3Aaws%3Aivs%3Aus-west-2%3A0%3Achannel/abc\n"
                              "\nhost:h\n\nhost\nx");
    canonical(text, sizeof(text), "/../..", "");
    assert_string_equal(text, "GET\n/\n\nhost:h\n\nhost\nx");
}

static void sorts_a_query_after_encoding_it(void **state)
{
    char text[200];

    canonical(text, sizeof(text), "/", "b=2&a=%7e&b=1&a&%&X-Amz-Signature=00&&c=d=e");
    assert_string_equal(text, "GET\n/\n%25=&a=&a=~&b=1&b=2&c=d%3De\nhost:h\n\nhost\nx");
}

static void refuses_a_signed_header_that_is_missing(void **state)
{
    struct sigv4_request r = {
        .method = "GET", .path = "/", .query = "", .signed_headers = "host", .payload_hash = "x"
    };
    struct buf text;

    buf_init(&text, 10000);
    assert_int_equal(sigv4_canonical_request(&text, &r), -EINVAL);
    buf_clear(&text);
}

static void refuses_more_parameters_than_it_sorts(void **state)
{
    struct sigv4_request r = {
        .method = "GET", .path = "/", .signed_headers = "", .payload_hash = "x"
    };
    char query[1000] = "";
    struct buf text;

    for (int i = 0; i < 200; i++)
        strcat(query, "a&");
    r.query = query;
    buf_init(&text, 10000);
    assert_int_equal(sigv4_canonical_request(&text, &r), -E2BIG);
    buf_clear(&text);
}

static void takes_only_dates_that_exist(void **state)
{
    char date[SIGV4_DATE_SIZE];

    assert_int_equal(sigv4_parse_date("20150830T123600Z"), 1440938160000);
    sigv4_date(date, 1440938160000);
    assert_string_equal(date, "20150830T123600Z");
    assert_int_equal(sigv4_parse_date("20150631T123600Z"), -1);
    assert_int_equal(sigv4_parse_date("20150830T123660Z"), -1);
    assert_int_equal(sigv4_parse_date("20150830T12360Z"), -1);
    assert_int_equal(sigv4_parse_date("20150830T123600Z0"), -1);
    assert_int_equal(sigv4_parse_date("2015-08-30T12:36"), -1);
    assert_int_equal(sigv4_parse_date(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_every_published_example),
        cmocka_unit_test(writes_the_same_authorization_as_verification_expects),
        cmocka_unit_test(encodes_an_encoded_path_once_more),
        cmocka_unit_test(sorts_a_query_after_encoding_it),
        cmocka_unit_test(refuses_a_signed_header_that_is_missing),
        cmocka_unit_test(refuses_more_parameters_than_it_sorts),
        cmocka_unit_test(takes_only_dates_that_exist),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
