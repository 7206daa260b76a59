/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a worker at a connection's side.
 *
 *   push --> [late?] --> worker_process --> weir-media demux
 *   on_packet <-- [checks] <-- worker_process
 *
 * The worker reads strangers' bytes and may have been taken over by them: nothing it says is
 * believed. Configurations and packets are examined as an encoder's are; a worker that answers more
 * than it was given is ended. Its times are the stream's own 33 bits, unwrapped here, so that they
 * go on when another worker answers. */
#include "ingest/demuxer.h"

#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "child/crash_log.h"
#include "child/worker_process.h"
#include "ingest/demux_link.h"
#include "media/codec.h"
#include "net/loop.h"

#define QUEUE_MAX_MS    2000
#define QUEUE_MAX_BYTES (8 << 20)
#define DELAY_MAX       (5 * MEDIA_TIMESCALE) /* presentation behind decoding */
#define ANSWER_FACTOR   2                     /* lengths for start codes, and no more */
#define ANSWER_SLACK    (64 << 10)

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
    struct codec_config *configs[2]; /* by media_kind; NULL: none yet */
    bool has_clock;
    int64_t clock; /* decode time of the packet before, whatever its track: unwrapped */
    int64_t bytes_in, bytes_out; /* of the worker that runs */
    struct demux_stats stats;    /* as that worker told them last */
    bool is_skipping;            /* it does not keep up: until its queue is empty */
    bool is_over;                /* no more callbacks */
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
    codec_config_unref(d->configs[MEDIA_VIDEO]);
    codec_config_unref(d->configs[MEDIA_AUDIO]);
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

static int take_config(struct demuxer *d, const struct worker_frame *frame)
{
    struct codec_config *fresh;
    struct link_config in;

    if (link_config_parse(&in, frame) || link_config_read(&fresh, &in))
        return -EPROTO;
    if (codec_config_is_equal(d->configs[in.kind], fresh)) {
        codec_config_unref(fresh);
        return 0;
    }
    codec_config_unref(d->configs[in.kind]);
    d->configs[in.kind] = fresh;
    return 0;
}

/* The value nearest to `near` whose low 33 bits are those of `time`. */
static int64_t unwrap(int64_t near, int64_t time)
{
    int64_t ahead = (time - near) & DEMUX_TIME_MASK;

    return near + (ahead > DEMUX_TIME_MASK / 2 ? ahead - DEMUX_TIME_MASK - 1 : ahead);
}

static void set_times(struct demuxer *d, struct link_packet *in)
{
    int64_t delay = (in->pts - in->dts) & DEMUX_TIME_MASK;

    d->clock = d->has_clock ? unwrap(d->clock, in->dts) : in->dts & DEMUX_TIME_MASK;
    d->has_clock = true;
    in->dts = d->clock;
    in->pts = d->clock + (delay <= DELAY_MAX ? delay : 0);
}

static int take_packet(struct demuxer *d, const struct worker_frame *frame)
{
    struct link_packet in;
    struct packet *packet;

    if (link_packet_parse(&in, frame) || !d->configs[in.kind])
        return -EPROTO;
    d->bytes_out += (int64_t)in.len;
    if (d->bytes_out > d->bytes_in * ANSWER_FACTOR + ANSWER_SLACK)
        return -EPROTO;
    set_times(d, &in);
    if (link_packet_read(&packet, &in, d->configs[in.kind]))
        return -EPROTO;
    d->events.on_packet(packet, d->ctx);
    packet_unref(packet);
    return 0;
}

static int take_tracks(struct demuxer *d, const struct worker_frame *frame)
{
    struct demux_tracks tracks;

    if (demux_tracks_parse(&tracks, frame))
        return -EPROTO;
    d->events.on_tracks(tracks.has_video, tracks.has_audio, d->ctx);
    return 0;
}

static int take_refusal(struct demuxer *d, const struct worker_frame *frame)
{
    enum demux_refusal refusal;

    if (demux_refusal_parse(&refusal, frame))
        return -EPROTO;
    stop_all(d);
    d->events.on_refused(demux_refusal_text(refusal), d->ctx);
    return 0;
}

static int take_stats(struct demuxer *d, const struct worker_frame *frame)
{
    struct demux_stats stats;

    if (demux_stats_parse(&stats, frame) || stats.losses < d->stats.losses ||
        stats.damaged < d->stats.damaged)
        return -EPROTO;
    metric_add(&losses, stats.losses - d->stats.losses);
    metric_add(&damaged, stats.damaged - d->stats.damaged);
    d->stats = stats;
    return 0;
}

static int take_frame(struct demuxer *d, const struct worker_frame *frame)
{
    switch (frame->type) {
    case FRAME_READY:
        return 0;
    case FRAME_DEMUX_TRACKS:
        return take_tracks(d, frame);
    case FRAME_DEMUX_CONFIG:
        return take_config(d, frame);
    case FRAME_DEMUX_PACKET:
        return take_packet(d, frame);
    case FRAME_DEMUX_REFUSED:
        return take_refusal(d, frame);
    case FRAME_DEMUX_STATS:
        return take_stats(d, frame);
    default:
        return -EPROTO;
    }
}

static void on_frame(const struct worker_frame *frame, void *ctx)
{
    struct demuxer *d = ctx;

    enter(d);
    if (take_frame(d, frame))
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
    d->bytes_in = d->bytes_out = 0;
    d->stats = (struct demux_stats){ 0 };
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
    d->bytes_in += (int64_t)ts->len;
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
