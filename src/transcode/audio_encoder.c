/* SPDX-License-Identifier: Apache-2.0 */
/* AAC-LC (ISO/IEC 14496-3). An AAC frame overlaps with the one before it: libavcodec's encoder puts
 * out a first frame that plays as 1024 samples of priming, and every block one frame later. */
#include "transcode/audio_encoder.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <string.h>

#include "base/mem.h"
#include "media/packet.h"

#define BLOCKS_HELD 4 /* more than the encoder ever holds back; a power of two */

struct audio_encoder {
    struct audio_encoder_events events;
    void *ctx;
    AVCodecContext *codec;
    AVFrame *frame;
    AVPacket *packet;
    int64_t blocks;
    struct {
        int64_t pts, arrival_us;
    } held[BLOCKS_HELD]; /* the last blocks, by number */
};

static int open_codec(struct audio_encoder *e, const struct audio_format *format, int bitrate_bps)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);

    e->codec = avcodec_alloc_context3(codec);
    e->packet = av_packet_alloc();
    e->frame = av_frame_alloc();
    if (!codec || !e->codec || !e->packet || !e->frame)
        return -ENOMEM;
    e->codec->sample_rate = format->sample_rate;
    e->codec->sample_fmt = AV_SAMPLE_FMT_FLTP;
    e->codec->bit_rate = bitrate_bps;
    e->codec->time_base = (AVRational){ 1, format->sample_rate };
    e->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER; /* the ASC, apart from the frames */
    av_channel_layout_default(&e->codec->ch_layout, format->channels);
    /* The default, "twoloop", makes held notes waver by a third and more at 48 and 64 kb/s. */
    av_opt_set(e->codec->priv_data, "aac_coder", "fast", 0);
    return avcodec_open2(e->codec, codec, NULL) < 0 ? -EINVAL : 0;
}

static int prepare_frame(struct audio_encoder *e)
{
    e->frame->format = AV_SAMPLE_FMT_FLTP;
    e->frame->nb_samples = AUDIO_BLOCK_SAMPLES;
    e->frame->sample_rate = e->codec->sample_rate;
    if (av_channel_layout_copy(&e->frame->ch_layout, &e->codec->ch_layout) < 0)
        return -ENOMEM;
    return av_frame_get_buffer(e->frame, 0) < 0 ? -ENOMEM : 0;
}

int audio_encoder_create(struct audio_encoder **out, const struct audio_format *format,
                         int bitrate_bps, const struct audio_encoder_events *events, void *ctx)
{
    struct audio_encoder *e = mem_zalloc(sizeof(*e));
    int err;

    e->events = *events;
    e->ctx = ctx;
    err = open_codec(e, format, bitrate_bps);
    if (!err)
        err = prepare_frame(e);
    if (err)
        goto out;

    *out = e;
    e = NULL;
out:
    audio_encoder_destroy(e);
    return err;
}

void audio_encoder_destroy(struct audio_encoder *e)
{
    if (!e)
        return;
    avcodec_free_context(&e->codec);
    av_frame_free(&e->frame);
    av_packet_free(&e->packet);
    mem_free(e);
}

const uint8_t *audio_encoder_asc(const struct audio_encoder *e, size_t *len)
{
    *len = (size_t)e->codec->extradata_size;
    return e->codec->extradata;
}

static void hand_over(struct audio_encoder *e)
{
    int64_t samples = e->packet->pts; /* since the first one; the priming lies before it */
    int64_t number = samples / AUDIO_BLOCK_SAMPLES % BLOCKS_HELD;
    struct audio_frame frame = { .data = e->packet->data, .len = (size_t)e->packet->size };

    if (samples < 0)
        return;
    frame.pts = e->held[number].pts;
    frame.arrival_us = e->held[number].arrival_us;
    e->events.on_frame(&frame, e->ctx);
}

static void receive_frames(struct audio_encoder *e)
{
    while (avcodec_receive_packet(e->codec, e->packet) == 0) {
        hand_over(e);
        av_packet_unref(e->packet);
    }
}

void audio_encoder_encode(struct audio_encoder *e, const struct audio_block *block)
{
    if (av_frame_make_writable(e->frame) < 0)
        return;
    for (int i = 0; i < e->codec->ch_layout.nb_channels; i++)
        memcpy(e->frame->data[i], block->channels[i], AUDIO_BLOCK_SAMPLES * sizeof(float));
    e->frame->pts = e->blocks * AUDIO_BLOCK_SAMPLES;
    e->held[e->blocks % BLOCKS_HELD].pts = block->pts;
    e->held[e->blocks % BLOCKS_HELD].arrival_us = block->arrival_us;
    e->blocks++;
    avcodec_send_frame(e->codec, e->frame);
    receive_frames(e);
}

void audio_encoder_drain(struct audio_encoder *e)
{
    avcodec_send_frame(e->codec, NULL);
    receive_frames(e);
}
