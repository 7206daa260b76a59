/* SPDX-License-Identifier: Apache-2.0 */
/* What two servers in a row could read differently must be refused. The cases are those of RFC 9112
 * sections 2.2, 5, 6 and 11.2, of the advisories CVE-2019-20372, CVE-2021-22959, CVE-2021-22960,
 * CVE-2022-32213 to 32215, CVE-2022-35256, CVE-2023-30589 and CVE-2024-27982, and of the published
 * collections of request smuggling (CL.TE, TE.CL, TE.TE, chunk extensions). Each is tried whole and
 * cut in two at every place. */
#include "net/http1_parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define POST   "POST /path HTTP/1.1\r\nHost: here\r\n"
#define GET    "GET /path HTTP/1.1\r\nHost: here\r\n"
#define LENGTH "Content-Length: 5\r\n"
#define CHUNKS "Transfer-Encoding: chunked\r\n"

/* What came of feeding `text`: how many requests, and the status of a refusal or 0. */
struct outcome {
    int requests;
    int status;
    char last_body[64];
    char last_path[64];
};

static void note_request(struct http1_parser *parser, struct outcome *outcome)
{
    const struct http_request *request = &parser->message.request;

    outcome->requests++;
    snprintf(outcome->last_body, sizeof(outcome->last_body), "%.*s", (int)request->body_len,
             request->body_len ? (const char *)request->body : "");
    snprintf(outcome->last_path, sizeof(outcome->last_path), "%s", request->path);
    http_message_clear(&parser->message);
}

static void feed(struct http1_parser *parser, const char *text, size_t len, struct outcome *outcome)
{
    uint8_t *copy = mem_dup(text, len); /* of exactly this size: reading past it is found */
    size_t at = 0, used = 0;

    while (at < len && !outcome->status) {
        switch (http1_parser_feed(parser, copy + at, len - at, &used)) {
        case HTTP1_MORE:
            assert_int_equal(used, len - at);
            break;
        case HTTP1_HEAD:
            parser->message.body.max = 32;
            break;
        case HTTP1_REQUEST:
            note_request(parser, outcome);
            break;
        case HTTP1_BAD:
            outcome->status = parser->status;
            break;
        }
        at += used;
    }
    mem_free(copy);
}

static struct outcome parse_cut(const char *text, size_t len, size_t cut)
{
    struct outcome outcome = { 0 };
    struct http1_parser parser;

    http1_parser_init(&parser);
    feed(&parser, text, cut, &outcome);
    feed(&parser, text + cut, len - cut, &outcome);
    http1_parser_clear(&parser);
    return outcome;
}

static struct outcome parse(const char *text, size_t len)
{
    struct outcome whole = parse_cut(text, len, len);

    for (size_t cut = 0; cut < len; cut++) {
        struct outcome outcome = parse_cut(text, len, cut);
        if (memcmp(&outcome, &whole, sizeof(whole)) != 0)
            fail_msg("another outcome when cut at %zu: %s", cut, text);
    }
    return whole;
}

