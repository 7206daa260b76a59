/* SPDX-License-Identifier: Apache-2.0 */
/*     bytes -> ts_demux -> PES packets -> es_frames -> frames -> here: configuration and packet
 *
 * Pictures before the first SPS and PPS are left out: nobody could decode them. */
#include "ingest/ts_media.h"

#include <errno.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "ingest/es_frames.h"
#include "media/access_unit.h"
#include "media/codec.h"

#define DELAY_MAX (5 * MEDIA_TIMESCALE) /* presentation behind decoding; more is nonsense */

struct ts_media {
    struct ts_media_events events;
    void *ctx;
    struct ts_demux *demux;
    struct es_frames frames;
    struct codec_config *video, *audio; /* what was told; NULL: nothing yet */
    bool is_refused;
    uint32_t losses;
};

static void refuse(struct ts_media *m, enum demux_refusal refusal)
{
    if (m->is_refused)
        return;
    m->is_refused = true;
    m->events.on_refused(refusal, m->ctx);
}

/* A configuration that cannot be read is damage, one that is not carried ends it all. */
static void reject_config(struct ts_media *m, int err, enum demux_refusal refusal)
{
    if (err == -ENOTSUP)
        refuse(m, refusal);
    else
        m->frames.damaged++;
}

/* ---- video ---- */

static void send_picture(struct ts_media *m, const struct es_frame *frame,
                         const struct access_unit *unit)
{
    int64_t delay = (frame->pts - frame->dts) & DEMUX_TIME_MASK;
    struct link_packet packet = {
        .kind = MEDIA_VIDEO,
        .is_idr = unit->is_idr,
        .dts = frame->dts,
        .pts = delay <= DELAY_MAX ? frame->pts : frame->dts,
        .arrival_us = frame->arrival_us,
        .data = unit->data->data,
        .len = unit->data->len,
    };

    m->events.on_packet(&packet, m->ctx);
}

static void take_picture(struct ts_media *m, const struct es_frame *frame)
{
    struct codec_config *told = m->video;
    struct access_unit unit;
    int err = access_unit_read_annexb(&unit, frame->data, frame->len);

    if (!err && unit.set_count)
        err = codec_config_refresh(&m->video, &unit);
    if (err)
        reject_config(m, err, DEMUX_OTHER_H264);
    else if (m->video && m->video != told)
        m->events.on_config(m->video, m->ctx);
    if (!err && unit.data && m->video)
        send_picture(m, frame, &unit);
    bytes_unref(unit.data);
}

/* ---- audio ---- */

static bool is_as_told(const struct codec_config *config, const struct adts_header *adts)
{
    const struct bytes *asc = config ? config->audio.asc : NULL;

    return asc && asc->len == sizeof(adts->asc) && asc->data[0] == adts->asc[0] &&
           asc->data[1] == adts->asc[1];
}

static void take_sound(struct ts_media *m, const struct es_frame *frame)
{
    struct link_packet packet = {
        .kind = MEDIA_AUDIO,
        .dts = frame->dts,
        .pts = frame->pts,
        .arrival_us = frame->arrival_us,
        .data = frame->data,
        .len = frame->len,
    };
    struct codec_config *fresh;

    if (!is_as_told(m->audio, frame->adts)) {
        int err = codec_config_from_asc(&fresh, frame->adts->asc, sizeof(frame->adts->asc));

        if (err) {
            reject_config(m, err, DEMUX_OTHER_AAC);
            return;
        }
        codec_config_unref(m->audio);
        m->audio = fresh;
        m->events.on_config(fresh, m->ctx);
    }
    m->events.on_packet(&packet, m->ctx);
}

/* ---- what the layers below tell ---- */

static void on_frame(const struct es_frame *frame, void *ctx)
{
    struct ts_media *m = ctx;

    if (m->is_refused)
        return;
    if (frame->adts)
        take_sound(m, frame);
    else
        take_picture(m, frame);
}

static void on_pes(const struct ts_pes *pes, void *ctx)
{
    struct ts_media *m = ctx;

    if (!m->is_refused)
        es_frames_take(&m->frames, pes);
}

static void on_program(const struct ts_program *program, void *ctx)
{
    struct ts_media *m = ctx;
    struct demux_tracks tracks = { program->video_pid != TS_NO_PID,
                                   program->audio_pid != TS_NO_PID };

    if (!tracks.has_video && program->video_refusal != DEMUX_CARRIED)
        refuse(m, program->video_refusal);
    else if (!tracks.has_audio && program->audio_refusal != DEMUX_CARRIED)
        refuse(m, program->audio_refusal);
    if (!m->is_refused)
        m->events.on_tracks(&tracks, m->ctx);
}

static void on_loss(enum media_kind kind, void *ctx)
{
    struct ts_media *m = ctx;

    m->losses++;
    es_frames_lose(&m->frames, kind);
}

static void on_scrambled(enum media_kind kind, void *ctx)
{
    refuse(ctx, DEMUX_SCRAMBLED);
}

struct ts_media *ts_media_create(const struct ts_media_events *events, void *ctx)
{
    static const struct ts_demux_events demux_events = { on_program, on_pes, on_loss,
                                                         on_scrambled };
    struct ts_media *m = mem_zalloc(sizeof(*m));

    m->events = *events;
    m->ctx = ctx;
    m->demux = ts_demux_create(&demux_events, m);
    es_frames_init(&m->frames, on_frame, m);
    return m;
}

void ts_media_push(struct ts_media *m, const uint8_t *data, size_t len, int64_t arrival_us)
{
    if (!m->is_refused)
        ts_demux_push(m->demux, data, len, arrival_us);
}

void ts_media_stats(const struct ts_media *m, struct demux_stats *out)
{
    *out = (struct demux_stats){ .losses = m->losses, .damaged = m->frames.damaged };
}

void ts_media_destroy(struct ts_media *m)
{
    if (!m)
        return;
    ts_demux_destroy(m->demux);
    es_frames_clear(&m->frames);
    codec_config_unref(m->video);
    codec_config_unref(m->audio);
    mem_free(m);
}
