/* SPDX-License-Identifier: Apache-2.0 */
/* One loop, driven by hand, with fake exchanges and a fake clock. */
#include "deliver/hls_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "deliver/deliver_internal.h"
#include "deliver/stream_feed.h"
#include "fake_exchange.h"
#include "net/loop.h"
#include "segment_fixture.h"

#define CHANNEL_URL "/api/video/v1/us-west-2.000000000000.channel.AbCdEf123456.m3u8"
#define SOURCE      "/v1/live/st-1/0/720p30/"
#define PARTS       3 /* of a segment: one second */
#define TARGET_S    2
#define SECOND_US   INT64_C(1000000)

static struct loop *loop;
static struct hls_hub *hub;
static struct stream_feed *feed;
static struct http_exchange *made[64];
static int made_count;

/* clang-format off */
#define VIEWS_MAX 10

static const struct feed_rendition renditions[] = {
    { .id = "720p30", .name = "720p", .codecs = "avc1.4D401F,mp4a.40.2", .width = 1280, .height = 720,
      .fps = 30, .declared_bps = 2400000 },
    { .id = "480p30", .name = "480p", .codecs = "avc1.4D401F,mp4a.40.2", .width = 852, .height = 480,
      .fps = 30, .declared_bps = 1400000 },
    { .id = "audio_only", .name = "audio_only", .codecs = "mp4a.40.2", .declared_bps = 64000,
      .is_audio_only = true, .is_on_request = true },
};
static const struct stream_feed_config low_ts = {
    .channel_id = "AbCdEf123456", .region = "us-west-2", .account = "000000000000", .stream_id = "st-1",
    .target_duration_s = TARGET_S, .part_target = FIXTURE_PART + 3000,
    .started_wall_ms = FIXTURE_FIRST_MS, .renditions = renditions, .rendition_count = 3,
};
/* clang-format on */

/* Messages bring messages: from the feed to its own loop, from there to all. */
static void pump(void)
{
    for (int i = 0; i < 6; i++)
        uv_run(loop_uv(loop), UV_RUN_NOWAIT);
}

static void pass(int64_t us)
{
    clock_advance_us(us);
    hls_server_tick(hls_hub_server(hub, 0));
}

static int set_up(void **state)
{
    static const struct hls_config config = {
        .public_url = "https://live.example.com",
        .node = "edge-1",
        .tells_publication = true,
        .max_views = VIEWS_MAX,
    };

    clock_set_fake(SECOND_US, FIXTURE_FIRST_MS * 1000);
    loop = loop_create(0);
    hub = hls_hub_create(&config, &loop, 1);
    feed = NULL;
    made_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    stream_feed_destroy(feed);
    pump();
    hls_hub_stop(hub);
    loop_stop(loop);
    loop_destroy(loop);
    hls_hub_destroy(hub);
    while (made_count)
        fake_exchange_destroy(made[--made_count]);
    return 0;
}

static void go_live(const struct stream_feed_config *config)
{
    feed = stream_feed_create(hub, loop, config);
    pump();
}

static void publish_part(int rendition, int64_t number, int parts)
{
    struct segment *growing = make_segment(number, parts, PARTS);

    growing->parts[parts - 1]->published_us = clock_mono_us();
    stream_feed_part(feed, rendition, growing);
    segment_unref(growing);
}

static void publish_whole(int rendition, int64_t number)
{
    struct segment *segment = make_segment(number, PARTS, PARTS);

    stream_feed_segment(feed, rendition, segment);
    segment_unref(segment);
}

/* Source segments 0 to `count` - 1 are whole. */
static void go_live_with(int64_t count)
{
    go_live(&low_ts);
    for (int64_t i = 0; i < count; i++)
        publish_whole(0, i);
    pump();
}

static struct http_exchange *make_exchange(const char *target, const char *peer)
{
    return made[made_count++] = fake_exchange(target, peer, "player/1");
}

static struct http_exchange *handle(struct http_exchange *e)
{
    assert_true(hls_server_handle(hls_hub_server(hub, 0), e, &e->request));
    return e;
}

static struct http_exchange *get(const char *target)
{
    return handle(make_exchange(target, "192.0.2.1"));
}

