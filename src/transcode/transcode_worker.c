/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's reading thread: what the server sends, to the pipelines.
 *
 *   server --link--> here --> video_pipeline: decoder, scalers, rungs --.
 *                      `----> audio_pipeline: decoder, encoders --------+--link--> server */
#include "transcode/transcode_worker.h"

#include <errno.h>
#include <libavutil/log.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "child/sandbox.h"
#include "child/worker_port.h"
#include "transcode/audio_pipeline.h"
#include "transcode/encoder.h"
#include "transcode/video_pipeline.h"

#define MEMORY_MAX        (1536UL << 20) /* of addresses; a 1080p ladder touches a tenth of it */
#define ARENAS_MAX        2              /* each further one reserves 64 MiB of addresses */
#define STATS_INTERVAL_MS 1000

struct transcode_worker {
    struct worker_port *port;
    struct transcode_setup setup;
    struct video_pipeline *video; /* NULL: no setup yet, or nothing to do */
    struct audio_pipeline *audio;
    int64_t stats_ms; /* when they were sent last */
};

static bool is_alive(void *ctx)
{
    const struct transcode_worker *w = ctx;

    return (!w->video || video_pipeline_is_alive(w->video)) &&
           (!w->audio || audio_pipeline_is_alive(w->audio));
}

static void send_stats(struct transcode_worker *w)
{
    struct transcode_stats stats = { 0 };
    uint8_t head[LINK_HEAD_MAX];

    if (w->video)
        video_pipeline_add_stats(w->video, &stats);
    worker_port_send(w->port, FRAME_STATS, head, transcode_stats_write(head, &stats), NULL, 0);
}

static void send_stats_if_due(struct transcode_worker *w)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms - w->stats_ms < STATS_INTERVAL_MS)
        return;
    w->stats_ms = now_ms;
    send_stats(w);
}

static int take_setup(struct transcode_worker *w, const struct worker_frame *frame)
{
    int err = w->video || w->audio ? -EPROTO : transcode_setup_parse(&w->setup, frame);

    if (!err && !encoder_is_preset(w->setup.preset))
        err = -EINVAL;
    if (!err && w->setup.video_count)
        err = video_pipeline_create(&w->video, &w->setup, w->port);
    if (!err && w->setup.audio_count)
        err = audio_pipeline_create(&w->audio, &w->setup, w->port);
    return err;
}

static int take_config(struct transcode_worker *w, const struct worker_frame *frame)
{
    struct link_config config;
    int err = link_config_parse(&config, frame);

    if (err)
        return err;
    if (config.kind == MEDIA_VIDEO && w->video)
        video_pipeline_set_config(w->video, &config);
    if (config.kind == MEDIA_AUDIO && w->audio)
        audio_pipeline_set_config(w->audio, &config);
    return 0;
}

static int take_packet(struct transcode_worker *w, const struct worker_frame *frame)
{
    struct link_packet packet;
    int err = link_packet_parse(&packet, frame);

    if (err)
        return err;
    if (packet.kind == MEDIA_VIDEO && w->video)
        video_pipeline_push(w->video, &packet);
    if (packet.kind == MEDIA_AUDIO && w->audio)
        audio_pipeline_push(w->audio, &packet);
    return 0;
}

static int drain(struct transcode_worker *w)
{
    if (w->video)
        video_pipeline_finish(w->video);
    if (w->audio)
        audio_pipeline_finish(w->audio);
    send_stats(w);
    worker_port_send(w->port, FRAME_DRAINED, NULL, 0, NULL, 0);
    video_pipeline_destroy(w->video);
    audio_pipeline_destroy(w->audio);
    return -ESHUTDOWN;
}

static int take_frame(struct transcode_worker *w, const struct worker_frame *frame)
{
    switch (frame->type) {
    case FRAME_SETUP:
        return take_setup(w, frame);
    case FRAME_CONFIG:
        return take_config(w, frame);
    case FRAME_PACKET:
        return take_packet(w, frame);
    case FRAME_DRAIN:
        return drain(w);
    default:
        return -EPROTO;
    }
}

static int take_and_report(const struct worker_frame *frame, void *ctx)
{
    struct transcode_worker *w = ctx;
    int err = take_frame(w, frame);

    if (!err)
        send_stats_if_due(w);
    return err;
}

/* Threads that wake up do not interrupt others: fewer switches, and the server's loops go first. */
static void yield_to_server(void)
{
    static const struct sched_param param = { 0 };

    sched_setscheduler(0, SCHED_BATCH, &param);
}

int transcode_worker_run(void)
{
    static struct transcode_worker worker;
    static const struct worker_port_events events = { is_alive };
    int err;

    av_log_set_level(AV_LOG_QUIET);
    mallopt(M_ARENA_MAX, ARENAS_MAX);
    yield_to_server();
    err = sandbox_enter(MEMORY_MAX);
    if (err) {
        fprintf(stderr, "weir-media: no sandbox: %s\n", err_str(err));
        return EXIT_FAILURE;
    }
    worker.port = worker_port_create(&events, &worker);
    err = worker_port_serve(worker.port, take_and_report);
    if (err == -ESHUTDOWN) {
        worker_port_destroy(worker.port);
        return EXIT_SUCCESS;
    }
    if (err != -EPIPE)
        worker_port_error(worker.port, "giving up: %s", err_str(err));
    _exit(EXIT_FAILURE); /* without a word to libraries whose threads are at work */
}
