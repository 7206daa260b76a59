/* SPDX-License-Identifier: Apache-2.0 */
/* Two running loops: players park on both, one of them publishes, others count. Meant to be run
 * under TSan as well. */
#include "deliver/hls_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "deliver/stream_feed.h"
#include "fake_exchange.h"
#include "net/loop.h"
#include "segment_fixture.h"

#define LOOPS      2
#define PLAYERS    50 /* per loop */
#define SEGMENTS   20
#define PARTS      3
#define DEADLINE_S 20

static struct loop *loops[LOOPS];
static struct hls_hub *hub;
static struct stream_feed *feed;

/* What a player asks for next, and who has been served. */
struct player {
    struct hls_server *server;
    struct loop *loop;
    struct http_exchange *exchange; /* NULL: none under way */
    char target[128], peer[32];
    int64_t segment;
    int part;
    bool is_done;
};

static struct player players[LOOPS * PLAYERS];
static atomic_int answered, done;

/* Parks for what comes next; called again when that has been answered. */
static void ask(struct player *p)
{
    snprintf(p->target, sizeof(p->target),
             "/v1/live/st-1/0/720p30/index.m3u8?_HLS_msn=%lld&_HLS_part=%d", (long long)p->segment,
             p->part);
    p->exchange = fake_exchange(p->target, p->peer, "player/1");
    hls_server_handle(p->server, p->exchange, &p->exchange->request);
}

static void take_answer(struct player *p)
{
    bool is_known = p->exchange->status == 200; /* else the stream has not come to this loop yet */

    if (is_known) {
        p->is_done = strstr(buf_str(&p->exchange->body), "#EXT-X-ENDLIST") != NULL;
        p->segment += p->part == PARTS - 1;
        p->part = (p->part + 1) % PARTS;
    }
    fake_exchange_destroy(p->exchange);
    p->exchange = NULL;
    atomic_fetch_add(&answered, is_known);
    atomic_fetch_add(&done, p->is_done);
}

/* Polls on its loop: an answered fake tells nobody. */
static void advance(void *arg)
{
    struct player *p = arg;

    if (p->exchange && p->exchange->is_complete)
        take_answer(p);
    if (p->is_done)
        return;
    if (!p->exchange)
        ask(p);
    loop_post(p->loop, advance, p);
}

struct step {
    int64_t segment;
    int parts; /* 0: begin, PARTS + 1: end of the stream */
};

static void take_step(void *arg)
{
    /* clang-format off */
    static const struct feed_rendition rendition =
        { .id = "720p30", .name = "720p", .codecs = "avc1.4D401F", .width = 1280, .height = 720 };
    static const struct stream_feed_config config = {
        .channel_id = "AbCdEf123456", .region = "us-west-2", .account = "000000000000", .stream_id = "st-1",
        .target_duration_s = 6, .part_target = FIXTURE_PART + 3000,
        .renditions = &rendition, .rendition_count = 1,
    };
    /* clang-format on */
    struct step *step = arg;
    struct segment *segment;

    if (step->parts == 0) {
        feed = stream_feed_create(hub, loops[0], &config);
    } else if (step->parts > PARTS) {
        stream_feed_destroy(feed);
    } else {
        segment = make_segment(step->segment, step->parts, PARTS);
        stream_feed_part(feed, 0, segment);
        if (step->parts == PARTS)
            stream_feed_segment(feed, 0, segment);
        segment_unref(segment);
    }
    mem_free(step);
}

static void post_step(int64_t segment, int parts)
{
    struct step *step = mem_alloc(sizeof(*step));

    *step = (struct step){ segment, parts };
    loop_post(loops[0], take_step, step);
}

static void wait_until(atomic_int *value, int wanted)
{
    const struct timespec pause = { 0, 1000000 };
    int64_t deadline_ms = clock_mono_ms() + DEADLINE_S * 1000;

    while (atomic_load(value) < wanted) {
        assert_true(clock_mono_ms() < deadline_ms);
        assert_true(hls_viewer_count(hub, "AbCdEf123456") <= LOOPS * PLAYERS);
        nanosleep(&pause, NULL);
    }
}

static void start_players(void)
{
    for (int i = 0; i < LOOPS * PLAYERS; i++) {
        struct player *p = &players[i];
        p->loop = loops[i % LOOPS];
        p->server = hls_hub_server(hub, i % LOOPS);
        p->segment = 1;
        snprintf(p->peer, sizeof(p->peer), "192.0.2.%d", i);
        loop_post(p->loop, advance, p);
    }
}

static void players_on_all_loops_see_every_part_and_the_end(void **state)
{
    static const struct hls_config config = { .node = "edge-1" };

    for (int i = 0; i < LOOPS; i++)
        loops[i] = loop_create(i);
    hub = hls_hub_create(&config, loops, LOOPS);
    for (int i = 0; i < LOOPS; i++)
        assert_int_equal(loop_start(loops[i]), 0);

    post_step(0, 0);
    for (int part = 1; part <= PARTS; part++)
        post_step(0, part);
    start_players();
    for (int64_t segment = 1; segment < SEGMENTS; segment++)
        for (int part = 1; part <= PARTS; part++) {
            post_step(segment, part);
            wait_until(&answered, (int)((segment - 1) * PARTS + part) * LOOPS * PLAYERS);
        }
    assert_int_equal(hls_viewer_count(hub, "AbCdEf123456"), LOOPS * PLAYERS);
    post_step(0, PARTS + 1);
    wait_until(&done, LOOPS * PLAYERS);
    assert_int_equal(atomic_load(&answered), ((SEGMENTS - 1) * PARTS + 1) * LOOPS * PLAYERS);

    hls_hub_stop(hub);
    for (int i = 0; i < LOOPS; i++)
        loop_stop(loops[i]);
    for (int i = 0; i < LOOPS; i++)
        loop_join(loops[i]);
    for (int i = 0; i < LOOPS; i++)
        loop_destroy(loops[i]);
    hls_hub_destroy(hub);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(players_on_all_loops_see_every_part_and_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
