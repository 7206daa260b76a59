/* SPDX-License-Identifier: Apache-2.0 */
/* AAC (ISO/IEC 14496-3) to blocks of samples.
 *
 *   packet --libavcodec--> samples --libswresample--> fifo --1024 at a time--> on_block
 *
 * Times are counted in samples from the first one. A packet whose own time differs by more than
 * 40 ms (encoders write milliseconds, and their clocks drift) is met with silence when it is late
 * and left out when it is early; after a hole of more than a second counting starts anew. */
#include "transcode/audio_decoder.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "media/codec.h"
#include "transcode/transcode_link.h"

#define TOLERANCE     (MEDIA_TIMESCALE * 40 / 1000)
#define BREAK         MEDIA_TIMESCALE
#define ROUNDING      1     /* tick, of whoever counts samples in 90 kHz */
#define OTHER_RATE    48000 /* for sources of neither 44.1 nor 48 kHz */
#define FRAME_SAMPLES 1024  /* of a frame that could not be decoded, unless one was before */

struct audio_decoder {
    struct audio_decoder_events events;
    void *ctx;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame, *resampled;
    SwrContext *swr; /* NULL: nothing to convert */
    int swr_rate, swr_channels;
    struct audio_format format;
    AVAudioFifo *fifo;
    int source_rate, frame_samples; /* of the last decoded frame */
    bool is_running;
    int64_t start;    /* time of sample 0, 90 kHz */
    int64_t received; /* samples put into the fifo since then */
    int64_t taken;    /* and out of it */
    int64_t given;    /* time of sample `given_at`, as the newest packet told it, or counted */
    int64_t given_at;
    int64_t arrival_us;
};

/* -- creation -- */

static int open_codec(struct audio_decoder *d, const uint8_t *asc, size_t len)
{
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_AAC);

    d->codec = avcodec_alloc_context3(codec);
    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();
    d->resampled = av_frame_alloc();
    if (!codec || !d->codec || !d->packet || !d->frame || !d->resampled)
        return -ENOMEM;
    d->codec->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!d->codec->extradata)
        return -ENOMEM;
    memcpy(d->codec->extradata, asc, len);
    d->codec->extradata_size = (int)len;
    d->codec->pkt_timebase = (AVRational){ 1, MEDIA_TIMESCALE };
    return avcodec_open2(d->codec, codec, NULL) < 0 ? -EINVAL : 0;
}

/* libavcodec knows them only after the first frame, encoders want them before. */
static int choose_format(struct audio_decoder *d, const uint8_t *asc, size_t len)
{
    struct codec_config *config;
    int err = codec_config_from_asc(&config, asc, len);
    int rate, channels;

    if (err)
        return err;
    rate = config->audio.sample_rate;
    channels = config->audio.channels;
    codec_config_unref(config);
    d->source_rate = rate;
    d->format.sample_rate = rate == 44100 || rate == 48000 ? rate : OTHER_RATE;
    d->format.channels = channels > AUDIO_CHANNELS_MAX ? AUDIO_CHANNELS_MAX : channels;
    d->fifo = av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, d->format.channels, 4 * AUDIO_BLOCK_SAMPLES);
    return d->fifo ? 0 : -ENOMEM;
}

int audio_decoder_create(struct audio_decoder **out, const uint8_t *asc, size_t len,
                         const struct audio_decoder_events *events, void *ctx)
{
    struct audio_decoder *d = mem_zalloc(sizeof(*d));
    int err;

    d->events = *events;
    d->ctx = ctx;
    d->frame_samples = FRAME_SAMPLES;
    err = open_codec(d, asc, len);
    if (!err)
        err = choose_format(d, asc, len);
    if (err)
        goto out;

    *out = d;
    d = NULL;
out:
    audio_decoder_destroy(d);
    return err;
}

void audio_decoder_destroy(struct audio_decoder *d)
{
    if (!d)
        return;
    avcodec_free_context(&d->codec);
    av_packet_free(&d->packet);
    av_frame_free(&d->frame);
    av_frame_free(&d->resampled);
    swr_free(&d->swr);
    if (d->fifo)
        av_audio_fifo_free(d->fifo);
    mem_free(d);
}

struct audio_format audio_decoder_format(const struct audio_decoder *d)
{
    return d->format;
}

/* -- blocks out -- */

static int64_t time_of(const struct audio_decoder *d, int64_t sample)
{
    return d->start + av_rescale(sample, MEDIA_TIMESCALE, d->format.sample_rate);
}

/* Blocks that are the source's frames get their very times, so that they fall into the same
 * segments. */
static int64_t block_time(const struct audio_decoder *d)
{
    int64_t since = d->taken - d->given_at;

    return d->given + av_rescale(since, MEDIA_TIMESCALE, d->format.sample_rate);
}

static void hand_over_blocks(struct audio_decoder *d)
{
    float samples[AUDIO_CHANNELS_MAX][AUDIO_BLOCK_SAMPLES];
    struct audio_block block = { .channels = { samples[0], samples[1] } };

    while (av_audio_fifo_size(d->fifo) >= AUDIO_BLOCK_SAMPLES) {
        av_audio_fifo_read(d->fifo, (void **)block.channels, AUDIO_BLOCK_SAMPLES);
        block.pts = block_time(d);
        block.arrival_us = d->arrival_us;
        d->taken += AUDIO_BLOCK_SAMPLES;
        d->events.on_block(&block, d->ctx);
    }
}

static void put(struct audio_decoder *d, uint8_t **channels, int count)
{
    if (count <= 0)
        return;
    av_audio_fifo_write(d->fifo, (void **)channels, count);
    d->received += count;
    hand_over_blocks(d);
}

