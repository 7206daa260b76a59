/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a worker at a stream's side.
 *
 *   push --> [first IDR? late?] --> worker_process --> weir-media transcode
 *   on_packet <-- renditions of an output <-- worker_output <-- worker_process
 *
 * A worker's life: started, fed from the next IDR on, ended. It ends because it crashed or hung
 * (then back-off and a new one), because the source changed (a new one at once, while the old one
 * drains), or because the broadcast did. */
#include "transcode/supervisor.h"

#include <errno.h>
#include <stdio.h>

#include "base/brake.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "child/crash_log.h"
#include "child/worker_process.h"
#include "net/loop.h"
#include "transcode/capacity.h"
#include "transcode/transcode_link.h"
#include "transcode/worker_output.h"

#define QUEUE_MAX_MS    2000
#define QUEUE_MAX_BYTES (16 << 20)
#define RETRY_MS        4000 /* where no process can be started */
#define DRAIN_MAX_MS    5000
#define WATCH_MS        1000
/* A worker that answers pings, but not for a keyframe and all that followed it: both as media and
 * as time, for the source may come in bursts. */
#define SILENT_MAX    (10 * MEDIA_TIMESCALE)
#define SILENT_MAX_MS 8000

/* One worker process; there are two while an old one drains and a new one starts. */
struct worker {
    struct transcode_supervisor *supervisor;
    struct worker_process *process; /* NULL: none */
    struct transcode_setup setup;   /* that it was started with */
    struct codec_config *told[2];   /* by media_kind: what it decodes with; refs */
};

struct transcode_supervisor {
    struct loop *loop;
    struct transcode_supervisor_events events;
    void *ctx;
    char tag[LOG_TAG_SIZE];
    char *preset, *program;
    struct ladder ladder;
    struct transcode_setup setup;
    struct capacity_grant *grant;
    struct worker_output *output;
    struct worker workers[2];
    struct worker *worker, *old; /* one of them each: the one that is fed, the one that drains */
    struct loop_timer *timer;    /* back-off, then the end of a drain */
    struct loop_timer *watch;
    struct crash_log crashes;
    struct brake changes; /* each costs a process */
    int64_t pause_ms;     /* before the next worker, once the losses have been told */
    struct {
        bool is_set;
        int64_t dts, sent_ms;
    } asked;          /* a keyframe that every video output must have answered in time */
    int64_t sent_dts; /* newest that the worker got */
    uint32_t skipped_gops;
    struct transcode_stats past;  /* of the workers before */
    struct transcode_stats stats; /* as the worker told them last */
    bool is_feeding;              /* the worker has got its first IDR */
    bool is_skipping;             /* it does not keep up: until the next IDR */
    bool is_draining;
    bool is_over; /* no more callbacks */
    bool is_destroyed;
    int depth; /* of calls from the loop: memory stays until the outermost returns */
};

static void start_worker(struct transcode_supervisor *s);

/* -- entering and leaving calls from the loop -- */

static void enter(struct transcode_supervisor *s)
{
    s->depth++;
}

static void leave(struct transcode_supervisor *s)
{
    if (--s->depth > 0 || !s->is_destroyed)
        return;
    worker_output_destroy(s->output);
    mem_free(s->preset);
    mem_free(s->program);
    mem_free(s);
}

/* -- which renditions an output serves -- */

static int output_of(const struct transcode_supervisor *s, int rendition, enum media_kind kind)
{
    const struct rendition *r = &s->ladder.renditions[rendition];
    int video = 0;

    if ((kind == MEDIA_VIDEO ? r->video : r->audio) != TRACK_ENCODED)
        return -1;
    for (int i = 0; i < rendition; i++)
        video += s->ladder.renditions[i].video == TRACK_ENCODED;
    if (kind == MEDIA_VIDEO)
        return video;
    for (int i = 0; i < s->setup.audio_count; i++)
        if (s->setup.audio_bps[i] == r->audio_bps)
            return s->setup.video_count + i;
    return -1;
}

static void on_output_packet(int output, struct packet *packet, void *ctx)
{
    struct transcode_supervisor *s = ctx;

    for (int i = 0; i < s->ladder.count && !s->is_over; i++)
        if (output_of(s, i, packet->kind) == output)
            s->events.on_packet(i, packet, s->ctx);
}

