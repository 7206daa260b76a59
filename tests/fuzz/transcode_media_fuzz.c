/* SPDX-License-Identifier: Apache-2.0 */
/* Strangers' media on its way through the worker: decoder and cascade, sound to sound. The input is
 * records of a type, a length of two bytes and that many bytes. */
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/reader.h"
#include "transcode/audio_decoder.h"
#include "transcode/audio_encoder.h"
#include "transcode/decoder.h"
#include "transcode/scaler.h"
#include "transcode/transcode_link.h"

#define RECORDS_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum record { VIDEO_CONFIG, VIDEO_IDR, VIDEO_OTHER, AUDIO_CONFIG, AUDIO_FRAME, RECORD_COUNT };

struct pipeline {
    struct decoder *decoder;
    struct scaler *scalers[2];
    struct audio_decoder *audio_decoder;
    struct audio_encoder *audio_encoder;
    int64_t last_pts, last_dts, last_block;
};

static void on_frame(const struct raw_frame *raw, void *ctx)
{
    struct pipeline *p = ctx;
    AVFrame *first, *second;

    if (raw->pts <= p->last_pts || raw->dts > raw->pts)
        abort();
    p->last_pts = raw->pts;
    first = scaler_scale(p->scalers[0], raw->frame);
    second = first ? scaler_scale(p->scalers[1], first) : NULL;
    if (second && (second->width != 64 || second->height != 36))
        abort();
    av_frame_free(&first);
    av_frame_free(&second);
}

static void on_audio_frame(const struct audio_frame *frame, void *ctx)
{
}

static void on_block(const struct audio_block *block, void *ctx)
{
    static const struct audio_encoder_events events = { on_audio_frame };
    struct pipeline *p = ctx;
    struct audio_format format = audio_decoder_format(p->audio_decoder);

    if (block->pts < p->last_block)
        abort();
    p->last_block = block->pts;
    if (!p->audio_encoder && audio_encoder_create(&p->audio_encoder, &format, 48000, &events, p))
        abort(); /* every format that the decoder chooses must be encodable */
    audio_encoder_encode(p->audio_encoder, block);
}

static void on_break(void *ctx)
{
    struct pipeline *p = ctx;

    audio_encoder_destroy(p->audio_encoder);
    p->audio_encoder = NULL;
}

static void take_config(struct pipeline *p, enum record type, const uint8_t *data, size_t len)
{
    static const struct decoder_events video_events = { on_frame };
    static const struct audio_decoder_events audio_events = { on_block, on_break };

    if (type == AUDIO_CONFIG) {
        audio_decoder_destroy(p->audio_decoder);
        on_break(p);
        p->audio_decoder = NULL;
        audio_decoder_create(&p->audio_decoder, data, len, &audio_events, p);
    } else if (p->decoder) {
        decoder_set_config(p->decoder, data, len);
    } else {
        decoder_create(&p->decoder, data, len, &video_events, p);
    }
}

static void take_record(struct pipeline *p, int number, enum record type, const uint8_t *data,
                        size_t len)
{
    struct link_packet packet = {
        .is_idr = type == VIDEO_IDR,
        .dts = number * 3000,
        .pts = number * 3000 + 6000,
        .data = data,
        .len = len,
    };

    if (type == VIDEO_CONFIG || type == AUDIO_CONFIG)
        take_config(p, type, data, len);
    else if (type == AUDIO_FRAME && p->audio_decoder)
        audio_decoder_decode(p->audio_decoder, &packet);
    else if (type != AUDIO_FRAME && p->decoder)
        decoder_decode(p->decoder, &packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct pipeline p = { .last_pts = INT64_MIN, .last_block = INT64_MIN };
    struct reader r;

    av_log_set_level(AV_LOG_QUIET);
    p.scalers[0] = scaler_create(128, 72);
    p.scalers[1] = scaler_create(64, 36);
    reader_init(&r, data, len);
    for (int i = 0; i < RECORDS_MAX; i++) {
        int type = read_u8(&r) % RECORD_COUNT;
        size_t size = read_u16(&r);
        const uint8_t *record = read_bytes(&r, size);
        if (!record || !size)
            break;
        take_record(&p, i, type, record, size);
    }
    if (p.decoder)
        decoder_drain(p.decoder);
    decoder_destroy(p.decoder);
    audio_decoder_destroy(p.audio_decoder);
    audio_encoder_destroy(p.audio_encoder);
    scaler_destroy(p.scalers[0]);
    scaler_destroy(p.scalers[1]);
    return 0;
}
