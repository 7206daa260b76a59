/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a worker at a connection's side.
 *
 *   push --> [late?] --> worker_process --> weir-media demux
 *   on_packet <-- demux_output <-- worker_process */
#include "ingest/demuxer.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "child/crash_log.h"
#include "child/worker_process.h"
#include "ingest/demux_output.h"
#include "net/loop.h"

#define QUEUE_MAX_MS    2000
#define QUEUE_MAX_BYTES (8 << 20)

METRIC(losses, METRIC_COUNTER, "weir_srt_ts_losses_total",
       "Gaps in the packets of transport streams.");
METRIC(damaged, METRIC_COUNTER, "weir_srt_ts_damaged_total",
       "Frames of transport streams left out as damaged.");
METRIC(restarts, METRIC_COUNTER, "weir_srt_demux_crashes_total", "Demuxing workers lost.");

struct demuxer {
    struct loop *loop;
    struct demuxer_events events;
    void *ctx;
    char tag[LOG_TAG_SIZE];
    char *program;
    struct worker_process *process; /* NULL: none runs */
    struct loop_timer *timer;       /* back-off */
    struct crash_log crashes;
    struct demux_output *output;
    bool is_skipping; /* the worker does not keep up: until its queue is empty */
    bool is_over;     /* no more callbacks */
    bool is_destroyed;
    int depth; /* of calls from the loop: memory stays until the outermost returns */
};

static void enter(struct demuxer *d)
{
    d->depth++;
}

static void leave(struct demuxer *d)
{
    if (--d->depth > 0 || !d->is_destroyed)
        return;
    demux_output_destroy(d->output);
    mem_free(d->program);
    mem_free(d);
}

/* -- the end of a worker, and of it all -- */

static void stop_all(struct demuxer *d)
{
    d->is_over = true;
    worker_process_destroy(d->process);
    d->process = NULL;
    loop_timer_destroy(d->timer);
    d->timer = NULL;
}

static void start_worker(struct demuxer *d);

static void on_back_off_over(void *ctx)
{
    struct demuxer *d = ctx;

    enter(d);
    start_worker(d);
    leave(d);
}

static void on_crash(struct demuxer *d, const char *reason)
{
    int64_t pause_ms = crash_log_add(&d->crashes, loop_now_ms(d->loop));

    metric_add(&restarts, 1);
    log_warn(d->tag, "demuxer lost, will restart: reason=%s crashes=%d", reason, d->crashes.count);
    worker_process_destroy(d->process);
    d->process = NULL;
    if (pause_ms < 0) {
        stop_all(d);
        d->events.on_failed("the demuxer crashed too often", d->ctx);
        return;
    }
    loop_timer_start(d->timer, pause_ms, 0);
}

/* -- what the worker says -- */

static void on_tracks(const struct demux_tracks *tracks, void *ctx)
{
    struct demuxer *d = ctx;

    d->events.on_tracks(tracks->has_video, tracks->has_audio, d->ctx);
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct demuxer *d = ctx;

    d->events.on_packet(packet, d->ctx);
}

static void on_refused(enum demux_refusal refusal, void *ctx)
{
    struct demuxer *d = ctx;

    stop_all(d);
    d->events.on_refused(demux_refusal_text(refusal), d->ctx);
}

static void on_stats(const struct demux_stats *more, void *ctx)
{
    metric_add(&losses, more->losses);
    metric_add(&damaged, more->damaged);
}

static const struct demux_output_events output_events = { on_tracks, on_packet, on_refused,
                                                          on_stats };

static void on_frame(const struct worker_frame *frame, void *ctx)
{
    struct demuxer *d = ctx;

    enter(d);
    if (demux_output_take(d->output, frame))
        on_crash(d, "its answers make no sense");
    leave(d);
}

static void on_end(const char *reason, void *ctx)
{
    struct demuxer *d = ctx;

    enter(d);
    on_crash(d, reason);
    leave(d);
}

/* -- life -- */

static int spawn_worker(struct demuxer *d)
{
    static const struct worker_process_events events = { on_frame, on_end };
    struct worker_process_config config = { d->program, "demux", d->tag };
    int err = worker_process_create(&d->process, d->loop, &config, &events, d);

    if (err)
        return err;
    demux_output_restart(d->output);
    d->is_skipping = false;
    log_debug(d->tag, "demuxer started: pid=%d", worker_process_pid(d->process));
    return 0;
}

static void start_worker(struct demuxer *d)
{
    int err = spawn_worker(d);

    if (err)
        on_crash(d, err_str(err));
}

int demuxer_create(struct demuxer **out, struct loop *loop, const struct demuxer_config *config,
                   const struct demuxer_events *events, void *ctx)
{
    struct demuxer *d = mem_zalloc(sizeof(*d));
    int err;

    loop_assert_here(loop);
    d->loop = loop;
    d->events = *events;
    d->ctx = ctx;
    d->program = config->program ? mem_strdup(config->program) : NULL;
    snprintf(d->tag, sizeof(d->tag), "%s", config->tag);
    d->timer = loop_timer_create(loop, on_back_off_over, d);
    d->output = demux_output_create(&output_events, d);
    err = spawn_worker(d);
    if (err) {
        demuxer_destroy(d);
        return err;
    }
    *out = d;
    return 0;
}

static bool is_late(struct demuxer *d)
{
    if (worker_process_queue_ms(d->process) > QUEUE_MAX_MS ||
        worker_process_queue_bytes(d->process) > QUEUE_MAX_BYTES) {
        if (!d->is_skipping)
            log_warn(d->tag, "the demuxer is late, media is left out");
        d->is_skipping = true;
    }
    if (worker_process_queue_bytes(d->process) == 0)
        d->is_skipping = false;
    return d->is_skipping;
}

void demuxer_push(struct demuxer *d, struct bytes *ts, int64_t arrival_us)
{
    uint8_t head[LINK_HEAD_MAX];

    loop_assert_here(d->loop);
    if (d->is_over || !d->process || is_late(d))
        return;
    demux_output_note_input(d->output, ts->len);
    worker_process_send(d->process, FRAME_TS, head, demux_ts_write(head, arrival_us), ts);
}

int demuxer_pid(const struct demuxer *d)
{
    return d->process ? worker_process_pid(d->process) : 0;
}

void demuxer_destroy(struct demuxer *d)
{
    if (!d || d->is_destroyed)
        return;
    loop_assert_here(d->loop);
    enter(d);
    d->is_destroyed = true;
    stop_all(d);
    leave(d);
}
