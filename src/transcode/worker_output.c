/* SPDX-License-Identifier: Apache-2.0 */
/* Checks in the order of harm: indexes, formats, times, amounts. */
#include "transcode/worker_output.h"

#include <errno.h>

#include "base/mem.h"
#include "media/codec.h"

#define TIME_SLACK    (2 * MEDIA_TIMESCALE)  /* of an answer before the source: silence put in */
#define TIME_BACK_MAX (60 * MEDIA_TIMESCALE) /* an answer may be late, but not from another day */
#define DELAY_MAX     (5 * MEDIA_TIMESCALE)  /* presentation behind decoding */
#define RATE_FACTOR   4                      /* of the bit rate asked for */
#define BURST_BYTES   (8 << 20)
#define PACKET_BYTES                                                                               \
    100 /* what a packet counts beside its data: many empty ones are a flood, too */

struct output {
    enum media_kind kind;
    struct codec_config *config; /* NULL: none yet */
    bool needs_idr;              /* its next packet opens a GOP */
    bool is_lost;                /* told, and nothing has come since */
    int64_t last_dts;
    int64_t bytes; /* since the worker's start */
};

struct worker_output {
    struct transcode_setup setup;
    struct worker_output_events events;
    void *ctx;
    int count;
    struct output outputs[TRANSCODE_OUTPUTS_MAX];
    bool has_source;
    int64_t first_source_dts, last_source_dts; /* since the worker's start */
};

struct worker_output *worker_output_create(const struct transcode_setup *setup,
                                           const struct worker_output_events *events, void *ctx)
{
    struct worker_output *o = mem_zalloc(sizeof(*o));

    o->events = *events;
    o->ctx = ctx;
    o->count = setup->video_count + setup->audio_count;
    for (int i = 0; i < o->count; i++) {
        o->outputs[i].kind = i < setup->video_count ? MEDIA_VIDEO : MEDIA_AUDIO;
        o->outputs[i].last_dts = INT64_MIN;
    }
    worker_output_restart(o, setup);
    return o;
}

void worker_output_restart(struct worker_output *o, const struct transcode_setup *setup)
{
    o->setup = *setup;
    o->first_source_dts = o->last_source_dts;
    for (int i = 0; i < o->count; i++) {
        o->outputs[i].needs_idr = o->outputs[i].kind == MEDIA_VIDEO;
        o->outputs[i].bytes = 0;
        o->outputs[i].is_lost = false;
    }
}

void worker_output_destroy(struct worker_output *o)
{
    if (!o)
        return;
    for (int i = 0; i < o->count; i++)
        codec_config_unref(o->outputs[i].config);
    mem_free(o);
}

void worker_output_note_source(struct worker_output *o, int64_t dts)
{
    if (!o->has_source)
        o->first_source_dts = o->last_source_dts = dts;
    o->has_source = true;
    if (dts > o->last_source_dts)
        o->last_source_dts = dts;
}

int64_t worker_output_last_dts(const struct worker_output *o, int output)
{
    return o->outputs[output].last_dts;
}

static struct output *find_output(struct worker_output *o, int output, enum media_kind kind)
{
    if (output >= o->count || o->outputs[output].kind != kind)
        return NULL;
    return &o->outputs[output];
}

/* -- configurations -- */

static bool is_video_as_asked(const struct worker_output *o, int output,
                              const struct codec_config *config)
{
    return config->video.width == o->setup.video[output].width &&
           config->video.height == o->setup.video[output].height;
}

static int take_config(struct worker_output *o, const struct worker_frame *frame)
{
    struct codec_config *config = NULL;
    struct link_config in;
    struct output *output;
    int err = link_config_parse(&in, frame);

    output = err ? NULL : find_output(o, in.output, in.kind);
    if (!output)
        return -EPROTO;
    err = link_config_read(&config, &in);
    if (!err && in.kind == MEDIA_VIDEO && !is_video_as_asked(o, in.output, config))
        err = -EPROTO;
    if (err) {
        codec_config_unref(config);
        return -EPROTO;
    }
    /* A worker that starts anew with the same settings must not cost viewers a discontinuity. */
    if (codec_config_is_equal(output->config, config)) {
        codec_config_unref(config);
        return 0;
    }
    codec_config_unref(output->config);
    output->config = config;
    return 0;
}

/* -- packets -- */

static bool is_time_sane(const struct worker_output *o, const struct link_packet *in)
{
    if (!o->has_source || in->dts > o->last_source_dts + TIME_SLACK ||
        in->dts < o->last_source_dts - TIME_BACK_MAX)
        return false;
    return in->pts >= in->dts && in->pts <= in->dts + DELAY_MAX;
}

static int bitrate_of(const struct worker_output *o, int output)
{
    return output < o->setup.video_count ? o->setup.video[output].bitrate_bps
                                         : o->setup.audio_bps[output - o->setup.video_count];
}

static bool is_amount_sane(const struct worker_output *o, int output, int64_t bytes)
{
    int64_t seconds = (o->last_source_dts - o->first_source_dts) / MEDIA_TIMESCALE + 1;

    return bytes <= BURST_BYTES + seconds * bitrate_of(o, output) / 8 * RATE_FACTOR;
}

static int take_packet(struct worker_output *o, const struct worker_frame *frame)
{
    struct link_packet in;
    struct output *output;
    struct packet *packet;
    int err = link_packet_parse(&in, frame);

    output = err ? NULL : find_output(o, in.output, in.kind);
    if (!output || !output->config || !is_time_sane(o, &in))
        return -EPROTO;
    output->bytes += (int64_t)in.len + PACKET_BYTES;
    if (!is_amount_sane(o, in.output, output->bytes))
        return -EPROTO;
    err = link_packet_read(&packet, &in, output->config);
    if (err)
        return err;
    /* Otherwise another worker has answered it already. */
    if (in.dts > output->last_dts && (packet->is_idr || !output->needs_idr)) {
        output->last_dts = in.dts;
        output->needs_idr = output->is_lost = false;
        o->events.on_packet(in.output, packet, o->ctx);
    }
    packet_unref(packet);
    return 0;
}

static int take_lost(struct worker_output *o, const struct worker_frame *frame)
{
    struct transcode_lost lost;
    struct output *output;

    if (transcode_lost_parse(&lost, frame) || lost.output >= o->count)
        return -EPROTO;
    output = &o->outputs[lost.output];
    if (output->is_lost)
        return 0; /* each one costs log lines */
    output->needs_idr = output->kind == MEDIA_VIDEO;
    output->is_lost = true;
    o->events.on_lost(lost.output, lost.dts, o->ctx);
    return 0;
}

static int take_stats(struct worker_output *o, const struct worker_frame *frame)
{
    struct transcode_stats stats;

    if (transcode_stats_parse(&stats, frame))
        return -EPROTO;
    o->events.on_stats(&stats, o->ctx);
    return 0;
}

int worker_output_take(struct worker_output *o, const struct worker_frame *frame)
{
    switch (frame->type) {
    case FRAME_OUT_CONFIG:
        return take_config(o, frame);
    case FRAME_OUT_PACKET:
        return take_packet(o, frame);
    case FRAME_OUT_LOST:
        return take_lost(o, frame);
    case FRAME_STATS:
        return take_stats(o, frame);
    default:
        return -EPROTO;
    }
}
