/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call at all: signatures, sessions, clocks. */
#include "api_fixture.h"

#include <stdio.h>

#include "net/sigv4.h"

#define GET_CHANNEL "{\"arn\":\"arn:aws:ivs:" REGION ":" ACCOUNT ":channel/abcdefgh1234\"}"
#define HEADERS_MAX 16

/* A request that tests bend before they sign it, and after. */
struct bent {
    struct http_request request;
    struct http_header headers[HEADERS_MAX];
    struct sigv4_signer signer;
    char date[SIGV4_DATE_SIZE];
    char hash[SHA256_HEX_SIZE];
};

static void set_header(struct bent *b, const char *name, const char *value)
{
    for (size_t i = 0; i < b->request.header_count; i++) {
        if (!strcmp(b->headers[i].name, name)) {
            b->headers[i].value = value;
            return;
        }
    }
    b->headers[b->request.header_count++] = (struct http_header){ name, value };
}

static void drop_header(struct bent *b, const char *name)
{
    for (size_t i = 0; i < b->request.header_count; i++)
        if (!strcmp(b->headers[i].name, name))
            b->headers[i] = b->headers[--b->request.header_count];
}

static struct bent *start(struct api_fixture *f)
{
    struct bent *b = arena_zalloc(f->arena, sizeof(*b));

    b->request = (struct http_request){ .method = "POST",
                                        .target = "/GetChannel",
                                        .path = "/GetChannel",
                                        .query = "",
                                        .host = "127.0.0.1:8080",
                                        .headers = b->headers,
                                        .body = (const uint8_t *)GET_CHANNEL,
                                        .body_len = strlen(GET_CHANNEL),
                                        .peer = "127.0.0.1" };
    b->signer = (struct sigv4_signer){ f->key.id, f->key.secret, REGION, "ivs" };
    sigv4_date(b->date, clock_wall_ms());
    set_header(b, "host", b->request.host);
    set_header(b, "x-amz-date", b->date);
    return b;
}

static void sign(struct api_fixture *f, struct bent *b)
{
    struct sigv4_request r = { .method = b->request.method,
                               .path = b->request.path,
                               .query = b->request.query,
                               .headers = b->headers,
                               .header_count = b->request.header_count,
                               .payload_hash = b->hash };
    const char *authorization;

    if (!*b->hash)
        sha256_hex(b->hash, b->request.body, b->request.body_len);
    assert_int_equal(sigv4_sign(&authorization, f->arena, &b->signer, &r), 0);
    set_header(b, "authorization", authorization);
}

/* A right signature gets as far as the channel that is not there. */
static void assert_let_in(struct api_fixture *f, struct bent *b)
{
    if (api_serve_request(f, &b->request) != 404)
        fail_msg("%.*s", (int)f->reply.body_len, f->reply.body);
    assert_error(f, "ResourceNotFoundException", NULL);
}

static void assert_refused(struct api_fixture *f, struct bent *b, const char *error,
                           const char *words)
{
    assert_int_equal(api_serve_request(f, &b->request), 403);
    assert_error(f, error, words);
}

static void lets_a_right_signature_in(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    set_header(b, "content-type", "application/json");
    set_header(b, "amz-sdk-request", "attempt=1");
    sign(f, b);
    assert_let_in(f, b);
    set_header(b, "x-forwarded-for", "unsigned headers do not matter");
    assert_let_in(f, b);
}

static void takes_the_host_from_http2(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    sign(f, b);
    drop_header(b, "host");
    assert_let_in(f, b);
}

static void refuses_what_was_changed_after_signing(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    sign(f, b);
    b->request.body_len--;
    assert_refused(f, b, "InvalidSignatureException", "does not match the signature");
    b->request.body_len++;
    b->request.query = "a=b";
    assert_refused(f, b, "InvalidSignatureException", NULL);
    b->request.query = "";
    set_header(b, "host", "127.0.0.1");
    assert_refused(f, b, "InvalidSignatureException", NULL);
    set_header(b, "host", "127.0.0.1:8080");
    assert_let_in(f, b);
}