static void put_silence(struct audio_decoder *d, int64_t count)
{
    static float zeroes[AUDIO_BLOCK_SAMPLES];
    uint8_t *channels[AUDIO_CHANNELS_MAX] = { (uint8_t *)zeroes, (uint8_t *)zeroes };

    for (; count > 0; count -= AUDIO_BLOCK_SAMPLES)
        put(d, channels, count < AUDIO_BLOCK_SAMPLES ? (int)count : AUDIO_BLOCK_SAMPLES);
}

void audio_decoder_drain(struct audio_decoder *d)
{
    int left = av_audio_fifo_size(d->fifo) % AUDIO_BLOCK_SAMPLES;

    if (left)
        put_silence(d, AUDIO_BLOCK_SAMPLES - left);
}

/* -- times -- */

static void count_from(struct audio_decoder *d, int64_t pts)
{
    d->start = d->given = pts;
    d->received = d->taken = d->given_at = 0;
}

static void start_at(struct audio_decoder *d, int64_t pts)
{
    if (d->is_running) {
        audio_decoder_drain(d);
        d->events.on_break(d->ctx);
    }
    d->is_running = true;
    count_from(d, pts);
}

/* Whole blocks of silence, and the rest as a step in time, so that blocks go on being the source's
 * frames; where they are not (another rate), silence of that very length. */
static void fill_hole(struct audio_decoder *d, int64_t ahead, int64_t pts)
{
    int64_t count = av_rescale(ahead, d->format.sample_rate, MEDIA_TIMESCALE);

    if (d->source_rate != d->format.sample_rate || av_audio_fifo_size(d->fifo)) {
        put_silence(d, count);
        return;
    }
    put_silence(d, (count + ROUNDING) / AUDIO_BLOCK_SAMPLES * AUDIO_BLOCK_SAMPLES);
    count_from(d, pts);
}

/* Brings the flow to the packet's time. False: the packet is for a time that has passed. */
static bool follow(struct audio_decoder *d, int64_t pts)
{
    int64_t ahead = d->is_running ? pts - time_of(d, d->received) : 0;

    if (!d->is_running || ahead > BREAK)
        start_at(d, pts);
    else if (ahead > TOLERANCE)
        fill_hole(d, ahead, pts);
    d->given_at = d->received;
    d->given = time_of(d, d->received);
    if (llabs(pts - d->given) <= ROUNDING)
        d->given = pts;
    return ahead >= -TOLERANCE;
}

/* -- samples in -- */

static bool is_as_wanted(const struct audio_decoder *d, const AVFrame *frame)
{
    return frame->format == AV_SAMPLE_FMT_FLTP && frame->sample_rate == d->format.sample_rate &&
           frame->ch_layout.nb_channels == d->format.channels;
}

/* Follows the stream's own changes: an encoder may go from stereo to mono without saying so. */
static int prepare_swr(struct audio_decoder *d, AVFrame *frame)
{
    AVChannelLayout wanted;

    if (d->swr && d->swr_rate == frame->sample_rate &&
        d->swr_channels == frame->ch_layout.nb_channels)
        return 0;
    swr_free(&d->swr);
    av_channel_layout_default(&wanted, d->format.channels);
    if (swr_alloc_set_opts2(&d->swr, &wanted, AV_SAMPLE_FMT_FLTP, d->format.sample_rate,
                            &frame->ch_layout, frame->format, frame->sample_rate, 0, NULL) < 0)
        return -ENOMEM;
    d->swr_rate = frame->sample_rate;
    d->swr_channels = frame->ch_layout.nb_channels;
    return swr_init(d->swr) < 0 ? -EINVAL : 0;
}

static void put_converted(struct audio_decoder *d, const AVFrame *frame)
{
    int room = (int)av_rescale_rnd(swr_get_delay(d->swr, frame->sample_rate) + frame->nb_samples,
                                   d->format.sample_rate, frame->sample_rate, AV_ROUND_UP);
    int count;

    av_frame_unref(d->resampled);
    d->resampled->format = AV_SAMPLE_FMT_FLTP;
    d->resampled->nb_samples = room + 1;
    av_channel_layout_default(&d->resampled->ch_layout, d->format.channels);
    if (av_frame_get_buffer(d->resampled, 0) < 0)
        return;
    count = swr_convert(d->swr, d->resampled->extended_data, room + 1,
                        (const uint8_t **)frame->extended_data, frame->nb_samples);
    put(d, d->resampled->extended_data, count);
}

static void put_decoded(struct audio_decoder *d, AVFrame *frame)
{
    d->frame_samples = frame->nb_samples;
    d->source_rate = frame->sample_rate;
    if (is_as_wanted(d, frame))
        put(d, frame->extended_data, frame->nb_samples);
    else if (prepare_swr(d, frame) == 0)
        put_converted(d, frame);
}

static void put_lost_frame(struct audio_decoder *d)
{
    put_silence(d, av_rescale(d->frame_samples, d->format.sample_rate, d->source_rate));
}

void audio_decoder_decode(struct audio_decoder *d, const struct link_packet *packet)
{
    int err = av_new_packet(d->packet, (int)packet->len);

    if (err < 0 || !follow(d, packet->pts)) {
        av_packet_unref(d->packet);
        return;
    }
    d->arrival_us = packet->arrival_us;
    memcpy(d->packet->data, packet->data, packet->len);
    err = avcodec_send_packet(d->codec, d->packet);
    av_packet_unref(d->packet);
    if (err >= 0)
        err = avcodec_receive_frame(d->codec, d->frame);
    if (err < 0)
        put_lost_frame(d);
    else
        put_decoded(d, d->frame);
    av_frame_unref(d->frame);
}