static void expect_answer(struct http_exchange *e, int status, const char *text)
{
    assert_int_equal(e->status, status);
    assert_true(e->is_complete);
    assert_non_null(strstr(buf_str(&e->body), text));
}

static void expect_header(struct http_exchange *e, const char *line)
{
    if (!strstr(buf_str(&e->headers), line))
        fail_msg("no \"%s\" in:\n%s", line, buf_str(&e->headers));
}

static void expect_waiting(struct http_exchange *e)
{
    assert_int_equal(e->status, 0);
}

static void leaves_other_paths_to_others(void **state)
{
    struct http_exchange *e = make_exchange("/healthz", "192.0.2.1");

    assert_false(hls_server_handle(hls_hub_server(hub, 0), e, &e->request));
    expect_waiting(e);
}

static void channel_is_404_until_its_first_segment_is_whole(void **state)
{
    struct http_exchange *e = get(CHANNEL_URL);

    expect_answer(e, 404,
                  "[{\"url\":\"" CHANNEL_URL "\",\"error\":\"Can not find channel\","
                  "\"error_code\":\"transcode_does_not_exist\",\"type\":\"error\"}]");
    expect_header(e, "content-type: application/json");
    expect_header(e, "cache-control: public, max-age=1\n");
    expect_header(e, "access-control-allow-origin: *");
    go_live(&low_ts);
    publish_part(0, 0, 1);
    pump();
    expect_answer(get(CHANNEL_URL), 404, "Can not find channel");
    publish_whole(0, 0);
    pump();
    expect_answer(get(CHANNEL_URL), 200, "#EXTM3U");
}

static void error_body_stays_json_whatever_was_asked(void **state)
{
    expect_answer(get("/api/video/v1/\"\\\n\xff"), 404,
                  "[{\"url\":\"/api/video/v1/\\u0022\\u005c\\u000a\\u00ff\",");
}

static void multivariant_names_absolute_variants(void **state)
{
    struct http_exchange *e;

    go_live_with(1);
    e = get(CHANNEL_URL "?player_version=1.0");
    expect_answer(e, 200, "\nhttps://live.example.com/v1/live/st-1/0/480p30/index.m3u8\n");
    expect_header(e, "content-type: application/vnd.apple.mpegurl");
    expect_header(e, "cache-control: public, max-age=1\n");
    assert_null(strstr(buf_str(&e->body), "audio_only"));
    expect_answer(get(CHANNEL_URL "?allow_audio_only=true"), 200, "/0/audio_only/index.m3u8");
    expect_answer(get("/api/video/v1/aws.ivs.us-west-2.000000000000.channel.AbCdEf123456.m3u8"),
                  200, "BANDWIDTH=1400000");
    expect_answer(get("/api/video/v1/us-west-2.111111111111.channel.AbCdEf123456.m3u8"), 404, "");
    expect_answer(get("/api/video/v1/us-east-1.000000000000.channel.AbCdEf123456.m3u8"), 404, "");
}

static void playlists_are_compressed_for_whoever_accepts_it(void **state)
{
    struct http_exchange *e = make_exchange(SOURCE "index.m3u8", "192.0.2.1");
    struct http_exchange *other = make_exchange(SOURCE "index.m3u8", "192.0.2.1");

    go_live_with(1);
    fake_exchange_add_header(e, "accept-encoding", "gzip");
    fake_exchange_add_header(other, "accept-encoding", "gzip");
    handle(e);
    handle(other);
    expect_header(e, "content-encoding: gzip");
    expect_header(e, "vary: accept-encoding");
    assert_memory_equal(e->body.data, "\x1f\x8b", 2);
    assert_ptr_equal(e->owner, other->owner);
}

