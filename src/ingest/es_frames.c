/* SPDX-License-Identifier: Apache-2.0 */
/* H.264 in transport streams has an access unit delimiter before each picture (ISO/IEC 13818-1,
 * 2.14.1), which tells pictures apart where several stand in one PES packet. Encoders that leave it
 * out put one picture into each. AAC frames tell their length (ADTS, ISO/IEC 14496-3, 1.A.2.2) and
 * may cross the border between PES packets. */
#include "ingest/es_frames.h"

#include "media/h264_nal.h"

#define REST_MAX  (256 << 10) /* a PES packet and what is left of the one before */
#define STEP_MAX  MEDIA_TIMESCALE
#define UNITS_MAX 64 /* in a PES packet; the last one has the rest */

void es_frames_init(struct es_frames *frames,
                    void (*on_frame)(const struct es_frame *frame, void *ctx), void *ctx)
{
    *frames = (struct es_frames){ .on_frame = on_frame, .ctx = ctx };
    buf_init(&frames->rest, REST_MAX);
}

void es_frames_clear(struct es_frames *frames)
{
    buf_clear(&frames->rest);
}

void es_frames_lose(struct es_frames *frames, enum media_kind kind)
{
    frames->damaged++;
    if (kind == MEDIA_AUDIO) {
        buf_reset(&frames->rest);
        frames->has_audio_time = false;
    }
}

/* ---- video ---- */

/* The access unit at the head of `data`: up to the second delimiter, or all. */
static size_t first_unit(const uint8_t *data, size_t len)
{
    struct h264_nal nal;
    struct reader r;
    bool has_slice = false;

    reader_init(&r, data, len);
    while (h264_next_annexb_nal(&r, &nal)) {
        size_t start = (size_t)(nal.data - data) - 3;

        if (nal.type == NAL_AUD && has_slice)
            return start && !data[start - 1] ? start - 1 : start; /* a fourth byte, 00 */
        has_slice |= nal.type >= NAL_SLICE && nal.type <= NAL_IDR;
    }
    return len;
}

/* How long a picture lasts, from the PES packets before: what is needed where several pictures come
 * with one time. */
static void note_step(struct es_frames *frames, int64_t dts)
{
    int64_t step = (dts - frames->video_dts) & DEMUX_TIME_MASK;

    if (frames->has_video_time && step > 0 && step <= STEP_MAX)
        frames->video_step = step;
}

static void take_video(struct es_frames *frames, const struct ts_pes *pes)
{
    int64_t delay = (pes->pts - pes->dts) & DEMUX_TIME_MASK;
    int64_t dts = pes->dts;
    size_t at = 0;

    note_step(frames, dts);
    for (int i = 0; at < pes->len; i++) {
        size_t left = pes->len - at;
        size_t len = i < UNITS_MAX - 1 ? first_unit(pes->data + at, left) : left;
        struct es_frame frame = { .data = pes->data + at,
                                  .len = len,
                                  .arrival_us = pes->arrival_us };

        if (i > 0)
            dts += frames->video_step;
        frame.dts = dts & DEMUX_TIME_MASK;
        frame.pts = (dts + delay) & DEMUX_TIME_MASK;
        frames->on_frame(&frame, frames->ctx);
        at += len;
    }
    frames->has_video_time = true;
    frames->video_dts = dts & DEMUX_TIME_MASK;
}

/* ---- audio ---- */

static int64_t audio_time(const struct es_frames *frames)
{
    if (!frames->audio_rate)
        return frames->audio_base;
    return (frames->audio_base + frames->audio_samples * MEDIA_TIMESCALE / frames->audio_rate) &
           DEMUX_TIME_MASK;
}

/* The time of a PES packet is that of the first frame which begins in it. */
static void set_audio_time(struct es_frames *frames, const struct ts_pes *pes)
{
    frames->has_audio_time = true;
    frames->audio_base = pes->pts;
    frames->audio_samples = 0;
}

static void emit_audio(struct es_frames *frames, const struct adts_header *header,
                       const uint8_t *data, int64_t arrival_us)
{
    struct es_frame frame = {
        .data = data + header->size,
        .len = header->frame_size - header->size,
        .arrival_us = arrival_us,
        .adts = header,
    };

    if (frames->audio_rate != header->sample_rate) {
        frames->audio_base = audio_time(frames);
        frames->audio_samples = 0;
        frames->audio_rate = header->sample_rate;
    }
    frame.pts = frame.dts = audio_time(frames);
    frames->audio_samples += header->samples;
    if (frames->has_audio_time && frame.len)
        frames->on_frame(&frame, frames->ctx);
}

static void take_audio(struct es_frames *frames, const struct ts_pes *pes)
{
    struct buf *rest = &frames->rest;
    size_t border = rest->len, at = 0; /* frames that begin behind the border are timed by `pes` */
    bool is_timed = !pes->has_time, is_astray = false;

    if (buf_append(rest, pes->data, pes->len)) {
        es_frames_lose(frames, MEDIA_AUDIO);
        buf_clear(rest);
        return;
    }
    while (at < rest->len) {
        struct adts_header header;
        int got = adts_read(&header, rest->data + at, rest->len - at);

        if (got == 0)
            break;
        if (got < 0) {
            frames->damaged += !is_astray;
            is_astray = true;
            at++;
            continue;
        }
        is_astray = false;
        if (!is_timed && at >= border) {
            set_audio_time(frames, pes);
            is_timed = true;
        }
        if (header.frame_size > rest->len - at)
            break;
        emit_audio(frames, &header, rest->data + at, pes->arrival_us);
        at += header.frame_size;
    }
    buf_consume(rest, at);
}

void es_frames_take(struct es_frames *frames, const struct ts_pes *pes)
{
    if (pes->kind == MEDIA_VIDEO)
        take_video(frames, pes);
    else
        take_audio(frames, pes);
}
