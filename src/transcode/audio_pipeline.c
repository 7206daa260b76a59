/* SPDX-License-Identifier: Apache-2.0 */
/* From AAC packets to AAC packets.
 *
 *   reader --packets--> [gop_queue] --audio thread: decoder, encoder 0 .. N-1--> worker_port */
#include "transcode/audio_pipeline.h"

#include <pthread.h>
#include <sys/prctl.h>

#include "base/err.h"
#include "base/mem.h"
#include "child/worker_port.h"
#include "transcode/audio_decoder.h"
#include "transcode/audio_encoder.h"
#include "transcode/gop_queue.h"
#include "transcode/source_item.h"

#define LATE_MS     2000
#define PACKETS_MAX 1000
#define STUCK_MS    2500

struct output {
    struct audio_pipeline *pipeline;
    int number;
    int bitrate_bps;
    struct audio_encoder *encoder; /* NULL: opened with the next block */
};

struct audio_pipeline {
    const struct transcode_setup *setup;
    struct worker_port *port;
    struct gop_queue *queue; /* of source_item */
    pthread_t thread;
    bool is_started;

    /* audio thread only */
    struct audio_decoder *decoder;
    struct output outputs[TRANSCODE_AUDIO_MAX];
};

/* -- out -- */

static void on_frame(const struct audio_frame *frame, void *ctx)
{
    struct output *output = ctx;
    struct link_packet packet = {
        .output = output->number,
        .kind = MEDIA_AUDIO,
        .dts = frame->pts,
        .pts = frame->pts,
        .arrival_us = frame->arrival_us,
    };
    uint8_t head[LINK_HEAD_MAX];

    worker_port_send(output->pipeline->port, FRAME_OUT_PACKET, head,
                     link_packet_write(head, &packet), frame->data, frame->len);
}

static void send_config(struct output *output)
{
    struct link_config config = { .output = output->number, .kind = MEDIA_AUDIO };
    uint8_t head[LINK_HEAD_MAX];
    size_t len;
    const uint8_t *asc = audio_encoder_asc(output->encoder, &len);

    worker_port_send(output->pipeline->port, FRAME_OUT_CONFIG, head,
                     link_config_write(head, &config), asc, len);
}

static void open_encoder(struct audio_pipeline *a, struct output *output)
{
    static const struct audio_encoder_events events = { on_frame };
    struct audio_format format = audio_decoder_format(a->decoder);
    int err = audio_encoder_create(&output->encoder, &format, output->bitrate_bps, &events, output);

    if (err)
        worker_port_error(a->port, "output %d: no audio encoder: %s", output->number, err_str(err));
    else
        send_config(output);
}

static void on_block(const struct audio_block *block, void *ctx)
{
    struct audio_pipeline *a = ctx;

    for (int i = 0; i < a->setup->audio_count; i++) {
        struct output *output = &a->outputs[i];
        if (!output->encoder)
            open_encoder(a, output);
        if (output->encoder)
            audio_encoder_encode(output->encoder, block);
    }
}

/* Sound that does not follow on needs encoders that know nothing of what was before. */
static void finish_encoders(void *ctx)
{
    struct audio_pipeline *a = ctx;

    for (int i = 0; i < a->setup->audio_count; i++) {
        struct output *output = &a->outputs[i];
        if (output->encoder)
            audio_encoder_drain(output->encoder);
        audio_encoder_destroy(output->encoder);
        output->encoder = NULL;
    }
}

/* -- in -- */

static void finish_decoder(struct audio_pipeline *a)
{
    if (!a->decoder)
        return;
    audio_decoder_drain(a->decoder);
    finish_encoders(a);
    audio_decoder_destroy(a->decoder);
    a->decoder = NULL;
}

static void take_config(struct audio_pipeline *a, const struct link_packet *config)
{
    static const struct audio_decoder_events events = { on_block, finish_encoders };
    int err;

    finish_decoder(a);
    err = audio_decoder_create(&a->decoder, config->data, config->len, &events, a);
    if (err)
        worker_port_error(a->port, "no decoder for this audio: %s", err_str(err));
}

static void *run(void *arg)
{
    struct audio_pipeline *a = arg;
    struct source_item *item;

    prctl(PR_SET_NAME, "audio");
    while ((item = gop_queue_pop(a->queue))) {
        if (item->type == ITEM_CONFIG)
            take_config(a, &item->packet);
        else if (a->decoder)
            audio_decoder_decode(a->decoder, &item->packet);
        source_item_destroy(item);
    }
    finish_decoder(a);
    return NULL;
}

/* -- the reading thread's side -- */

int audio_pipeline_create(struct audio_pipeline **out, const struct transcode_setup *setup,
                          struct worker_port *port)
{
    struct gop_queue_config config = { LATE_MS, PACKETS_MAX, source_item_destroy };
    struct audio_pipeline *a = mem_zalloc(sizeof(*a));
    int err;

    a->setup = setup;
    a->port = port;
    a->queue = gop_queue_create(&config);
    for (int i = 0; i < setup->audio_count; i++) {
        a->outputs[i] = (struct output){
            .pipeline = a,
            .number = setup->video_count + i,
            .bitrate_bps = setup->audio_bps[i],
        };
    }
    err = -pthread_create(&a->thread, NULL, run, a);
    a->is_started = !err;
    *out = a;
    return err;
}

void audio_pipeline_set_config(struct audio_pipeline *a, const struct link_config *config)
{
    gop_queue_push_always(a->queue, source_item_of_config(config));
}

void audio_pipeline_push(struct audio_pipeline *a, const struct link_packet *packet)
{
    gop_queue_push(a->queue, source_item_of_packet(packet), true, NULL);
}

void audio_pipeline_finish(struct audio_pipeline *a)
{
    gop_queue_close(a->queue);
    if (a->is_started)
        pthread_join(a->thread, NULL);
}

bool audio_pipeline_is_alive(const struct audio_pipeline *a)
{
    return gop_queue_busy_ms(a->queue) <= STUCK_MS;
}

void audio_pipeline_destroy(struct audio_pipeline *a)
{
    if (!a)
        return;
    audio_decoder_destroy(a->decoder);
    gop_queue_destroy(a->queue);
    mem_free(a);
}
