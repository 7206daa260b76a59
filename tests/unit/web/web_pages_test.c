/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of web_pages_handle(), caught where they would go out. */
#include "web/web_pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/http_server.h"

static struct {
    int status;
    char headers[1024]; /* "name: value\n" each */
    char body[16384];   /* its beginning */
    size_t body_len;
} answer;

const char *http_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (!strcmp(request->headers[i].name, name))
            return request->headers[i].value;
    }
    return NULL;
}

void http_respond(struct http_exchange *exchange, const struct http_response *response)
{
    size_t used = 0;

    memset(&answer, 0, sizeof(answer));
    answer.status = response->status;
    for (size_t i = 0; i < response->header_count; i++)
        used += snprintf(answer.headers + used, sizeof(answer.headers) - used, "%s: %s\n",
                         response->headers[i].name, response->headers[i].value);
    for (size_t i = 0; i < response->body_count; i++) {
        snprintf(answer.body, sizeof(answer.body), "%.*s", (int)response->body[i].len,
                 (const char *)response->body[i].data);
        answer.body_len += response->body[i].len;
    }
}

static bool ask(const char *method, const char *path, const char *name, const char *value)
{
    static const struct web_pages_config config = { "us-west-2", "000000000000" };
    struct http_header header = { name, value };
    struct http_request request = {
        .method = method, .path = path, .headers = &header, .header_count = name ? 1 : 0
    };

    return web_pages_handle(&config, NULL, &request);
}

static void leaves_other_paths_alone(void **state)
{
    assert_false(ask("GET", "/api/video/v1/x.m3u8", NULL, NULL));
    assert_false(ask("GET", "/", NULL, NULL));
}

static void writes_the_playback_url_into_the_page(void **state)
{
    assert_true(ask("GET", "/watch/AbCdEf123456", NULL, NULL));
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "content=\"/api/video/v1/us-west-2.000000000000.channel."
                                        "AbCdEf123456.m3u8\""));
    assert_null(strstr(answer.body, "{{"));
    assert_non_null(strstr(answer.body, "</html>"));
}

static void never_writes_markup_into_the_page(void **state)
{
    assert_true(ask("GET", "/watch/\"><script>", NULL, NULL));
    assert_int_equal(answer.status, 404);
    assert_true(ask("GET", "/watch/", NULL, NULL));
    assert_int_equal(answer.status, 404);
    assert_true(ask("GET", "/watch/a/b", NULL, NULL));
    assert_int_equal(answer.status, 404);
}

static void compresses_for_those_who_take_it(void **state)
{
    size_t plain_len;

    ask("GET", "/web/hls.js", NULL, NULL);
    assert_int_equal(answer.status, 200);
    assert_null(strstr(answer.headers, "content-encoding"));
    plain_len = answer.body_len;
    ask("GET", "/web/hls.js", "accept-encoding", "br, gzip;q=0.8");
    assert_non_null(strstr(answer.headers, "content-encoding: gzip\n"));
    assert_true(answer.body_len < plain_len / 2);
    ask("GET", "/web/hls.js", "accept-encoding", "gzip;q=0");
    assert_int_equal(answer.body_len, plain_len);
}

static void sends_nothing_twice(void **state)
{
    char etag[64] = "";

    ask("GET", "/web/watch.js", NULL, NULL);
    assert_int_equal(sscanf(strstr(answer.headers, "etag: "), "etag: %63s", etag), 1);
    ask("GET", "/web/watch.js", "if-none-match", etag);
    assert_int_equal(answer.status, 304);
    assert_int_equal(answer.body_len, 0);
}

static void refuses_other_methods(void **state)
{
    ask("POST", "/watch/AbCdEf123456", NULL, NULL);
    assert_int_equal(answer.status, 405);
    assert_non_null(strstr(answer.headers, "allow: GET, HEAD\n"));
}

static void does_not_show_the_raw_page(void **state)
{
    ask("GET", "/web/watch.html", NULL, NULL);
    assert_int_equal(answer.status, 404);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_other_paths_alone),
        cmocka_unit_test(writes_the_playback_url_into_the_page),
        cmocka_unit_test(never_writes_markup_into_the_page),
        cmocka_unit_test(compresses_for_those_who_take_it),
        cmocka_unit_test(sends_nothing_twice),
        cmocka_unit_test(refuses_other_methods),
        cmocka_unit_test(does_not_show_the_raw_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
