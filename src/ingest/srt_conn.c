/* SPDX-License-Identifier: Apache-2.0 */
/*     srt_host --transport stream--> demuxer --packets--> here --ingest events--> live/
 *
 * SRT has no way of saying goodbye: a connection that ends may come back, whatever ended it. */
#include "ingest/srt_conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/demuxer.h"
#include "ingest/ingest_base.h"
#include "media/packet.h"

enum state { SRT_ASKING, SRT_PUBLISHING, SRT_FINISHED };

struct srt_conn {
    struct ingest ingest;
    struct srt_conn_config config;
    char peer[64];
    struct stream_name *name; /* until live/ has been asked */
    enum state state;
    bool has_ingest; /* live/ waits for on_end() */
    struct demuxer *demuxer;
    struct ingest_metadata metadata;
    bool is_told, is_changed; /* the metadata: at all; since then */
    bool is_measured;
    int64_t first_packet_ms; /* monotonic; 0: none yet */
    int64_t track_bytes[2];  /* by media_kind, until it is measured */
    int64_t rate_since_ms, rate_bytes;
};

static struct srt_conn *conn_of(struct ingest *ingest)
{
    return CONTAINER_OF(ingest, struct srt_conn, ingest);
}

/* ---- the end ---- */

static void end_ingest(struct srt_conn *conn, bool is_clean)
{
    if (!conn->has_ingest)
        return;
    conn->has_ingest = false;
    conn->ingest.events->on_end(&conn->ingest, is_clean, conn->ingest.ctx);
}

static void finish(struct srt_conn *conn)
{
    if (conn->state == SRT_FINISHED)
        return;
    conn->state = SRT_FINISHED;
    conn->config.transport->finish(conn->config.transport_ctx);
}

static void break_off(struct srt_conn *conn, const char *reason)
{
    log_warn(conn->ingest.tag, "closing: peer=%s reason=%s", conn->peer, reason);
    end_ingest(conn, false);
    finish(conn);
}

/* ---- media ---- */

static void tell_metadata(struct srt_conn *conn)
{
    conn->is_told = true;
    conn->is_changed = false;
    conn->ingest.events->on_metadata(&conn->ingest, &conn->metadata, conn->ingest.ctx);
}

static void on_tracks(bool has_video, bool has_audio, void *ctx)
{
    struct srt_conn *conn = ctx;

    if (!conn->has_ingest ||
        (has_video == conn->metadata.promises_video && has_audio == conn->metadata.promises_audio))
        return;
    conn->metadata.promises_video = has_video;
    conn->metadata.promises_audio = has_audio;
    conn->is_changed = true;
    if (!conn->is_told) /* a stream may say something else in each of its packets */
        tell_metadata(conn);
}

/* No encoder says over SRT what it means to send: measured instead. */
static void measure(struct srt_conn *conn, const struct packet *packet)
{
    int64_t now_ms = clock_mono_ms(), elapsed_ms;

    if (conn->is_measured)
        return;
    if (!conn->first_packet_ms)
        conn->first_packet_ms = now_ms;
    conn->track_bytes[packet->kind] += (int64_t)packet->data->len;
    elapsed_ms = now_ms - conn->first_packet_ms;
    if (elapsed_ms < SRT_MEASURED_MS)
        return;
    conn->is_measured = true;
    conn->metadata.video_bps = conn->track_bytes[MEDIA_VIDEO] * 8000 / elapsed_ms;
    conn->metadata.audio_bps = conn->track_bytes[MEDIA_AUDIO] * 8000 / elapsed_ms;
    tell_metadata(conn);
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct srt_conn *conn = ctx;

    if (!conn->has_ingest)
        return; /* closed, and not yet gone */
    measure(conn, packet);
    if (!conn->has_ingest)
        return; /* closed for what was measured */
    conn->ingest.events->on_packet(&conn->ingest, packet, conn->ingest.ctx);
}

static void on_refused(const char *reason, void *ctx)
{
    struct srt_conn *conn = ctx;

    log_warn(conn->ingest.tag, "broadcast ended: reason=%s", reason);
    end_ingest(conn, true);
    finish(conn);
}

static void on_failed(const char *reason, void *ctx)
{
    break_off(ctx, reason);
}

static const struct demuxer_events demuxer_events = { on_tracks, on_packet, on_refused, on_failed };