static void blocking_reload_waits_and_is_shared(void **state)
{
    struct http_exchange *first, *second, *later, *plain;

    go_live_with(2);
    first = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=0");
    second = get(SOURCE "index.m3u8?_HLS_msn=1&_HLS_part=3"); /* beyond the end of 1: 2, 0 */
    later = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=1");
    plain = get(SOURCE "index.m3u8");
    expect_waiting(first);
    expect_waiting(second);
    expect_answer(plain, 200, "URI=\"p6.ts\"\n#EXT-X-PREFETCH:s2.ts\n#EXT-X-PREFETCH:s3.ts\n");
    expect_header(plain, "cache-control: public, max-age=0\n");

    publish_part(0, 2, 1);
    pump();
    expect_answer(first, 200, "#EXT-X-PART:DURATION=0.33333,URI=\"p6.ts\",INDEPENDENT=YES\n");
    expect_answer(second, 200, "URI=\"p7.ts\"\n#EXT-X-PREFETCH:s2.ts\n");
    expect_header(first, "cache-control: public, max-age=12\n");
    expect_header(first, "x-weir-published-us: 1000000\n");
    assert_ptr_equal(first->owner, second->owner);
    expect_waiting(later);
    publish_part(0, 2, 2);
    publish_whole(0, 2);
    pump();
    expect_answer(later, 200, "#EXTINF:1.00000,live\ns2.ts\n");
}

static void renditions_cut_together_report_each_other(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    e = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=0");
    publish_part(0, 2, 1);
    publish_part(1, 2, 1);
    pump();
    expect_answer(e, 200,
                  "#EXT-X-RENDITION-REPORT:URI=\"../480p30/index.m3u8\",LAST-MSN=2,LAST-PART=0\n");
}

static void playlist_of_a_rendition_that_lags_waits_for_its_first_segment(void **state)
{
    struct http_exchange *e;

    go_live_with(1);
    e = get("/v1/live/st-1/0/480p30/index.m3u8");
    expect_waiting(e);
    publish_whole(1, 0);
    pump();
    expect_answer(e, 200, "s0.ts");
}

static void refuses_bad_directives_and_methods(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    expect_answer(get(SOURCE "index.m3u8?_HLS_part=0"), 400, "invalid_request");
    expect_answer(get(SOURCE "index.m3u8?_HLS_msn=4"), 400, "invalid_request");
    expect_answer(get(SOURCE "index.m3u8?_HLS_msn=x"), 400, "invalid_request");
    e = make_exchange(SOURCE "index.m3u8", "192.0.2.1");
    e->request.method = "POST";
    expect_answer(handle(e), 405, "method_not_allowed");
    expect_header(e, "allow: GET, HEAD, OPTIONS");
    expect_header(e, "cache-control: no-store");
}

static void options_are_always_answered(void **state)
{
    struct http_exchange *e = make_exchange("/v1/live/nothing", "192.0.2.1");

    e->request.method = "OPTIONS";
    handle(e);
    assert_int_equal(e->status, 204);
    expect_header(e, "access-control-allow-origin: *");
    expect_header(e, "access-control-expose-headers: Date, Content-Length, Content-Range");
}

static void hinted_part_waits_and_goes_out_uncopied(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    e = get(SOURCE "p6.ts");
    expect_waiting(e);
    publish_part(0, 2, 1);
    pump();
    expect_answer(e, 200, "<part 6>");
    expect_header(e, "content-type: video/mp2t");
    expect_header(e, "cache-control: public, max-age=3600, immutable");
    assert_int_equal(e->piece_count, 1);
    assert_true(e->accepts_ranges);
    expect_answer(get(SOURCE "p1.ts"), 200, "<part 1>");
    expect_answer(get(SOURCE "p99.ts"), 404, "not_found");
    expect_answer(get(SOURCE "p1.m4s"), 404, "not_found");
}

static void segment_is_its_parts(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    e = get(SOURCE "s1.ts");
    expect_answer(e, 200, "<part 3><part 4><part 5>");
    assert_int_equal(e->piece_count, PARTS);
    assert_true(e->accepts_ranges);
    expect_answer(get(SOURCE "s77.ts"), 404, "not_found");
}

static struct http_exchange *get_often(const char *target, bool is_tls)
{
    struct http_exchange *e = NULL;

    for (int i = 0; i < 10; i++) {
        e = make_exchange(target, "192.0.2.1");
        e->request.is_tls = is_tls;
        expect_answer(handle(e), 200, "<part 3><part 4><part 5>");
    }
    return e;
}

