/* SPDX-License-Identifier: Apache-2.0 */
/* One channel that is always live, without an encoder: the HTTP layer and deliver/ as in the
 * server, fed with empty parts at a steady pace.
 *
 *   parked_server LOOPS DIR
 *
 * Prints the ports in clear and under TLS (with a certificate kept in DIR) and the path of the
 * media playlist, runs until it is killed. Segments last two seconds and have PARKED_PARTS parts.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "deliver/hls_server.h"
#include "deliver/stream_feed.h"
#include "media/packet.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"

#define MOST_LOOPS   8
#define PARKED_PARTS 6
#define PART_MS      333
#define PART_TICKS   (PART_MS * 90)
#define PART_BYTES   1000
#define PATH         "/v1/live/st-1/0/720p30/index.m3u8"

static struct loop *loops[MOST_LOOPS];
static struct http_server *servers[MOST_LOOPS];
static struct hls_hub *hub;
static struct stream_feed *feed;
static struct segment *growing;

static struct part *make_part(int64_t number)
{
    struct part *part = mem_zalloc(sizeof(*part));

    atomic_init(&part->refs, 1);
    part->number = number;
    part->start = number * PART_TICKS;
    part->duration = PART_TICKS;
    part->is_independent = number % PARKED_PARTS == 0;
    part->data = bytes_create(PART_BYTES);
    memset(part->data->data, 0, PART_BYTES);
    return part;
}

/* The view of the segment with one part more; a new segment if the last one is whole. */
static struct segment *next_view(int64_t part_number)
{
    int count = (int)(part_number % PARKED_PARTS);
    struct segment *view = mem_zalloc(sizeof(*view) + ((size_t)count + 1) * sizeof(view->parts[0]));

    atomic_init(&view->refs, 1);
    view->number = part_number / PARKED_PARTS;
    view->start = view->number * PARKED_PARTS * PART_TICKS;
    view->wall_ms = count ? growing->wall_ms : clock_wall_ms();
    view->is_independent = true;
    for (int i = 0; i < count; i++)
        view->parts[i] = part_ref(growing->parts[i]);
    view->parts[count] = make_part(part_number);
    view->part_count = count + 1;
    view->duration = view->part_count * PART_TICKS;
    return view;
}

static void publish(void *ctx)
{
    static int64_t part_number;
    struct segment *view = next_view(part_number);

    segment_unref(growing);
    growing = view;
    view->parts[view->part_count - 1]->published_us = clock_mono_us();
    stream_feed_part(feed, 0, view);
    if (view->part_count == PARKED_PARTS)
        stream_feed_segment(feed, 0, view);
    part_number++;
}

static void go_live(void *arg)
{
    /* clang-format off */
    static const struct feed_rendition rendition = {
        .id = "720p30", .name = "720p", .codecs = "avc1.4D401F,mp4a.40.2", .width = 1280, .height = 720,
        .fps = 30, .declared_bps = 2400000,
    };
    static const struct stream_feed_config config = {
        .channel_id = "AbCdEf123456", .region = "us-west-2", .account = "000000000000", .stream_id = "st-1",
        .target_duration_s = 2, .part_target = PART_TICKS + 3000, .renditions = &rendition, .rendition_count = 1,
    };
    /* clang-format on */

    feed = stream_feed_create(hub, loops[0], &config);
    for (int i = 0; i < PARKED_PARTS; i++)
        publish(NULL);
    loop_timer_start(loop_timer_create(loops[0], publish, NULL), PART_MS, PART_MS);
}

static size_t body_max(const struct http_request *request, void *ctx)
{
    return 0;
}

static void on_request(struct http_exchange *exchange, const struct http_request *request,
                       void *ctx)
{
    int index = loop_index(http_exchange_loop(exchange));

    if (!hls_server_handle(hls_hub_server(hub, index), exchange, request))
        http_respond(exchange, &(struct http_response){ .status = 404 });
}

static void on_accept(struct stream_socket *socket, void *ctx)
{
    http_server_accept(servers[loop_index(loop_current())], socket);
}

/* A loop per core, wherever the scheduler would put the two that wake one another. */
static void pin(void *arg)
{
    int index = loop_index(arg);
    cpu_set_t core;

    CPU_ZERO(&core);
    CPU_SET((size_t)(index % (int)sysconf(_SC_NPROCESSORS_ONLN)), &core);
    sched_setaffinity(0, sizeof(core), &core);
}

static void start_servers(int count)
{
    static const struct hls_config config = { .node = "bench", .tells_publication = true };
    const struct http_server_config http = { .handler = { body_max, on_request } };

    for (int i = 0; i < count; i++)
        loops[i] = loop_create(i);
    hub = hls_hub_create(&config, loops, count);
    for (int i = 0; i < count; i++)
        servers[i] = http_server_create(loops[i], &http);
}

static int listen_on(int loop_count, struct tls_context *tls)
{
    const struct listener_config where = { .host = "127.0.0.1", .tls = tls };
    const struct listener_events events = { on_accept };
    struct listener *listener;

    if (listener_create(&listener, &where, loops, loop_count, &events, NULL)) {
        fprintf(stderr, "parked_server: cannot listen\n");
        exit(1);
    }
    return listener_port(listener);
}

static struct tls_context *create_tls(const char *dir)
{
    const char *const names[] = { "localhost" };
    const struct tls_context_config config = { .dir = dir, .names = names, .name_count = 1 };
    struct tls_context *tls;

    if (tls_context_create(&tls, &config))
        exit(1);
    return tls;
}

int main(int argc, char **argv)
{
    int count = argc == 3 ? (int)strtol(argv[1], NULL, 10) : 0;
    int port, tls_port;

    if (count < 1 || count > MOST_LOOPS) {
        fprintf(stderr, "usage: parked_server LOOPS DIR\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    log_setup(LOG_WARN, LOG_TEXT);
    start_servers(count);
    port = listen_on(count, NULL);
    tls_port = listen_on(count, create_tls(argv[2]));
    for (int i = 0; i < count; i++) {
        loop_start(loops[i]);
        loop_post(loops[i], pin, loops[i]);
    }
    loop_post(loops[0], go_live, NULL);
    printf("%d %d %s\n", port, tls_port, PATH);
    fflush(stdout);
    loop_join(loops[0]);
    return 0;
}
