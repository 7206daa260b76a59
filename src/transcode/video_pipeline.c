/* SPDX-License-Identifier: Apache-2.0 */
/* From packets to the rungs' queues.
 *
 *   reader --packets--> [gop_queue] --video thread: decoder, scaler 0 .. N-1--> rung 0 .. N-1
 *
 * Scaling stays on the decoding thread: together they take less than the encoder of the largest
 * rung, and each scaler needs the one above it. */
#include "transcode/video_pipeline.h"

#include <libavutil/frame.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "child/worker_port.h"
#include "transcode/decoder.h"
#include "transcode/gop_queue.h"
#include "transcode/rung.h"
#include "transcode/scaler.h"
#include "transcode/source_item.h"

#define LATE_MS          2000
#define PACKETS_MAX      1000
#define STUCK_MS         2500
#define OWN_KEY_INTERVAL (2 * MEDIA_TIMESCALE)
#define KEY_DISTANCE_MIN (MEDIA_TIMESCALE * 4 / 10)

struct video_pipeline {
    const struct transcode_setup *setup;
    struct worker_port *port;
    struct gop_queue *queue; /* of source_item */
    pthread_t thread;
    bool is_started;
    struct rung *rungs[TRANSCODE_VIDEO_MAX];

    /* video thread only */
    struct decoder *decoder;
    struct scaler *scalers[TRANSCODE_VIDEO_MAX];
    bool has_key;
    int64_t last_key; /* its presentation time */
    unsigned since_key;

    _Atomic uint32_t frames_decoded, decode_errors;
};

/* -- pictures -- */

/* Keyframes stand where segments begin, so that viewers can join and change rungs at each, and
 * where the source has them unless they come so fast that the bit rate would go into nothing else.
 * Types with keyframes of their own have one at the latest 2 s after the last. */
static bool is_key(const struct video_pipeline *v, const struct raw_frame *raw)
{
    int64_t half_a_frame = (int64_t)(MEDIA_TIMESCALE / v->setup->fps / 2);
    int64_t distance = raw->pts - v->last_key;

    if (!v->has_key || raw->begins_segment)
        return true;
    if (raw->is_key && distance >= KEY_DISTANCE_MIN)
        return true;
    return v->setup->has_own_keyframes && distance >= OWN_KEY_INTERVAL - half_a_frame;
}

/* Rungs with every second picture start counting at each keyframe, so that it is never left out. */
static bool is_for_rung(const struct video_pipeline *v, int i)
{
    return v->since_key % (unsigned)v->setup->video[i].frame_divisor == 0;
}

/* The server starts another worker, in case it was but a moment of the stream; then it gives up and
 * says so, which is better than rungs that never come. */
static void give_up(const struct video_pipeline *v, const AVFrame *frame)
{
    worker_port_error(v->port, "pictures of this kind cannot be scaled: format=%d size=%dx%d",
                      frame->format, frame->width, frame->height);
    _exit(EXIT_FAILURE);
}

static void scale_to_rungs(struct video_pipeline *v, struct raw_frame *raw)
{
    AVFrame *larger = raw->frame, *scaled = NULL;

    for (int i = 0; i < v->setup->video_count && larger; i++) {
        if (!is_for_rung(v, i))
            continue;
        scaled = scaler_scale(v->scalers[i], larger);
        if (!scaled)
            give_up(v, larger);
        if (larger != raw->frame)
            av_frame_free(&larger);
        larger = scaled;
        if (scaled) {
            struct raw_frame for_rung = *raw;
            for_rung.frame = scaled;
            rung_push(v->rungs[i], &for_rung);
        }
    }
    if (larger != raw->frame)
        av_frame_free(&larger);
}

static void on_frame(const struct raw_frame *decoded, void *ctx)
{
    struct video_pipeline *v = ctx;
    struct raw_frame raw = *decoded;

    raw.is_key = is_key(v, decoded);
    if (raw.is_key) {
        v->has_key = true;
        v->last_key = raw.pts;
        v->since_key = 0;
    }
    scale_to_rungs(v, &raw);
    v->since_key++;
}

/* -- packets -- */

