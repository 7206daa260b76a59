/* SPDX-License-Identifier: Apache-2.0 */
/* Scaled pictures in, encoded packets out to the server.
 *
 *   video thread --raw_frame--> [gop_queue] --rung thread: encoder--> worker_port */
#include "transcode/rung.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "child/worker_port.h"
#include "transcode/encoder.h"
#include "transcode/gop_queue.h"
#include "transcode/raw_frame.h"

#define LATE_MS    1000
#define FRAMES_MAX 64 /* of 720p: 88 MB, when a burst fills the queue */

struct rung {
    const struct transcode_setup *setup;
    int output;
    struct worker_port *port;
    struct gop_queue *queue;
    pthread_t thread;
    struct encoder *encoder; /* rung thread only */
    _Atomic uint32_t frames;
};

static void release_frame(void *item)
{
    raw_frame_destroy(item);
}

/* A rung that cannot encode at all is no rung: a new worker may do better. */
static void give_up(struct rung *rung, const char *what, int err)
{
    worker_port_error(rung->port, "output %d: %s: %s", rung->output, what, err_str(err));
    _exit(EXIT_FAILURE);
}

static void send_config(struct rung *rung)
{
    const struct bytes *avcc = encoder_codec_config(rung->encoder)->video.avcc;
    struct link_config config = { .output = rung->output, .kind = MEDIA_VIDEO };
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(rung->port, FRAME_OUT_CONFIG, head, link_config_write(head, &config),
                     avcc->data, avcc->len);
}

static void open_encoder(struct rung *rung, const struct raw_frame *raw)
{
    const struct transcode_video *video = &rung->setup->video[rung->output];
    struct encoder_config config = {
        .preset = rung->setup->preset,
        .width = video->width,
        .height = video->height,
        .bitrate_bps = video->bitrate_bps,
        .fps = rung->setup->fps / video->frame_divisor,
    };
    int err = encoder_create(&rung->encoder, &config, raw->frame);

    if (err)
        give_up(rung, "no encoder", err);
    send_config(rung);
}

static void encode(struct rung *rung, const struct raw_frame *raw)
{
    uint8_t head[LINK_HEAD_MAX];
    struct link_packet packet;
    struct encoded encoded;
    int err;

    if (!rung->encoder)
        open_encoder(rung, raw);
    err = encoder_encode(rung->encoder, raw->frame, raw->pts, raw->is_key, &encoded);
    if (err)
        give_up(rung, "encoding failed", err);
    packet = (struct link_packet){
        .output = rung->output,
        .kind = MEDIA_VIDEO,
        .is_idr = encoded.is_idr,
        .dts = raw->dts,
        .pts = raw->pts,
        .arrival_us = raw->arrival_us,
    };
    worker_port_send(rung->port, FRAME_OUT_PACKET, head, link_packet_write(head, &packet),
                     encoded.data, encoded.len);
    rung->frames++;
}

static void send_lost(struct rung *rung, int64_t dts)
{
    struct transcode_lost lost = { .output = rung->output, .dts = dts };
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(rung->port, FRAME_OUT_LOST, head, transcode_lost_write(head, &lost), NULL, 0);
}

static void *run(void *arg)
{
    struct rung *rung = arg;
    struct raw_frame *raw;
    char name[16];

    snprintf(name, sizeof(name), "rung-%d", rung->output);
    prctl(PR_SET_NAME, name);
    while ((raw = gop_queue_pop(rung->queue))) {
        if (raw->frame)
            encode(rung, raw);
        else
            send_lost(rung, raw->dts);
        raw_frame_destroy(raw);
    }
    return NULL;
}

int rung_create(struct rung **out, const struct transcode_setup *setup, int output,
                struct worker_port *port)
{
    struct gop_queue_config config = { LATE_MS, FRAMES_MAX, release_frame };
    struct rung *rung = mem_zalloc(sizeof(*rung));
    int err;

    rung->setup = setup;
    rung->output = output;
    rung->port = port;
    rung->queue = gop_queue_create(&config);
    err = pthread_create(&rung->thread, NULL, run, rung);
    if (err) {
        rung_destroy(rung);
        return -err;
    }
    *out = rung;
    return 0;
}

void rung_push(struct rung *rung, const struct raw_frame *raw)
{
    bool was_first;

    gop_queue_push(rung->queue, raw_frame_copy(raw), raw->is_key, &was_first);
    if (was_first)
        rung_push_lost(rung, raw->dts);
}

void rung_push_lost(struct rung *rung, int64_t dts)
{
    struct raw_frame lost = { .dts = dts };

    gop_queue_push_always(rung->queue, raw_frame_copy(&lost));
}

void rung_finish(struct rung *rung)
{
    gop_queue_close(rung->queue);
    pthread_join(rung->thread, NULL);
}

uint32_t rung_frame_count(const struct rung *rung)
{
    return rung->frames;
}

uint32_t rung_gops_dropped(const struct rung *rung)
{
    return gop_queue_gops_dropped(rung->queue);
}

int64_t rung_busy_ms(const struct rung *rung)
{
    return gop_queue_busy_ms(rung->queue);
}

void rung_destroy(struct rung *rung)
{
    if (!rung)
        return;
    encoder_destroy(rung->encoder);
    gop_queue_destroy(rung->queue);
    mem_free(rung);
}
