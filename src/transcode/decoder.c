/* SPDX-License-Identifier: Apache-2.0 */
/* H.264 (ISO/IEC 14496-10) to pictures with libavcodec, on one thread: a second one costs more than
 * it gives when other streams want the cores, and delays each picture by one. */
#include "transcode/decoder.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <string.h>

#include "base/mem.h"
#include "transcode/transcode_link.h"

#define PIXELS_MAX     (4096 * 2304) /* a parameter set may claim more than memory holds */
#define RECENT_PACKETS 64            /* power of two; more than any reordering depth */

struct recent {
    int64_t pts, arrival_us;
};

struct decoder {
    struct decoder_events events;
    void *ctx;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    uint8_t *new_config; /* for the next packet; NULL: none */
    size_t new_config_len;
    struct recent recent[RECENT_PACKETS];
    unsigned next_recent;
    bool has_idr;             /* one whose picture has not been handed over yet */
    int64_t idr_pts;          /* its time */
    int64_t idr_delay, delay; /* presentation behind decoding, of that IDR and now */
    bool has_cut;             /* a segment begins that has not been handed over yet */
    int64_t cut_dts;          /* with this time */
    int64_t last_pts, last_dts;
    uint32_t frames, errors;
};

static int open_codec(struct decoder *d, const uint8_t *avcc, size_t len)
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_H264);
    int err;

    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();
    d->codec = avcodec_alloc_context3(codec);
    if (!codec || !d->packet || !d->frame || !d->codec)
        return -ENOMEM;
    d->codec->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!d->codec->extradata)
        return -ENOMEM;
    memcpy(d->codec->extradata, avcc, len);
    d->codec->extradata_size = (int)len;
    d->codec->thread_count = 1;
    d->codec->max_pixels = PIXELS_MAX;
    d->codec->pkt_timebase = (AVRational){ 1, MEDIA_TIMESCALE };
    /* A damaged picture is better than a hole: the next one is predicted from it anyhow. */
    d->codec->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
    d->codec->error_concealment = FF_EC_GUESS_MVS | FF_EC_DEBLOCK;
    err = avcodec_open2(d->codec, codec, NULL);
    return err < 0 ? -EINVAL : 0;
}

int decoder_create(struct decoder **out, const uint8_t *avcc, size_t len,
                   const struct decoder_events *events, void *ctx)
{
    struct decoder *d = mem_zalloc(sizeof(*d));
    int err;

    d->events = *events;
    d->ctx = ctx;
    d->last_pts = d->last_dts = INT64_MIN;
    err = open_codec(d, avcc, len);
    if (err)
        goto out;

    *out = d;
    d = NULL;
out:
    decoder_destroy(d);
    return err;
}

void decoder_destroy(struct decoder *d)
{
    if (!d)
        return;
    avcodec_free_context(&d->codec);
    av_packet_free(&d->packet);
    av_frame_free(&d->frame);
    mem_free(d->new_config);
    mem_free(d);
}

void decoder_set_config(struct decoder *d, const uint8_t *avcc, size_t len)
{
    mem_free(d->new_config);
    d->new_config = mem_dup(avcc, len);
    d->new_config_len = len;
}

static void remember(struct decoder *d, const struct link_packet *packet)
{
    struct recent *recent = &d->recent[d->next_recent++ % RECENT_PACKETS];

    *recent = (struct recent){ .pts = packet->pts, .arrival_us = packet->arrival_us };
    if (packet->begins_segment) {
        d->has_cut = true;
        d->cut_dts = packet->dts;
    }
    if (!packet->is_idr)
        return;
    d->has_idr = true;
    d->idr_pts = packet->pts;
    d->idr_delay = packet->pts > packet->dts ? packet->pts - packet->dts : 0;
}

static int64_t arrival_of(const struct decoder *d, int64_t pts)
{
    for (unsigned i = 1; i <= RECENT_PACKETS; i++) {
        const struct recent *recent = &d->recent[(d->next_recent - i) % RECENT_PACKETS];
        if (recent->pts == pts)
            return recent->arrival_us;
    }
    return d->recent[(d->next_recent - 1) % RECENT_PACKETS].arrival_us;
}

/* Decode times run strictly forward and never pass the presentation. */
static int64_t decode_time(struct decoder *d, int64_t pts)
{
    int64_t dts = pts - d->delay;

    if (dts <= d->last_dts)
        dts = d->last_dts + 1;
    if (dts > pts)
        dts = pts;
    d->last_dts = dts;
    return dts;
}

static void hand_over(struct decoder *d)
{
    struct raw_frame raw = { .frame = d->frame, .pts = d->frame->pts };

    if (raw.pts == AV_NOPTS_VALUE || raw.pts <= d->last_pts) {
        d->errors++;
        return;
    }
    d->last_pts = raw.pts;
    /* Should the IDR's own picture be lost, the next one is where the rungs can start anew. */
    raw.is_key = d->has_idr && raw.pts >= d->idr_pts;
    if (raw.is_key) {
        d->has_idr = false;
        d->delay = d->idr_delay;
    }
    raw.dts = decode_time(d, raw.pts);
    raw.begins_segment = d->has_cut && raw.dts >= d->cut_dts;
    if (raw.begins_segment)
        d->has_cut = false;
    raw.arrival_us = arrival_of(d, raw.pts);
    d->frames++;
    d->events.on_frame(&raw, d->ctx);
}

static void receive_frames(struct decoder *d)
{
    while (avcodec_receive_frame(d->codec, d->frame) == 0) {
        if (d->frame->decode_error_flags || (d->frame->flags & AV_FRAME_FLAG_CORRUPT))
            d->errors++;
        hand_over(d);
        av_frame_unref(d->frame);
    }
}

static void attach_new_config(struct decoder *d)
{
    uint8_t *to;

    if (!d->new_config)
        return;
    to = av_packet_new_side_data(d->packet, AV_PKT_DATA_NEW_EXTRADATA, d->new_config_len);
    if (to)
        memcpy(to, d->new_config, d->new_config_len);
    mem_free(d->new_config);
    d->new_config = NULL;
}

void decoder_decode(struct decoder *d, const struct link_packet *packet)
{
    if (av_new_packet(d->packet, (int)packet->len) < 0)
        return;
    memcpy(d->packet->data, packet->data, packet->len);
    d->packet->pts = packet->pts;
    d->packet->dts = packet->dts;
    if (packet->is_idr)
        d->packet->flags |= AV_PKT_FLAG_KEY;
    remember(d, packet);
    attach_new_config(d);
    if (avcodec_send_packet(d->codec, d->packet) < 0)
        d->errors++;
    av_packet_unref(d->packet);
    receive_frames(d);
}

void decoder_drain(struct decoder *d)
{
    avcodec_send_packet(d->codec, NULL);
    receive_frames(d);
}

uint32_t decoder_frame_count(const struct decoder *d)
{
    return d->frames;
}

uint32_t decoder_error_count(const struct decoder *d)
{
    return d->errors;
}