void srt_conn_feed(struct srt_conn *conn, struct bytes *ts, int64_t arrival_us)
{
    if (conn->state != SRT_PUBLISHING)
        return;
    conn->ingest.last_byte_ms = clock_mono_ms();
    conn->rate_bytes += (int64_t)ts->len;
    demuxer_push(conn->demuxer, ts, arrival_us);
}

void srt_conn_lost(struct srt_conn *conn)
{
    if (conn->state == SRT_FINISHED)
        return;
    log_info(conn->ingest.tag, "connection lost: peer=%s", conn->peer);
    conn->state = SRT_FINISHED;
    end_ingest(conn, false);
}

/* Limits of the channel are live's, and count media; this one counts what is not media too. */
static bool sends_too_much(struct srt_conn *conn, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms - conn->rate_since_ms;
    bool is_too_much;

    if (elapsed_ms < SRT_RATE_MS)
        return false;
    is_too_much = conn->rate_bytes * 8 > (int64_t)SRT_RATE_MAX / 1000 * elapsed_ms;
    conn->rate_since_ms = now_ms;
    conn->rate_bytes = 0;
    return is_too_much;
}

void srt_conn_sweep(struct srt_conn *conn, int64_t now_ms)
{
    if (conn->state != SRT_PUBLISHING)
        return;
    if (!conn->demuxer)
        break_off(conn, "the demuxer could not be started");
    else if (now_ms - conn->ingest.last_byte_ms > SRT_IDLE_MS)
        break_off(conn, "nothing came in time");
    else if (sends_too_much(conn, now_ms))
        break_off(conn, "more than 40 Mb/s");
    else if (conn->is_changed)
        tell_metadata(conn);
}

/* ---- what live/ decides ---- */

static void accept_ingest(struct ingest *ingest)
{
    struct srt_conn *conn = conn_of(ingest);
    struct demuxer_config config = { conn->config.program, ingest->tag };
    int err;

    if (conn->state != SRT_ASKING)
        return;
    conn->state = SRT_PUBLISHING;
    ingest->last_byte_ms = conn->rate_since_ms = clock_mono_ms();
    err = demuxer_create(&conn->demuxer, ingest->loop, &config, &demuxer_events, conn);
    if (err) { /* live/ must hear of nothing inside its call: the next sweep ends it */
        log_error(ingest->tag, "demuxer not started: err=%s", err_str(err));
        return;
    }
    log_info(ingest->tag, "publishing: peer=%s encrypted=%s", conn->peer,
             conn->config.is_encrypted ? "yes" : "no");
    conn->config.transport->read(conn->config.transport_ctx);
}

static void close_ingest(struct ingest *ingest, const char *description)
{
    struct srt_conn *conn = conn_of(ingest);

    log_info(ingest->tag, "closed: reason=%s", description);
    conn->has_ingest = false;
    finish(conn);
}

/* ---- birth and death ---- */

struct srt_conn *srt_conn_create(const struct srt_conn_config *config)
{
    static const struct ingest_ops ops = {
        .accept = accept_ingest,
        .refuse = close_ingest, /* SRT carries no words to the encoder */
        .close = close_ingest,
    };
    struct srt_conn *conn = mem_zalloc(sizeof(*conn));

    conn->config = *config;
    snprintf(conn->peer, sizeof(conn->peer), "%s", config->peer);
    conn->name = mem_dup(config->name, sizeof(*config->name));
    conn->ingest = (struct ingest){ .ops = &ops,
                                    .events = config->events,
                                    .ctx = config->events_ctx,
                                    .loop = config->loop,
                                    .last_byte_ms = clock_mono_ms() };
    snprintf(conn->ingest.tag, sizeof(conn->ingest.tag), "%s", config->tag);
    return conn;
}

static void forget_name(struct srt_conn *conn)
{
    if (!conn->name)
        return;
    explicit_bzero(conn->name, sizeof(*conn->name));
    mem_free(conn->name);
    conn->name = NULL;
}

void srt_conn_open(struct srt_conn *conn)
{
    struct ingest_offer offer = {
        .protocol = "srt",
        .is_encrypted = conn->config.is_encrypted,
        .peer = conn->peer,
        .app = "",
        .stream_key = conn->name->key,
        .query = conn->name->query,
    };

    conn->has_ingest = true;
    conn->ingest.events->on_publish(&conn->ingest, &offer, conn->ingest.ctx);
    forget_name(conn);
}

void srt_conn_destroy(struct srt_conn *conn)
{
    if (!conn)
        return;
    demuxer_destroy(conn->demuxer);
    forget_name(conn);
    mem_free(conn);
}
