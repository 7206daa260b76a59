/* SPDX-License-Identifier: Apache-2.0 */
/* Times are the stream's own 33 bits, unwrapped here, so that they go on when another worker
 * answers. */
#include "ingest/demux_output.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "media/codec.h"

#define DELAY_MAX    (5 * MEDIA_TIMESCALE) /* presentation behind decoding */
#define BYTES_FACTOR 2                     /* lengths for start codes, and no more */
#define BYTES_SLACK  (64 << 10)
#define FRAMES_SLACK 64
/* Bytes of stream for a frame: the shortest of AAC has eight, and a config. */
#define FRAME_LEAST 4

struct demux_output {
    struct demux_output_events events;
    void *ctx;
    struct codec_config *configs[2]; /* by media_kind; NULL: none yet */
    bool has_clock;
    int64_t clock; /* decode time of the packet before, whatever its track: unwrapped */
    /* of the worker that answers */
    int64_t bytes_left, frames_left;
    struct demux_stats stats;
};

void demux_output_restart(struct demux_output *o)
{
    o->bytes_left = BYTES_SLACK;
    o->frames_left = FRAMES_SLACK;
    o->stats = (struct demux_stats){ 0 };
}

void demux_output_note_input(struct demux_output *o, size_t len)
{
    o->bytes_left += (int64_t)len * BYTES_FACTOR;
    o->frames_left += (int64_t)len / FRAME_LEAST;
}

static int take_config(struct demux_output *o, const struct worker_frame *frame)
{
    struct codec_config *fresh;
    struct link_config in;

    if (link_config_parse(&in, frame) || in.output)
        return -EPROTO;
    o->bytes_left -= (int64_t)in.len;
    if (o->bytes_left < 0 || link_config_read(&fresh, &in))
        return -EPROTO;
    if (codec_config_is_equal(o->configs[in.kind], fresh)) {
        codec_config_unref(fresh);
        return 0;
    }
    codec_config_unref(o->configs[in.kind]);
    o->configs[in.kind] = fresh;
    return 0;
}

/* The value nearest to `near` whose low 33 bits are those of `time`. */
static int64_t unwrap(int64_t near, int64_t time)
{
    int64_t ahead = (time - near) & DEMUX_TIME_MASK;

    return near + (ahead > DEMUX_TIME_MASK / 2 ? ahead - DEMUX_TIME_MASK - 1 : ahead);
}

static void set_times(const struct demux_output *o, struct link_packet *in)
{
    int64_t dts = in->dts & DEMUX_TIME_MASK, pts = in->pts & DEMUX_TIME_MASK;
    int64_t delay = (pts - dts) & DEMUX_TIME_MASK;

    in->dts = o->has_clock ? unwrap(o->clock, dts) : dts;
    in->pts = in->dts + (delay <= DELAY_MAX ? delay : 0);
}

static int take_packet(struct demux_output *o, const struct worker_frame *frame)
{
    struct link_packet in;
    struct packet *packet;

    if (link_packet_parse(&in, frame) || in.output || !o->configs[in.kind])
        return -EPROTO;
    o->bytes_left -= (int64_t)in.len;
    set_times(o, &in);
    if (o->bytes_left < 0 || llabs(in.dts) >= DEMUX_CLOCK_MAX ||
        link_packet_read(&packet, &in, o->configs[in.kind]))
        return -EPROTO;
    o->has_clock = true; /* not by what is not taken */
    o->clock = in.dts;
    o->events.on_packet(packet, o->ctx);
    packet_unref(packet);
    return 0;
}

static int take_tracks(struct demux_output *o, const struct worker_frame *frame)
{
    struct demux_tracks tracks;

    if (demux_tracks_parse(&tracks, frame))
        return -EPROTO;
    o->events.on_tracks(&tracks, o->ctx);
    return 0;
}

static int take_refusal(struct demux_output *o, const struct worker_frame *frame)
{
    enum demux_refusal refusal;

    if (demux_refusal_parse(&refusal, frame))
        return -EPROTO;
    o->events.on_refused(refusal, o->ctx);
    return 0;
}

static int take_stats(struct demux_output *o, const struct worker_frame *frame)
{
    struct demux_stats stats, more;

    if (demux_stats_parse(&stats, frame) || stats.losses < o->stats.losses ||
        stats.damaged < o->stats.damaged)
        return -EPROTO;
    more = (struct demux_stats){ stats.losses - o->stats.losses, stats.damaged - o->stats.damaged };
    o->stats = stats;
    o->events.on_stats(&more, o->ctx);
    return 0;
}

int demux_output_take(struct demux_output *o, const struct worker_frame *frame)
{
    if (--o->frames_left < 0)
        return -EPROTO;
    switch (frame->type) {
    case FRAME_READY:
        return 0;
    case FRAME_DEMUX_TRACKS:
        return take_tracks(o, frame);
    case FRAME_DEMUX_CONFIG:
        return take_config(o, frame);
    case FRAME_DEMUX_PACKET:
        return take_packet(o, frame);
    case FRAME_DEMUX_REFUSED:
        return take_refusal(o, frame);
    case FRAME_DEMUX_STATS:
        return take_stats(o, frame);
    default:
        return -EPROTO;
    }
}

struct demux_output *demux_output_create(const struct demux_output_events *events, void *ctx)
{
    struct demux_output *o = mem_zalloc(sizeof(*o));

    o->events = *events;
    o->ctx = ctx;
    demux_output_restart(o);
    return o;
}

void demux_output_destroy(struct demux_output *o)
{
    if (!o)
        return;
    codec_config_unref(o->configs[MEDIA_VIDEO]);
    codec_config_unref(o->configs[MEDIA_AUDIO]);
    mem_free(o);
}
