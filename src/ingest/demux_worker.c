/* SPDX-License-Identifier: Apache-2.0 */
/*     server --link: transport stream--> ts_media --link: configurations, packets--> server */
#include "ingest/demux_worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "child/sandbox.h"
#include "child/worker_port.h"
#include "ingest/ts_media.h"

#define MEMORY_MAX        (512UL << 20) /* of addresses; most are the program's libraries */
#define STATS_INTERVAL_MS 1000

struct demux_worker {
    struct worker_port *port;
    struct ts_media *media;
    struct demux_stats told;
    int64_t told_ms;
};

static void on_tracks(const struct demux_tracks *tracks, void *ctx)
{
    struct demux_worker *w = ctx;
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(w->port, FRAME_DEMUX_TRACKS, head, demux_tracks_write(head, tracks), NULL, 0);
}

static void on_config(struct codec_config *config, void *ctx)
{
    struct demux_worker *w = ctx;
    const struct bytes *data = config->kind == MEDIA_VIDEO ? config->video.avcc : config->audio.asc;
    struct link_config head_of = { .kind = config->kind };
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(w->port, FRAME_DEMUX_CONFIG, head, link_config_write(head, &head_of),
                     data->data, data->len);
}

static void on_packet(const struct link_packet *packet, void *ctx)
{
    struct demux_worker *w = ctx;
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(w->port, FRAME_DEMUX_PACKET, head, link_packet_write(head, packet),
                     packet->data, packet->len);
}

static void on_refused(enum demux_refusal refusal, void *ctx)
{
    struct demux_worker *w = ctx;
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(w->port, FRAME_DEMUX_REFUSED, head, demux_refusal_write(head, refusal), NULL,
                     0);
}

static void send_stats_if_due(struct demux_worker *w)
{
    int64_t now_ms = clock_mono_ms();
    uint8_t head[LINK_HEAD_MAX];
    struct demux_stats stats;

    if (now_ms - w->told_ms < STATS_INTERVAL_MS)
        return;
    w->told_ms = now_ms;
    ts_media_stats(w->media, &stats);
    if (stats.losses == w->told.losses && stats.damaged == w->told.damaged)
        return;
    w->told = stats;
    worker_port_send(w->port, FRAME_DEMUX_STATS, head, demux_stats_write(head, &stats), NULL, 0);
}

static int take_frame(const struct worker_frame *frame, void *ctx)
{
    struct demux_worker *w = ctx;
    const uint8_t *data;
    int64_t arrival_us;
    size_t len;

    if (frame->type != FRAME_TS || demux_ts_parse(&arrival_us, &data, &len, frame))
        return -EPROTO;
    worker_port_hold(w->port);
    ts_media_push(w->media, data, len, arrival_us);
    send_stats_if_due(w);
    return worker_port_release(w->port);
}

int demux_worker_run(void)
{
    static const struct ts_media_events media_events = { on_tracks, on_config, on_packet,
                                                         on_refused };
    static const struct worker_port_events port_events = { NULL };
    static struct demux_worker worker;
    int err = sandbox_enter(MEMORY_MAX);

    if (err) {
        fprintf(stderr, "weir-media: no sandbox: %s\n", err_str(err));
        return EXIT_FAILURE;
    }
    worker.port = worker_port_create(&port_events, &worker);
    worker.media = ts_media_create(&media_events, &worker);
    err = worker_port_serve(worker.port, take_frame);
    if (err != -EPIPE)
        worker_port_error(worker.port, "giving up: %s", err_str(err));
    ts_media_destroy(worker.media);
    worker_port_destroy(worker.port);
    return err == -EPIPE ? EXIT_SUCCESS : EXIT_FAILURE;
}