static void refuses_what_could_be_read_in_two_ways(void **state)
{
    /* clang-format off */
    static const struct { const char *text; int status; } cases[] = {
        /* line ends */
        { "GET / HTTP/1.1\rHost: here\r\n\r\n", 400 },
        { "GET / HTTP/1.1\nHost: here\n\n", 400 },
        { "GET / HTTP/1.1\r\nHost: here\r\n\n", 400 },
        { GET "X: a\rY: b\r\n\r\n", 400 },
        { GET "X:\r" LENGTH "\r\n", 400 },
        { GET "X: a\r\rY: b\r\n\r\n", 400 },
        { GET "X: a\nY: b\r\n\r\n", 400 },
        { GET "X: a\n\r\n", 400 },
        { POST "X:\r" CHUNKS "\r\n1\r\nA\r\n0\r\n\r\n", 400 },
        { GET "Dummy: x\rContent-Length: 23\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400 },
        { GET "X: a\r\n\rGET /admin HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        /* folding, white space in the wrong places */
        { GET "X: a\r\n b\r\n\r\n", 400 },
        { GET "X: a\r\n\tb\r\n\r\n", 400 },
        { POST " " LENGTH "\r\nhello", 400 },
        { POST "\t" CHUNKS "\r\n0\r\n\r\n", 400 },
        { POST "X:\r\n " CHUNKS "\r\n0\r\n\r\n", 400 },
        { POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400 },
        { POST "Content-Length : 5\r\n\r\nhello", 400 },
        { POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400 },
        { POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400 },
        { " GET / HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        { "GET / HTTP/1.1 \r\nHost: here\r\n\r\n", 400 },
        { "GET\t/ HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        { "GET / x HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        /* two lengths */
        { POST LENGTH LENGTH "\r\nhello", 400 },
        { POST LENGTH "Content-Length: 6\r\n\r\nhello", 400 },
        { POST "Content-Length: 5, 5\r\n\r\nhello", 400 },
        { POST "Content-Length: 5 5\r\n\r\nhello", 400 },
        { POST LENGTH CHUNKS "\r\n0\r\n\r\n", 400 },
        { POST CHUNKS LENGTH "\r\n0\r\n\r\n", 400 },
        { POST CHUNKS CHUNKS "\r\n0\r\n\r\n", 400 },
        { POST "Content-Length: 0\r\n" CHUNKS "\r\n0\r\n\r\n", 400 },
        /* lengths that are none */
        { POST "Content-Length: +5\r\n\r\nhello", 400 },
        { POST "Content-Length: -5\r\n\r\nhello", 400 },
        { POST "Content-Length: 0x5\r\n\r\nhello", 400 },
        { POST "Content-Length: 5a\r\n\r\nhello", 400 },
        { POST "Content-Length: \r\n\r\n", 400 },
        { POST "Content-Length: 99999999999999999999999\r\n\r\n", 400 },
        { POST "Content-Length: 18446744073709551617\r\n\r\n", 400 },
        /* codings that are not exactly chunked */
        { POST "Transfer-Encoding: identity\r\n\r\n", 501 },
        { POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400 },
        { POST "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400 },
        { POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 501 },
        { POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n", 400 },
        { POST "Transfer-Encoding: \r\n\r\n", 501 },
        { "POST / HTTP/1.0\r\nHost: here\r\n" CHUNKS "\r\n0\r\n\r\n", 400 },
        /* chunks */
        { POST CHUNKS "\r\n0x5\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n+5\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n-5\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n 5\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\rhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\r\nhello0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\r\nhello\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\r\nhelloXX0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5;a\nb\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5;a\rb\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n", 400 },
        { POST CHUNKS "\r\n5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n", 400 },
        /* hosts */
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { GET "Host: there\r\n\r\n", 400 },
        { GET "Host: here\r\n\r\n", 400 },
        { "GET http://there/ HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        /* names and targets */
        { GET "X Y: a\r\n\r\n", 400 },
        { GET ": a\r\n\r\n", 400 },
        { GET "X\r\n\r\n", 400 },
        { GET "X(: a\r\n\r\n", 400 },
        { GET "Content-Length\x80: 5\r\n\r\n", 400 },
        { GET "X: a\x01\r\n\r\n", 400 },
        { "GET path HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        { "GET /a#b HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        { "GET ftp://here/ HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        /* versions and methods */
        { "GET / HTTP/2.0\r\nHost: here\r\n\r\n", 505 },
        { "GET / HTTP/0.9\r\nHost: here\r\n\r\n", 505 },
        { "GET / HTTP/1.2\r\nHost: here\r\n\r\n", 400 },
        { "GET / http/1.1\r\nHost: here\r\n\r\n", 400 },
        { "GET /\r\n\r\n", 505 },
        { "get / HTTP/1.1\r\nHost: here\r\n\r\n", 400 },
        { "CONNECT here:443 HTTP/1.1\r\nHost: here:443\r\n\r\n", 400 },
        { POST "Expect: 200-ok\r\n" LENGTH "\r\nhello", 417 },
    };
    /* clang-format on */

    int failures = 0;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome outcome = parse(cases[i].text, strlen(cases[i].text));
        if (!outcome.requests && outcome.status == cases[i].status)
            continue;
        failures++;
        print_error("%d requests, status %d instead of %d: %s", outcome.requests, outcome.status,
                    cases[i].status, cases[i].text);
    }
    assert_int_equal(failures, 0);
}

static void refuses_nul_bytes(void **state)
{
    static const char in_value[] = GET "X: a\0b\r\n\r\n";
    static const char in_name[] = GET "X\0Y: a\r\n\r\n";
    static const char in_target[] = "GET /a\0b HTTP/1.1\r\nHost: here\r\n\r\n";

    assert_int_equal(parse(in_value, sizeof(in_value) - 1).status, 400);
    assert_int_equal(parse(in_name, sizeof(in_name) - 1).status, 400);
    assert_int_equal(parse(in_target, sizeof(in_target) - 1).status, 400);
}

static void reads_what_has_one_meaning(void **state)
{
    /* clang-format off */
    static const struct { const char *text, *body, *path; int requests; } cases[] = {
        { GET "\r\n", "", "/path", 1 },
        { "\r\n" GET "\r\n", "", "/path", 1 },
        { GET "X:\r\nY:   \r\n\r\n", "", "/path", 1 },
        { GET "\r\n" GET "\r\n", "", "/path", 2 },
        { POST LENGTH "\r\nhello", "hello", "/path", 1 },
        { POST "content-LENGTH:5\r\n\r\nhello" GET "\r\n", "", "/path", 2 },
        { POST "Content-Length: 0\r\n\r\n", "", "/path", 1 },
        { POST LENGTH "\r\na\rb\nc", "a\rb\nc", "/path", 1 },
        { POST CHUNKS "\r\n5\r\nhello\r\n0\r\n\r\n", "hello", "/path", 1 },
        { POST "Transfer-Encoding: Chunked \r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", "/path", 1 },
        { POST CHUNKS "\r\n5;name;other\r\n\nell\r\r\n0\r\n\r\n", "\nell\r", "/path", 1 },
        { POST CHUNKS "\r\n0A\r\n0123456789\r\n00\r\nTrailer: x\r\n\r\n" GET "\r\n", "", "/path", 2 },
        { "GET http://here/other?x HTTP/1.1\r\nHost: here\r\n\r\n", "", "/other", 1 },
        { "GET http://here HTTP/1.1\r\nHost: here\r\n\r\n", "", "/", 1 },
        { "OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n", "", "*", 1 },
        { "GET / HTTP/1.0\r\n\r\n", "", "/", 1 },
        { GET "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "", "/path", 1 },
        { POST "Upgrade: h2c\r\nConnection: Upgrade\r\n" LENGTH "\r\nhello", "hello", "/path", 1 },
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct outcome outcome = parse(cases[i].text, strlen(cases[i].text));
        if (outcome.requests != cases[i].requests || outcome.status)
            fail_msg("%d requests, status %d: %s", outcome.requests, outcome.status, cases[i].text);
        assert_string_equal(outcome.last_body, cases[i].body);
        assert_string_equal(outcome.last_path, cases[i].path);
    }
}

static void parses_head_into(struct http1_parser *parser, const char *text)
{
    size_t used;

    http1_parser_init(parser);
    assert_int_equal(http1_parser_feed(parser, (const uint8_t *)text, strlen(text), &used),
                     HTTP1_REQUEST);
}

static void tells_target_path_query_and_headers_apart(void **state)
{
    struct http1_parser parser;
    const struct http_request *request = &parser.message.request;

    parses_head_into(&parser, "GET /a%2Fb/c?d=e?f&g HTTP/1.1\r\nHOST: Here:80\r\n"
                              "X-Long:  two words \t\r\nx-empty:\r\n\r\n");
    assert_string_equal(request->method, "GET");
    assert_string_equal(request->target, "/a%2Fb/c?d=e?f&g");
    assert_string_equal(request->path, "/a%2Fb/c");
    assert_string_equal(request->query, "d=e?f&g");
    assert_string_equal(request->host, "Here:80");
    assert_int_equal(request->header_count, 3);
    assert_string_equal(http_header(request, "x-long"), "two words");
    assert_string_equal(http_header(request, "x-empty"), "");
    assert_null(http_header(request, "x-other"));
    http1_parser_clear(&parser);
}

static void says_whether_the_connection_goes_on(void **state)
{
    /* clang-format off */
    static const struct { const char *text; bool keeps_alive; } cases[] = {
        { GET "\r\n", true },
        { GET "Connection: close\r\n\r\n", false },
        { GET "Connection: x, Close\r\n\r\n", false },
        { "GET / HTTP/1.0\r\n\r\n", false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
    };
    /* clang-format on */
    struct http1_parser parser;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        parses_head_into(&parser, cases[i].text);
        assert_int_equal(parser.keeps_alive, cases[i].keeps_alive);
        http1_parser_clear(&parser);
    }
}

static int status_of_long(const char *begin, char filler, size_t len, const char *end)
{
    size_t begin_len = strlen(begin), end_len = strlen(end);
    char *text = mem_alloc(begin_len + len + end_len);
    struct outcome outcome;

    memcpy(text, begin, begin_len);
    memset(text + begin_len, filler, len);
    memcpy(text + begin_len + len, end, end_len);
    outcome = parse_cut(text, begin_len + len + end_len, begin_len);
    mem_free(text);
    return outcome.requests ? 200 : outcome.status;
}

static void bounds_every_part(void **state)
{
    char many[4096] = GET;

    assert_int_equal(status_of_long("GET /", 'a', 8000, " HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
    assert_int_equal(status_of_long("GET /", 'a', 9000, " HTTP/1.1\r\nHost: h\r\n\r\n"), 414);
    assert_int_equal(status_of_long(GET "X: ", 'a', 30000, "\r\n\r\n"), 200);
    assert_int_equal(status_of_long(GET "X: ", 'a', 40000, "\r\n\r\n"), 431);
    assert_int_equal(status_of_long(GET "X", 'a', 40000, ": a\r\n\r\n"), 431);
    assert_int_equal(status_of_long(GET "X: ", ' ', 100000, "a\r\n\r\n"), 431);
    assert_int_equal(status_of_long(POST CHUNKS "\r\n5;x=", 'a', 100000, "\r\nhello\r\n0\r\n\r\n"),
                     431);
    assert_int_equal(
        status_of_long(POST CHUNKS "\r\n5\r\nhello\r\n0\r\nX: ", 'a', 100000, "\r\n\r\n"), 431);
    assert_int_equal(status_of_long(POST "Content-Length: 33\r\n\r\n", 'a', 33, ""), 413);
    for (int i = 0; i < 101; i++)
        strcat(many, "X: a\r\n");
    strcat(many, "\r\n");
    assert_int_equal(parse_cut(many, strlen(many), 10).status, 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_could_be_read_in_two_ways),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(reads_what_has_one_meaning),
        cmocka_unit_test(tells_target_path_query_and_headers_apart),
        cmocka_unit_test(says_whether_the_connection_goes_on),
        cmocka_unit_test(bounds_every_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