static void on_output_lost(int output, int64_t dts, void *ctx)
{
    struct transcode_supervisor *s = ctx;
    enum media_kind kind = output < s->setup.video_count ? MEDIA_VIDEO : MEDIA_AUDIO;

    log_warn(s->tag, "output lacks what follows: output=%d dts=%lld", output, (long long)dts);
    for (int i = 0; i < s->ladder.count && !s->is_over; i++)
        if (output_of(s, i, kind) == output)
            s->events.on_lost(i, kind, dts, s->ctx);
}

static void report_all_lost(struct transcode_supervisor *s)
{
    for (int i = 0; i < s->setup.video_count + s->setup.audio_count; i++) {
        int64_t last_dts = worker_output_last_dts(s->output, i);
        if (last_dts != INT64_MIN)
            on_output_lost(i, last_dts + 1, s);
    }
}

static bool was_late(const struct transcode_stats *before, const struct transcode_stats *now)
{
    bool is_late = now->gops_dropped > before->gops_dropped;

    for (int i = 0; i < TRANSCODE_VIDEO_MAX; i++)
        is_late |= now->video[i].gops_dropped > before->video[i].gops_dropped;
    return is_late;
}

static void on_output_stats(const struct transcode_stats *stats, void *ctx)
{
    struct transcode_supervisor *s = ctx;

    if (was_late(&s->stats, stats))
        capacity_report_late(s->grant);
    s->stats = *stats;
}

/* What the worker has told last is all that it will tell. */
static void close_account(struct transcode_supervisor *s)
{
    s->past.frames_decoded += s->stats.frames_decoded;
    s->past.decode_errors += s->stats.decode_errors;
    s->past.gops_dropped += s->stats.gops_dropped;
    for (int i = 0; i < TRANSCODE_VIDEO_MAX; i++) {
        s->past.video[i].frames += s->stats.video[i].frames;
        s->past.video[i].gops_dropped += s->stats.video[i].gops_dropped;
    }
    s->stats = (struct transcode_stats){ 0 };
}

static const struct worker_output_events output_events = { on_output_packet, on_output_lost,
                                                           on_output_stats };

/* -- the end of it all -- */

static void release_worker(struct worker *worker)
{
    worker_process_destroy(worker->process);
    worker->process = NULL;
    for (int i = 0; i < 2; i++) {
        codec_config_unref(worker->told[i]);
        worker->told[i] = NULL;
    }
}

static void stop_all(struct transcode_supervisor *s)
{
    s->is_over = true;
    release_worker(s->old);
    release_worker(s->worker);
    loop_timer_destroy(s->timer);
    loop_timer_destroy(s->watch);
    s->timer = s->watch = NULL;
    capacity_release(s->grant);
    s->grant = NULL;
}

static void fail(struct transcode_supervisor *s, const char *reason)
{
    log_error(s->tag, "transcoding given up: reason=%s", reason);
    stop_all(s);
    s->events.on_failed(reason, s->ctx);
}

static void finish_drain(struct transcode_supervisor *s)
{
    log_debug(s->tag, "drained");
    stop_all(s);
    s->events.on_drained(s->ctx);
}

/* -- crashes -- */

static void on_back_off_over(void *ctx)
{
    struct transcode_supervisor *s = ctx;

    enter(s);
    start_worker(s);
    leave(s);
}

static void schedule_restart(struct transcode_supervisor *s, int64_t pause_ms)
{
    loop_timer_destroy(s->timer);
    s->timer = loop_timer_create(s->loop, on_back_off_over, s);
    loop_timer_start(s->timer, pause_ms, 0);
}

static void on_crash(struct transcode_supervisor *s, const char *reason)
{
    int64_t pause_ms = crash_log_add(&s->crashes, loop_now_ms(s->loop));

    log_warn(s->tag, "worker lost, will restart: reason=%s crashes=%d", reason, s->crashes.count);
    release_worker(s->old);
    release_worker(s->worker);
    s->is_feeding = s->asked.is_set = false;
    report_all_lost(s);
    if (!s->is_over)
        s->events.on_interrupted(s->ctx);
    if (s->is_over)
        return;
    if (s->is_draining)
        finish_drain(s);
    else if (pause_ms < 0)
        fail(s, "The transcoder crashed too often.");
    else
        schedule_restart(s, pause_ms);
}