static void a_hash_in_the_headers_must_be_the_bodys(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    sha256_hex(b->hash, "another body", 12);
    set_header(b, "x-amz-content-sha256", b->hash);
    sign(f, b);
    assert_refused(f, b, "InvalidSignatureException", "x-amz-content-sha256");
    b = start(f);
    sha256_hex(b->hash, b->request.body, b->request.body_len);
    set_header(b, "x-amz-content-sha256", b->hash);
    sign(f, b);
    assert_let_in(f, b);
}

static void an_unsigned_body_needs_tls(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    strcpy(b->hash, SIGV4_UNSIGNED_BODY);
    set_header(b, "x-amz-content-sha256", SIGV4_UNSIGNED_BODY);
    sign(f, b);
    assert_refused(f, b, "InvalidSignatureException", "TLS");
    b->request.is_tls = true;
    assert_let_in(f, b);
}

static void names_what_is_missing(void **state)
{
    static const char *const broken[] = {
        "",
        "Bearer abc",
        "AWS4-HMAC-SHA1 Credential=a",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 SignedHeaders=host;x-amz-date, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20270115/us-west-2/ivs/aws4_request, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20270115/us-west-2/ivs/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=A/20270115/us-west-2/ivs/aws4_request, SignedHeaders=host, "
        "Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20270115/us-west-2/ivs, SignedHeaders=host;x-amz-date, "
        "Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20270115/us-west-2/ivs/aws5, "
        "SignedHeaders=host;x-amz-date, Signature=0",
        "AWS4-HMAC-SHA256 Credential=A/20270116/us-west-2/ivs/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0",
    };
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    assert_refused(f, b, "MissingAuthenticationTokenException", NULL);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        set_header(b, "authorization", broken[i]);
        assert_refused(f, b, "IncompleteSignatureException", NULL);
    }
    b = start(f);
    sign(f, b);
    set_header(b, "x-amz-date", "yesterday");
    assert_refused(f, b, "IncompleteSignatureException", "Date");
}

static void the_scope_must_be_this_region_and_service(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    b->signer.region = "eu-west-1";
    sign(f, b);
    assert_refused(f, b, "InvalidSignatureException", "'us-west-2', not 'eu-west-1'");
    b = start(f);
    b->signer.service = "s3";
    sign(f, b);
    assert_refused(f, b, "InvalidSignatureException", "'ivs', not 's3'");
}

static void five_minutes_of_clock_are_forgiven(void **state)
{
    static const struct {
        int seconds;
        const char *words; /* NULL: let in */
    } cases[] = {
        { -299, NULL },
        { 299, NULL },
        { -301, "Signature expired: 20270115T075459Z is now earlier than 20270115T080000Z" },
        { 301, "Signature not yet current: 20270115T080501Z is still later than" },
    };
    struct api_fixture *f = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bent *b = start(f);

        sigv4_date(b->date, clock_wall_ms() + cases[i].seconds * 1000);
        sign(f, b);
        if (cases[i].words)
            assert_refused(f, b, "InvalidSignatureException", cases[i].words);
        else
            assert_let_in(f, b);
    }
}

static void only_known_and_enabled_keys_count(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);

    b->signer.access_key = "AKIANOSUCHKEY";
    sign(f, b);
    assert_refused(f, b, "UnrecognizedClientException", NULL);
    b = start(f);
    b->signer.secret = "wrong";
    sign(f, b);
    assert_refused(f, b, "InvalidSignatureException", NULL);
    assert_int_equal(access_key_set_enabled(f->store, f->key.id, false), 0);
    api_fixture_restart(f, NULL, true);
    b = start(f);
    sign(f, b);
    assert_refused(f, b, "UnrecognizedClientException", NULL);
}

static void a_session_needs_its_token_and_ends(void **state)
{
    struct api_fixture *f = *state;
    struct access_key_spec spec = { .account = ACCOUNT,
                                    .policy_json = access_key_administrator,
                                    .session_minutes = 60 };
    struct bent *b;

    access_key_make(&f->key, f->arena, &spec);
    assert_int_equal(access_key_add(f->store, &f->key), 0);
    api_fixture_restart(f, NULL, true);
    b = start(f);
    sign(f, b);
    assert_refused(f, b, "UnrecognizedClientException", NULL);
    set_header(b, "x-amz-security-token", "wrong");
    assert_refused(f, b, "UnrecognizedClientException", NULL);
    b = start(f);
    set_header(b, "x-amz-security-token", f->key.session_token);
    sign(f, b);
    assert_let_in(f, b);
    clock_advance_us(INT64_C(3600) * 1000000);
    b = start(f);
    set_header(b, "x-amz-security-token", f->key.session_token);
    sign(f, b);
    assert_refused(f, b, "ExpiredTokenException", NULL);
}