static void segment_in_demand_goes_out_of_a_file(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    e = get_often(SOURCE "s1.ts", false);
    assert_int_equal(e->piece_count, 1);
    assert_true(e->owner->fd >= 0);
    assert_true(e->accepts_ranges);
}

/* Where it has to be encrypted, a file is of no use. */
static void segment_in_demand_over_tls_does_not(void **state)
{
    go_live_with(2);
    assert_int_equal(get_often(SOURCE "s1.ts", true)->piece_count, PARTS);
}

static void prefetched_segment_streams_part_by_part(void **state)
{
    struct http_exchange *now, *after;

    go_live_with(2);
    publish_part(0, 2, 1);
    pump();
    now = get(SOURCE "s2.ts");
    after = get(SOURCE "s3.ts");
    assert_int_equal(now->status, 200);
    assert_string_equal(buf_str(&now->body), "<part 6>");
    expect_waiting(after);
    publish_part(0, 2, 2);
    pump();
    assert_string_equal(buf_str(&now->body), "<part 6><part 7>");
    assert_false(now->is_complete);
    publish_whole(0, 2);
    pump();
    expect_answer(now, 200, "<part 6><part 7><part 8>");
    expect_waiting(after);
    publish_part(0, 3, 1);
    pump();
    assert_string_equal(buf_str(&after->body), "<part 9>");
    assert_int_equal(after->piece_count, 1);
}

static void gap_is_not_found(void **state)
{
    struct segment *gap = make_segment(2, PARTS, PARTS);

    go_live_with(2);
    make_segment_gap(gap);
    stream_feed_segment(feed, 0, gap);
    segment_unref(gap);
    pump();
    expect_answer(get(SOURCE "s2.ts"), 404, "not_found");
    expect_answer(get(SOURCE "p7.ts"), 404, "not_found");
    expect_answer(get(SOURCE "index.m3u8"), 200, "#EXT-X-GAP\n");
}

static void init_section_waits_until_it_is_in_force(void **state)
{
    struct stream_feed_config fmp4 = low_ts;
    struct bytes *init = bytes_copy("<init>", 6);
    struct segment *segment = make_segment(0, PARTS, PARTS);
    struct http_exchange *e;

    fmp4.container = CONTAINER_FMP4;
    go_live(&fmp4);
    e = get(SOURCE "i0.mp4");
    expect_waiting(e);
    give_init(segment, init, 0);
    stream_feed_segment(feed, 0, segment);
    segment_unref(segment);
    bytes_unref(init);
    pump();
    expect_answer(e, 200, "<init>");
    expect_header(e, "content-type: video/mp4");
    expect_answer(get(SOURCE "index.m3u8"), 200, "#EXT-X-MAP:URI=\"i0.mp4\"\n");
    expect_answer(get(SOURCE "p0.m4s"), 200, "<part 0>");
    expect_answer(get(SOURCE "i2.mp4"), 404, "not_found");
}

static void normal_latency_ignores_directives(void **state)
{
    struct stream_feed_config normal = low_ts;
    struct http_exchange *e;

    normal.latency = LATENCY_NORMAL;
    go_live(&normal);
    publish_whole(0, 0);
    pump();
    e = get(SOURCE "index.m3u8?_HLS_msn=7&_HLS_skip=YES");
    expect_answer(e, 200, "#EXT-X-SERVER-CONTROL:HOLD-BACK=6.0\n");
    expect_header(e, "cache-control: public, max-age=1\n");
    assert_null(strstr(buf_str(&e->body), "PART"));
    assert_null(strstr(buf_str(&e->body), "PREFETCH"));
}

static void delta_is_given_where_offered(void **state)
{
    go_live_with(30);
    expect_answer(get(SOURCE "index.m3u8?_HLS_skip=v2"), 200, "#EXT-X-SKIP:SKIPPED-SEGMENTS=17\n");
    assert_null(strstr(buf_str(&get(SOURCE "index.m3u8")->body), "EXT-X-SKIP"));
}

static void patience_ends_after_three_target_durations(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    e = get(SOURCE "index.m3u8?_HLS_msn=2");
    pass(3 * TARGET_S * SECOND_US - 1000);
    expect_waiting(e);
    pass(1000);
    expect_answer(e, 503, "not_ready");
    expect_header(e, "cache-control: no-store");
}