/* -- a worker that says nothing -- */

static bool is_answer_due(const struct transcode_supervisor *s)
{
    return s->asked.is_set && s->sent_dts - s->asked.dts >= SILENT_MAX &&
           loop_now_ms(s->loop) - s->asked.sent_ms >= SILENT_MAX_MS;
}

static bool has_answered(const struct transcode_supervisor *s)
{
    for (int i = 0; i < s->setup.video_count; i++)
        if (worker_output_last_dts(s->output, i) < s->asked.dts)
            return false;
    return true;
}

static void watch_answers(struct transcode_supervisor *s)
{
    if (!is_answer_due(s))
        return;
    s->asked.is_set = false; /* the next keyframe will be */
    if (!has_answered(s))
        on_crash(s, "it does not answer");
}

static void on_watch(void *ctx)
{
    struct transcode_supervisor *s = ctx;
    int64_t cpu_us = s->worker->process ? worker_process_cpu_us(s->worker->process) : -1;

    if (cpu_us >= 0)
        capacity_report_cpu(s->grant, cpu_us);
    enter(s);
    watch_answers(s);
    leave(s);
}

static void note_sent(struct transcode_supervisor *s, const struct packet *packet)
{
    s->sent_dts = packet->dts;
    if (s->asked.is_set || packet->kind != MEDIA_VIDEO || !packet->is_idr)
        return;
    s->asked.is_set = true;
    s->asked.dts = packet->dts;
    s->asked.sent_ms = loop_now_ms(s->loop);
}

/* -- what workers say -- */

/* The new worker answers: what the old one has not said by now is too late. */
static void retire_old(struct transcode_supervisor *s)
{
    if (!s->old->process)
        return;
    release_worker(s->old);
    worker_output_restart(s->output, &s->worker->setup);
}

static void take_frame(struct worker *worker, const struct worker_frame *frame)
{
    struct transcode_supervisor *s = worker->supervisor;

    if (frame->type == FRAME_READY)
        return;
    if (frame->type == FRAME_DRAINED) {
        if (worker == s->old)
            retire_old(s);
        else if (s->is_draining)
            finish_drain(s);
        return;
    }
    if (worker == s->worker && frame->type != FRAME_STATS)
        retire_old(s);
    else if (worker == s->old && frame->type == FRAME_STATS)
        return;
    if (worker_output_take(s->output, frame))
        on_crash(s, "its answers make no sense");
}

static void on_frame(const struct worker_frame *frame, void *ctx)
{
    struct worker *worker = ctx;
    struct transcode_supervisor *s = worker->supervisor;

    enter(s);
    take_frame(worker, frame);
    leave(s);
}

static void on_end(const char *reason, void *ctx)
{
    struct worker *worker = ctx;
    struct transcode_supervisor *s = worker->supervisor;

    enter(s);
    if (worker == s->old)
        retire_old(s);
    else
        on_crash(s, reason);
    leave(s);
}

/* -- start -- */

static void send_setup(struct transcode_supervisor *s)
{
    uint8_t head[TRANSCODE_SETUP_MAX];

    worker_process_send(s->worker->process, FRAME_SETUP, head,
                        transcode_setup_write(head, &s->setup), NULL);
}

static int spawn_worker(struct transcode_supervisor *s)
{
    static const struct worker_process_events events = { on_frame, on_end };
    struct worker_process_config config = { s->program, "transcode", s->tag };
    int err = worker_process_create(&s->worker->process, s->loop, &config, &events, s->worker);

    if (err)
        return err;
    s->worker->setup = s->setup;
    if (!s->old->process)
        worker_output_restart(s->output, &s->setup);
    s->is_feeding = s->is_skipping = s->asked.is_set = false;
    close_account(s);
    log_debug(s->tag, "worker started: pid=%d", worker_process_pid(s->worker->process));
    send_setup(s);
    return 0;
}

static void start_worker(struct transcode_supervisor *s)
{
    int err = spawn_worker(s);

    if (err)
        on_crash(s, err_str(err));
}

static int find_place(struct transcode_supervisor *s, struct capacity *capacity)
{
    if (s->grant)
        return capacity_change(s->grant, &s->setup, s->ladder.width, s->ladder.height);
    return capacity_admit(capacity, &s->grant, &s->setup, s->ladder.width, s->ladder.height);
}