static void take_config(struct video_pipeline *v, const struct link_packet *config)
{
    static const struct decoder_events events = { on_frame };
    int err;

    if (v->decoder) {
        decoder_set_config(v->decoder, config->data, config->len);
        return;
    }
    err = decoder_create(&v->decoder, config->data, config->len, &events, v);
    if (err)
        worker_port_error(v->port, "no decoder for this video: %s", err_str(err));
}

static void take_packet(struct video_pipeline *v, const struct link_packet *packet)
{
    if (!v->decoder)
        return;
    decoder_decode(v->decoder, packet);
    v->frames_decoded = decoder_frame_count(v->decoder);
    v->decode_errors = decoder_error_count(v->decoder);
}

/* The decoder is not told: the IDR that follows needs nothing of what was before. */
static void take_loss(struct video_pipeline *v, int64_t dts)
{
    for (int i = 0; i < v->setup->video_count; i++)
        rung_push_lost(v->rungs[i], dts);
}

static void take_item(struct video_pipeline *v, const struct source_item *item)
{
    switch (item->type) {
    case ITEM_CONFIG:
        take_config(v, &item->packet);
        break;
    case ITEM_PACKET:
        take_packet(v, &item->packet);
        break;
    case ITEM_LOST:
        take_loss(v, item->packet.dts);
        break;
    }
}

static void *run(void *arg)
{
    struct video_pipeline *v = arg;
    struct source_item *item;

    prctl(PR_SET_NAME, "video");
    while ((item = gop_queue_pop(v->queue))) {
        take_item(v, item);
        source_item_destroy(item);
    }
    if (v->decoder)
        decoder_drain(v->decoder);
    return NULL;
}

/* -- the reading thread's side -- */

int video_pipeline_create(struct video_pipeline **out, const struct transcode_setup *setup,
                          struct worker_port *port)
{
    struct gop_queue_config config = { LATE_MS, PACKETS_MAX, source_item_destroy };
    struct video_pipeline *v = mem_zalloc(sizeof(*v));
    int err = 0;

    v->setup = setup;
    v->port = port;
    v->queue = gop_queue_create(&config);
    for (int i = 0; i < setup->video_count && !err; i++) {
        v->scalers[i] = scaler_create(setup->video[i].width, setup->video[i].height);
        err = rung_create(&v->rungs[i], setup, i, port);
    }
    if (!err)
        err = -pthread_create(&v->thread, NULL, run, v);
    v->is_started = !err;
    *out = v;
    return err;
}

void video_pipeline_set_config(struct video_pipeline *v, const struct link_config *config)
{
    gop_queue_push_always(v->queue, source_item_of_config(config));
}

void video_pipeline_push(struct video_pipeline *v, const struct link_packet *packet)
{
    bool was_first;

    gop_queue_push(v->queue, source_item_of_packet(packet), packet->is_idr, &was_first);
    if (was_first)
        gop_queue_push_always(v->queue, source_item_of_loss(packet->dts));
}

void video_pipeline_finish(struct video_pipeline *v)
{
    gop_queue_close(v->queue);
    if (v->is_started)
        pthread_join(v->thread, NULL);
    for (int i = 0; i < v->setup->video_count; i++)
        if (v->rungs[i])
            rung_finish(v->rungs[i]);
}

bool video_pipeline_is_alive(const struct video_pipeline *v)
{
    if (gop_queue_busy_ms(v->queue) > STUCK_MS)
        return false;
    for (int i = 0; i < v->setup->video_count; i++)
        if (rung_busy_ms(v->rungs[i]) > STUCK_MS)
            return false;
    return true;
}

void video_pipeline_add_stats(const struct video_pipeline *v, struct transcode_stats *stats)
{
    stats->frames_decoded = v->frames_decoded;
    stats->decode_errors = v->decode_errors;
    stats->gops_dropped = gop_queue_gops_dropped(v->queue);
    for (int i = 0; i < v->setup->video_count; i++) {
        stats->video[i].frames = rung_frame_count(v->rungs[i]);
        stats->video[i].gops_dropped = rung_gops_dropped(v->rungs[i]);
    }
}

void video_pipeline_destroy(struct video_pipeline *v)
{
    if (!v)
        return;
    for (int i = 0; i < v->setup->video_count; i++) {
        scaler_destroy(v->scalers[i]);
        rung_destroy(v->rungs[i]);
    }
    decoder_destroy(v->decoder);
    gop_queue_destroy(v->queue);
    mem_free(v);
}
