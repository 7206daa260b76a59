/* SPDX-License-Identifier: Apache-2.0 */
/* Tags, from signed request to reply. */
#include "api_fixture.h"

/* "/tags/<arn>", as SDKs encode it. */
static const char *tags_path(struct api_fixture *f, const char *arn)
{
    char *path = arena_alloc(f->arena, 3 * strlen(arn) + 10), *to = path;

    to += sprintf(to, "/tags/");
    for (; *arn; arn++)
        to += *arn == ':'   ? sprintf(to, "%%3A")
              : *arn == '/' ? sprintf(to, "%%2F")
                            : sprintf(to, "%c", *arn);
    return path;
}

static const char *make_channel(struct api_fixture *f, const char *body)
{
    assert_int_equal(api_call(f, "CreateChannel", "%s", body), 200);
    return answer_text(f, "channel.arn");
}

static void are_set_merged_and_removed(void **state)
{
    struct api_fixture *f = *state;
    const char *arn = make_channel(f, "{\"tags\":{\"a\":\"1\",\"b\":\"2\"}}");
    const char *path = tags_path(f, arn);

    assert_int_equal(api_request(f, "POST", path, "{\"tags\":{\"b\":\"3\",\"c d\":\"\"}}"), 200);
    assert_int_equal(api_request(f, "GET", path, ""), 200);
    assert_int_equal(json_object_size(answer_at(f, "tags")), 3);
    assert_string_equal(answer_text(f, "tags.b"), "3");
    assert_int_equal(
        api_request(f, "DELETE",
                    arena_printf(f->arena, "%s?tagKeys=c%%20d&tagKeys=a&tagKeys=z", path), ""),
        200);
    assert_int_equal(api_call(f, "GetChannel", "{\"arn\":\"%s\"}", arn), 200);
    assert_int_equal(json_object_size(answer_at(f, "channel.tags")), 1);
    assert_string_equal(answer_text(f, "channel.tags.b"), "3");
}

static void fit_any_resource_that_exists(void **state)
{
    struct api_fixture *f = *state;
    const char *key;

    make_channel(f, "{}");
    key = answer_text(f, "streamKey.arn");
    assert_int_equal(api_request(f, "POST", tags_path(f, key), "{\"tags\":{\"a\":\"1\"}}"), 200);
    assert_int_equal(api_call(f, "GetStreamKey", "{\"arn\":\"%s\"}", key), 200);
    assert_string_equal(answer_text(f, "streamKey.tags.a"), "1");
    assert_int_equal(
        api_request(f, "GET", tags_path(f, "arn:aws:ivs:" REGION ":" ACCOUNT ":channel/none"), ""),
        404);
    assert_int_equal(
        api_request(f, "GET", tags_path(f, "arn:aws:ivs:" REGION ":999999999999:channel/a"), ""),
        403);
    assert_int_equal(
        api_request(f, "GET", tags_path(f, "arn:aws:ivs:" REGION ":" ACCOUNT ":nothing/a"), ""),
        404);
    assert_int_equal(api_request(f, "GET", "/tags/hello", ""), 400);
    assert_error(f, "ValidationException", "'resourceArn'");
}

static void are_refused_where_they_break_a_rule(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "{\"tags\":{\"\":\"1\"}}",
        "{\"tags\":{\"AWS:a\":\"1\"}}",
        "{\"tags\":{\"a!\":\"1\"}}",
        "{\"tags\":{\"a\":\"?\"}}",
    };
    struct api_fixture *f = *state;
    const char *path = tags_path(f, make_channel(f, "{}"));

    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_int_equal(api_request(f, "POST", path, bodies[i]), 400);
        assert_error(f, "ValidationException", "tags");
    }
    assert_int_equal(api_request(f, "DELETE", path, ""), 400);
    assert_error(f, "ValidationException", "'tagKeys'");
}

static void are_fifty_at_most(void **state)
{
    struct api_fixture *f = *state;
    const char *path = tags_path(f, make_channel(f, "{}"));

    for (int i = 0; i < 50; i++)
        assert_int_equal(
            api_request(f, "POST", path, arena_printf(f->arena, "{\"tags\":{\"k%d\":\"\"}}", i)),
            200);
    assert_int_equal(api_request(f, "POST", path, "{\"tags\":{\"k0\":\"again\"}}"), 200);
    assert_int_equal(api_request(f, "POST", path, "{\"tags\":{\"one more\":\"\"}}"), 400);
    assert_error(f, "ValidationException", "50");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(are_set_merged_and_removed),
        API_TEST(fit_any_resource_that_exists),
        API_TEST(are_refused_where_they_break_a_rule),
        API_TEST(are_fifty_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