int transcode_supervisor_create(struct transcode_supervisor **out, struct loop *loop,
                                const struct transcode_supervisor_config *config,
                                const struct transcode_supervisor_events *events, void *ctx)
{
    struct transcode_supervisor *s = mem_zalloc(sizeof(*s));
    int err;

    loop_assert_here(loop);
    s->loop = loop;
    s->events = *events;
    s->ctx = ctx;
    s->grant = config->grant;
    s->preset = mem_strdup(config->preset);
    s->program = config->program ? mem_strdup(config->program) : NULL;
    s->ladder = *config->ladder;
    s->worker = &s->workers[0];
    s->old = &s->workers[1];
    s->worker->supervisor = s->old->supervisor = s;
    log_tag(s->tag, "transcode");
    err = transcode_setup_of(&s->setup, &s->ladder, s->preset) ? 0 : -EINVAL;
    if (!err)
        err = find_place(s, config->capacity);
    if (err)
        goto out;
    s->output = worker_output_create(&s->setup, &output_events, s);
    err = spawn_worker(s);
    if (err)
        goto out;
    s->watch = loop_timer_create(loop, on_watch, s);
    loop_timer_start(s->watch, WATCH_MS, WATCH_MS);

    *out = s;
    s = NULL;
out:
    transcode_supervisor_destroy(s);
    return err;
}

void transcode_supervisor_destroy(struct transcode_supervisor *s)
{
    if (!s || s->is_destroyed)
        return;
    loop_assert_here(s->loop);
    enter(s);
    s->is_destroyed = true;
    stop_all(s);
    leave(s);
}

struct capacity_grant *transcode_supervisor_retire(struct transcode_supervisor *s)
{
    struct capacity_grant *grant = s->grant;

    s->grant = NULL;
    transcode_supervisor_destroy(s);
    return grant;
}

/* -- feeding -- */

static void tell_config(struct transcode_supervisor *s, struct codec_config *config)
{
    struct link_config head_of = { .kind = config->kind };
    struct bytes *data = config->kind == MEDIA_VIDEO ? config->video.avcc : config->audio.asc;
    uint8_t head[LINK_HEAD_MAX];

    if (s->worker->told[config->kind] == config)
        return;
    codec_config_unref(s->worker->told[config->kind]);
    s->worker->told[config->kind] = codec_config_ref(config);
    worker_process_send(s->worker->process, FRAME_CONFIG, head, link_config_write(head, &head_of),
                        data);
}

static void send_packet(struct transcode_supervisor *s, struct packet *packet, bool begins_segment)
{
    struct link_packet head_of = {
        .kind = packet->kind,
        .is_idr = packet->is_idr,
        .begins_segment = begins_segment && packet->kind == MEDIA_VIDEO,
        .dts = packet->dts,
        .pts = packet->pts,
        .arrival_us = packet->arrival_us,
    };
    uint8_t head[LINK_HEAD_MAX];

    tell_config(s, packet->config);
    worker_output_note_source(s->output, packet->dts);
    /* What fits into no frame breaks its GOP. */
    s->is_skipping = worker_process_send(s->worker->process, FRAME_PACKET, head,
                                         link_packet_write(head, &head_of), packet->data) != 0;
    s->skipped_gops += s->is_skipping;
    note_sent(s, packet);
}

static bool is_backed_up(const struct transcode_supervisor *s)
{
    return worker_process_queue_ms(s->worker->process) > QUEUE_MAX_MS ||
           worker_process_queue_bytes(s->worker->process) > QUEUE_MAX_BYTES;
}

static void begin_feeding(struct transcode_supervisor *s)
{
    s->is_feeding = true;
    s->events.on_resumed(s->ctx);
}

/* False for what the worker must do without. */
static bool is_wanted(struct transcode_supervisor *s, const struct packet *packet)
{
    bool is_start = packet->kind == MEDIA_VIDEO && packet->is_idr;

    if (is_backed_up(s)) {
        if (!s->is_skipping) {
            log_warn(s->tag, "worker does not keep up, skipping to a keyframe: dts=%lld",
                     (long long)packet->dts);
            capacity_report_late(s->grant);
        }
        s->skipped_gops += !s->is_skipping || is_start;
        s->is_skipping = true;
        s->asked.is_set = false;
        return false;
    }
    if ((s->is_skipping || !s->is_feeding) && !is_start)
        return false;
    s->is_skipping = false;
    if (!s->is_feeding)
        begin_feeding(s);
    return true;
}