static void end_answers_everybody_and_leaves_the_rest_for_a_minute(void **state)
{
    struct http_exchange *reload, *hinted, *growing, *prefetch;

    go_live_with(2);
    publish_part(0, 2, 2);
    pump();
    reload = get(SOURCE "index.m3u8?_HLS_msn=3&_HLS_part=0");
    hinted = get(SOURCE "p8.ts");
    growing = get(SOURCE "s2.ts");
    prefetch = get(SOURCE "s3.ts");
    stream_feed_destroy(feed);
    feed = NULL;
    pump();
    expect_answer(reload, 200, "s2.ts\n#EXT-X-ENDLIST\n");
    expect_answer(hinted, 404, "not_found");
    expect_answer(growing, 200, "<part 6><part 7>");
    expect_answer(prefetch, 404, "not_found");
    expect_answer(get(CHANNEL_URL), 404, "transcode_does_not_exist");
    pass(HLS_KEPT_MS * 1000 - 1000);
    expect_answer(get(SOURCE "index.m3u8?_HLS_msn=99"), 200, "#EXT-X-ENDLIST\n");
    expect_answer(get(SOURCE "s1.ts"), 200, "<part 3>");
    pass(1000);
    expect_answer(get(SOURCE "index.m3u8"), 404, "not_found");
    expect_answer(get(SOURCE "s1.ts"), 404, "not_found");
}

static void other_tracks_are_a_new_set_of_variants(void **state)
{
    struct http_exchange *old, *fresh;

    go_live_with(2);
    old = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=0");
    stream_feed_set_renditions(feed, renditions, 1);
    pump();
    expect_answer(old, 200, "#EXT-X-ENDLIST\n");
    expect_answer(get(CHANNEL_URL), 200, "/v1/live/st-1/1/720p30/index.m3u8");
    fresh = get("/v1/live/st-1/1/720p30/index.m3u8");
    expect_waiting(fresh);
    publish_whole(0, 2);
    pump();
    expect_answer(fresh, 200, "#EXT-X-MEDIA-SEQUENCE:2\n");
    pass(HLS_KEPT_MS * 1000);
    expect_answer(get(SOURCE "index.m3u8"), 404, "not_found");
    expect_answer(get("/v1/live/st-1/1/720p30/index.m3u8"), 200, "s2.ts");
}

static void withdrawn_rendition_is_not_listed(void **state)
{
    go_live_with(1);
    expect_answer(get(CHANNEL_URL), 200, "/480p30/index.m3u8");
    stream_feed_withdraw(feed, 1);
    pump();
    pass(SECOND_US);
    assert_null(strstr(buf_str(&get(CHANNEL_URL)->body), "480p30"));
    expect_answer(get(CHANNEL_URL), 200, "/720p30/index.m3u8");
}

static void refuses_viewers_beyond_the_quota(void **state)
{
    go_live_with(1);
    for (int i = 0; i < VIEWS_MAX; i++) {
        char peer[32];
        snprintf(peer, sizeof(peer), "192.0.2.%d", i + 1);
        handle(make_exchange(SOURCE "index.m3u8", peer));
    }
    pass(1000 * 1000);
    expect_answer(get(CHANNEL_URL), 429, "concurrent_viewers_limit");
    pass(3 * TARGET_S * SECOND_US + SECOND_US); /* they left */
    expect_answer(get(CHANNEL_URL), 200, "#EXTM3U");
}

static void next_stream_of_a_channel_takes_over_its_url(void **state)
{
    struct stream_feed_config next = low_ts;

    go_live_with(2);
    stream_feed_destroy(feed);
    next.stream_id = "st-2";
    go_live(&next);
    expect_answer(get(CHANNEL_URL), 404, "");
    publish_whole(0, 0);
    pump();
    expect_answer(get(CHANNEL_URL), 200, "/v1/live/st-2/0/720p30/index.m3u8");
    expect_answer(get(SOURCE "index.m3u8"), 200, "#EXT-X-ENDLIST\n");
}

