/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/hls_url.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct hls_url parse(const char *path)
{
    struct hls_url url;

    assert_true(hls_url_is_ours(path));
    assert_int_equal(hls_url_parse(&url, path), 0);
    return url;
}

static void reads_both_spellings_of_the_multivariant_url(void **state)
{
    static const char *const paths[] = {
        "/api/video/v1/us-west-2.000000000000.channel.AbCdEf123456.m3u8",
        "/api/video/v1/aws.ivs.us-west-2.000000000000.channel.AbCdEf123456.m3u8",
    };

    for (int i = 0; i < 2; i++) {
        struct hls_url url = parse(paths[i]);
        assert_int_equal(url.resource, HLS_MULTIVARIANT);
        assert_string_equal(url.region, "us-west-2");
        assert_string_equal(url.account, "000000000000");
        assert_string_equal(url.channel_id, "AbCdEf123456");
    }
}

static void reads_what_belongs_to_a_rendition(void **state)
{
    struct hls_url url = parse("/v1/live/st-1Ab/3/480p30/index.m3u8");

    assert_int_equal(url.resource, HLS_PLAYLIST);
    assert_string_equal(url.stream_id, "st-1Ab");
    assert_string_equal(url.rendition, "480p30");
    assert_int_equal(url.set, 3);

    url = parse("/v1/live/st-1Ab/0/audio_only/s12.ts");
    assert_int_equal(url.resource, HLS_SEGMENT);
    assert_int_equal(url.number, 12);
    assert_false(url.is_fmp4);
    url = parse("/v1/live/st-1Ab/0/a/p999999999999999.m4s");
    assert_int_equal(url.resource, HLS_PART);
    assert_int_equal(url.number, 999999999999999);
    assert_true(url.is_fmp4);
    url = parse("/v1/live/st-1Ab/0/a/i0.mp4");
    assert_int_equal(url.resource, HLS_INIT);
    assert_int_equal(url.number, 0);
}

static void refuses_everything_else(void **state)
{
    static const char *const paths[] = {
        "/v1/live/",
        "/v1/live/st-1",
        "/v1/live/st-1/0/a/",
        "/v1/live/st-1/0/a/index.m3u8x",
        "/v1/live/st-1/0/a/s.ts",
        "/v1/live/st-1/0/a/s1.mp4",
        "/v1/live/st-1/0/a/s1.ts/",
        "/v1/live/st-1/0/a/p1000000000000000.ts",
        "/v1/live/st-1/0/a/p-1.ts",
        "/v1/live/st-1/x/a/s1.ts",
        "/v1/live/st-1/1000000000/a/s1.ts",
        "/v1/live//0/a/s1.ts",
        "/v1/live/../0/a/s1.ts",
        "/v1/live/st%2d1/0/a/s1.ts",
        "/v1/live/st-1/0//s1.ts",
        "/v1/live/st-1/0/a/i1.ts",
        "/v1/live/st-1/0/a/q1.ts",
        "/v1/live/s/0/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/s1.ts",
        "/api/video/v1/",
        "/api/video/v1/r.1.channel..m3u8",
        "/api/video/v1/r.1.stage.A.m3u8",
        "/api/video/v1/r.1.channel.A.m3u8.gz",
        "/api/video/v1/aws.ivs.r.channel.A.m3u8",
    };
    struct hls_url url;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_true(hls_url_is_ours(paths[i]));
        assert_int_equal(hls_url_parse(&url, paths[i]), -EINVAL);
    }
    assert_false(hls_url_is_ours("/"));
    assert_false(hls_url_is_ours("/v1/liv"));
    assert_int_equal(hls_url_parse(&url, "/CreateChannel"), -EINVAL);
}

static void reads_directives_among_unknown_keys(void **state)
{
    struct hls_query query;

    assert_int_equal(hls_query_parse(&query, ""), 0);
    assert_false(query.has_msn || query.has_part || query.is_delta || query.allow_audio_only);
    assert_int_equal(
        hls_query_parse(&query, "player_version=1.2&_HLS_msn=12&_HLS_part=3&_HLS_skip=YES&x"), 0);
    assert_true(query.has_msn && query.has_part && query.is_delta);
    assert_int_equal(query.msn, 12);
    assert_int_equal(query.part, 3);
    assert_int_equal(hls_query_parse(&query, "&&_HLS_skip=v2&allow_audio_only=true"), 0);
    assert_true(query.is_delta && query.allow_audio_only);
    assert_int_equal(hls_query_parse(&query, "_HLS_skip=NO&allow_audio_only=trueish&token=a=b"), 0);
    assert_false(query.is_delta || query.allow_audio_only);
}

static void refuses_malformed_directives(void **state)
{
    static const char *const queries[] = {
        "_HLS_part=0",
        "_HLS_msn=",
        "_HLS_msn=-1",
        "_HLS_msn=1x",
        "_HLS_msn=1.0",
        "_HLS_msn=1000000000000000",
        "_HLS_msn=1&_HLS_part=",
        "_HLS_msn=1&_HLS_part=1000000000",
        "_HLS_msn=1&_HLS_part=1;",
        "a=b&_HLS_msn=%31",
    };
    struct hls_query query;

    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        assert_int_equal(hls_query_parse(&query, queries[i]), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_spellings_of_the_multivariant_url),
        cmocka_unit_test(reads_what_belongs_to_a_rendition),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(reads_directives_among_unknown_keys),
        cmocka_unit_test(refuses_malformed_directives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