void transcode_supervisor_push(struct transcode_supervisor *s, struct packet *packet,
                               bool begins_segment)
{
    loop_assert_here(s->loop);
    if (s->is_over || s->is_draining || !s->worker->process)
        return;
    if (is_wanted(s, packet))
        send_packet(s, packet, begins_segment);
}

/* -- another source, the end -- */

/* What the running worker has been fed is delivered; it keeps its own setup to the end. */
static void let_old_drain(struct transcode_supervisor *s)
{
    struct worker *worker = s->worker;

    if (!s->is_feeding) {
        release_worker(worker);
        return;
    }
    retire_old(s);
    worker_process_drain(worker->process);
    s->worker = s->old;
    s->old = worker;
}

static void on_pause_begins(void *ctx)
{
    struct transcode_supervisor *s = ctx;

    enter(s);
    report_all_lost(s);
    if (!s->is_over)
        s->events.on_interrupted(s->ctx);
    if (!s->is_over)
        schedule_restart(s, s->pause_ms);
    leave(s);
}

/* No worker at all for a while, as after a crash. */
static void pause_for(struct transcode_supervisor *s, int64_t pause_ms)
{
    log_warn(s->tag, "the source changes too often, its rungs pause: pause=%lldms",
             (long long)pause_ms);
    release_worker(s->old);
    release_worker(s->worker);
    s->is_feeding = false;
    s->pause_ms = pause_ms;
    loop_timer_destroy(s->timer);
    s->timer = loop_timer_create(s->loop, on_pause_begins, s); /* no callbacks inside this call */
    loop_timer_start(s->timer, 0, 0);
}

static void replace_worker(struct transcode_supervisor *s)
{
    int64_t pause_ms = brake_add(&s->changes, loop_now_ms(s->loop));

    if (pause_ms) {
        pause_for(s, pause_ms);
        return;
    }
    let_old_drain(s);
    if (spawn_worker(s))
        schedule_restart(s, RETRY_MS);
}

void transcode_supervisor_change(struct transcode_supervisor *s, const struct ladder *ladder)
{
    loop_assert_here(s->loop);
    if (s->is_over || s->is_draining)
        return;
    s->ladder = *ladder;
    transcode_setup_of(&s->setup, &s->ladder, s->preset);
    if (s->worker->process) /* otherwise the end of a back-off starts the new one */
        replace_worker(s);
}

static void on_drain_over(void *ctx)
{
    struct transcode_supervisor *s = ctx;

    enter(s);
    finish_drain(s);
    leave(s);
}

void transcode_supervisor_drain(struct transcode_supervisor *s)
{
    bool has_more = s->worker->process && s->is_feeding;

    loop_assert_here(s->loop);
    if (s->is_over || s->is_draining)
        return;
    s->is_draining = true;
    if (has_more)
        worker_process_drain(s->worker->process);
    loop_timer_destroy(s->timer);
    s->timer = loop_timer_create(s->loop, on_drain_over, s);
    loop_timer_start(s->timer, has_more ? DRAIN_MAX_MS : 0, 0);
}

void transcode_supervisor_stats(const struct transcode_supervisor *s,
                                struct transcode_supervisor_stats *out)
{
    *out = (struct transcode_supervisor_stats){
        .restarts = s->crashes.count,
        .frames_decoded = s->past.frames_decoded + s->stats.frames_decoded,
        .decode_errors = s->past.decode_errors + s->stats.decode_errors,
        .gops_dropped = s->past.gops_dropped + s->stats.gops_dropped + s->skipped_gops,
        .pid = s->worker->process ? worker_process_pid(s->worker->process) : 0,
    };
    for (int i = 0; i < s->ladder.count; i++) {
        int output = output_of(s, i, MEDIA_VIDEO);
        if (output < 0)
            continue;
        out->rung_frames[i] = s->past.video[output].frames + s->stats.video[output].frames;
        out->rung_gops_dropped[i] =
            s->past.video[output].gops_dropped + s->stats.video[output].gops_dropped;
    }
}