static void whoever_leaves_is_forgotten(void **state)
{
    struct http_exchange *reload, *streaming, *stays;

    go_live_with(2);
    publish_part(0, 2, 1);
    pump();
    reload = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=1");
    stays = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=1");
    streaming = get(SOURCE "s2.ts");
    fake_exchange_leave(reload);
    fake_exchange_leave(streaming);
    publish_part(0, 2, 2);
    pump();
    expect_waiting(reload);
    assert_string_equal(buf_str(&streaming->body), "<part 6>");
    expect_answer(stays, 200, "p7.ts");
}

static struct http_exchange *leaving, *asking;

static void leave_and_ask(void)
{
    fake_exchange_leave(leaving);
    handle(asking);
}

static void answering_one_may_bring_and_take_others(void **state)
{
    struct http_exchange *first, *last;

    go_live_with(2);
    first = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=0");
    leaving = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=0");
    last = get(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=0");
    asking = make_exchange(SOURCE "index.m3u8?_HLS_msn=2&_HLS_part=1", "192.0.2.1");
    first->on_answer = leave_and_ask;
    publish_part(0, 2, 1);
    pump();
    expect_answer(first, 200, "p6.ts");
    expect_waiting(leaving);
    expect_answer(last, 200, "p6.ts");
    expect_waiting(asking);
    publish_part(0, 2, 2);
    pump();
    expect_answer(asking, 200, "p7.ts");
}

static void counts_who_asks_for_media_playlists(void **state)
{
    go_live_with(2);
    get(CHANNEL_URL);
    assert_int_equal(hls_viewer_count(hub, "AbCdEf123456"), 0);
    get(SOURCE "index.m3u8");
    get("/v1/live/st-1/0/480p30/index.m3u8");
    handle(make_exchange(SOURCE "index.m3u8", "192.0.2.2"));
    assert_int_equal(hls_viewer_count(hub, "AbCdEf123456"), 2);
    clock_advance_us(3 * TARGET_S * SECOND_US);
    assert_int_equal(hls_viewer_count(hub, "AbCdEf123456"), 0);
    assert_int_equal(hls_viewer_count(hub, "unknown"), 0);
}

static void stopping_refuses_who_still_waits(void **state)
{
    struct http_exchange *e;

    go_live_with(2);
    e = get(SOURCE "index.m3u8?_HLS_msn=2");
    hls_hub_stop(hub);
    pump();
    expect_answer(e, 503, "not_ready");
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        PROMISE(leaves_other_paths_to_others),
        PROMISE(channel_is_404_until_its_first_segment_is_whole),
        PROMISE(error_body_stays_json_whatever_was_asked),
        PROMISE(multivariant_names_absolute_variants),
        PROMISE(playlists_are_compressed_for_whoever_accepts_it),
        PROMISE(blocking_reload_waits_and_is_shared),
        PROMISE(renditions_cut_together_report_each_other),
        PROMISE(playlist_of_a_rendition_that_lags_waits_for_its_first_segment),
        PROMISE(refuses_bad_directives_and_methods),
        PROMISE(options_are_always_answered),
        PROMISE(hinted_part_waits_and_goes_out_uncopied),
        PROMISE(segment_is_its_parts),
        PROMISE(segment_in_demand_goes_out_of_a_file),
        PROMISE(segment_in_demand_over_tls_does_not),
        PROMISE(prefetched_segment_streams_part_by_part),
        PROMISE(gap_is_not_found),
        PROMISE(init_section_waits_until_it_is_in_force),
        PROMISE(normal_latency_ignores_directives),
        PROMISE(delta_is_given_where_offered),
        PROMISE(patience_ends_after_three_target_durations),
        PROMISE(end_answers_everybody_and_leaves_the_rest_for_a_minute),
        PROMISE(other_tracks_are_a_new_set_of_variants),
        PROMISE(withdrawn_rendition_is_not_listed),
        PROMISE(refuses_viewers_beyond_the_quota),
        PROMISE(next_stream_of_a_channel_takes_over_its_url),
        PROMISE(whoever_leaves_is_forgotten),
        PROMISE(answering_one_may_bring_and_take_others),
        PROMISE(counts_who_asks_for_media_playlists),
        PROMISE(stopping_refuses_who_still_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