/* --- presigned --- */

static struct bent *presign(struct api_fixture *f, int seconds)
{
    struct bent *b = start(f);
    uint8_t key[SHA256_SIZE];
    char signature[SHA256_HEX_SIZE];
    const char *scope = arena_printf(f->arena, "%.8s/" REGION "/ivs/aws4_request", b->date);
    struct sigv4_request r = { .method = "POST",
                               .path = b->request.path,
                               .headers = b->headers,
                               .header_count = 1,
                               .signed_headers = "host",
                               .payload_hash = b->hash };

    drop_header(b, "x-amz-date");
    sha256_hex(b->hash, b->request.body, b->request.body_len);
    r.query = arena_printf(f->arena,
                           "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s%%2F%.8s%%2F" REGION
                           "%%2Fivs%%2Faws4_request&X-Amz-Date=%s&X-Amz-Expires=%d"
                           "&X-Amz-SignedHeaders=host",
                           f->key.id, b->date, b->date, seconds);
    sigv4_signing_key(key, f->key.secret, b->date, REGION, "ivs");
    assert_int_equal(sigv4_signature(signature, key, b->date, scope, &r), 0);
    b->request.query = arena_printf(f->arena, "%s&X-Amz-Signature=%s", r.query, signature);
    return b;
}

static void a_presigned_url_lasts_as_long_as_it_says(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = presign(f, 600);

    assert_let_in(f, b);
    clock_advance_us(INT64_C(600) * 1000000);
    assert_let_in(f, b);
    clock_advance_us(1000000);
    assert_refused(f, b, "InvalidSignatureException", "Signature expired");
    b = presign(f, 7 * 24 * 3600);
    clock_advance_us(INT64_C(7) * 24 * 3600 * 1000000);
    assert_let_in(f, b);
    assert_refused(f, presign(f, 7 * 24 * 3600 + 1), "IncompleteSignatureException", "604800");
    assert_refused(f, presign(f, 0), "IncompleteSignatureException", "604800");
}

static void a_presigned_url_cannot_be_changed(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = presign(f, 600);

    b->request.query = arena_printf(f->arena, "%s&a=b", b->request.query);
    assert_refused(f, b, "InvalidSignatureException", NULL);
}

/* --- sts --- */

static void says_who_calls_in_any_region(void **state)
{
    struct api_fixture *f = *state;
    struct bent *b = start(f);
    static const char form[] = "Action=GetCallerIdentity&Version=2011-06-15";

    b->request.path = "/";
    b->request.body = (const uint8_t *)form;
    b->request.body_len = strlen(form);
    b->signer.service = "sts";
    b->signer.region = "us-east-1";
    sign(f, b);
    assert_int_equal(api_serve_request(f, &b->request), 200);
    assert_string_equal(reply_header(f, "content-type"), "text/xml");
    assert_non_null(strstr(f->reply.body, "<Account>" ACCOUNT "</Account>"));
    assert_non_null(
        strstr(f->reply.body,
               arena_printf(f->arena, "<Arn>arn:aws:iam::" ACCOUNT ":user/%s</Arn>", f->key.id)));
    b->request.body_len -= 1;
    assert_int_equal(api_serve_request(f, &b->request), 403);
    assert_non_null(strstr(f->reply.body, "<Code>SignatureDoesNotMatch</Code>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(lets_a_right_signature_in),
        API_TEST(takes_the_host_from_http2),
        API_TEST(refuses_what_was_changed_after_signing),
        API_TEST(a_hash_in_the_headers_must_be_the_bodys),
        API_TEST(an_unsigned_body_needs_tls),
        API_TEST(names_what_is_missing),
        API_TEST(the_scope_must_be_this_region_and_service),
        API_TEST(five_minutes_of_clock_are_forgiven),
        API_TEST(only_known_and_enabled_keys_count),
        API_TEST(a_session_needs_its_token_and_ends),
        API_TEST(a_presigned_url_lasts_as_long_as_it_says),
        API_TEST(a_presigned_url_cannot_be_changed),
        API_TEST(says_who_calls_in_any_region),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
