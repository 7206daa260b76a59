/* SPDX-License-Identifier: Apache-2.0 */
#include "live/live_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "ingest/publish_query.h"
#include "live/event_log.h"
#include "live/health.h"
#include "live/ingest_limits.h"
#include "live/live_pipeline.h"
#include "live/takeover.h"
#include "media/multitrack.h"
#include "media/packet.h"
#include "net/loop.h"
#include "transcode/supervisor.h"

#define TICK_MS         1000
#define GRACE_MS        30000 /* of silence, after which the session ends */
#define GIVES_WAY_MS    5000  /* an encoder silent for this long is replaced by another one */
#define VIDEO_WAIT_MS   10000 /* an encoder that sends no video in this time is sent away */
#define DURATION_MAX_MS ((int64_t)48 * 3600 * 1000)
#define IDR_WARNING     ((int64_t)10 * MEDIA_TIMESCALE)

/* What has come since the last tick. */
struct arrivals {
    int64_t video_bytes, audio_bytes;
    int frames;
};

struct live_stream {
    struct live_stream_config config;
    struct live_stream_events events;
    void *ctx;
    char tag[LOG_TAG_SIZE];
    struct live_channel channel;
    char stream_id[LIVE_STREAM_ID_SIZE];

    struct publisher_address publisher; /* number 0: none, the grace runs */
    int64_t priority;                   /* the highest that was accepted; 0: none was given */
    int64_t takeovers;                  /* so far */
    struct takeover next;               /* who is about to take over */
    struct codec_config *configs[2];    /* by media_kind, in force; references */
    struct multitrack_config tracks;    /* that the encoder was told to send; none: it sends one */
    struct live_pipeline *pipeline;
    struct loop_timer *tick;
    struct health health;
    struct ingest_limits limits;
    struct arrivals arrivals;
    double keyframe_interval_s;
    int64_t last_idr_dts;
    bool has_idr;
    int64_t created_ms; /* monotonic, as the next three */
    int64_t ticked_ms;
    int64_t awaited_ms;     /* its video: since the current encoder came, or it flowed last */
    int64_t last_packet_ms; /* or when the current encoder came */
    bool has_warned_of_idr;
    const char *end_code; /* of the session's end; NULL: none */
    char breach[128];     /* of a limit of the channel's type, in words: ended by the next tick */
    int err;              /* the pipeline's, until the next tick ends the broadcast */
};

static bool is_current(const struct live_stream *stream, struct publisher_address publisher)
{
    return stream->publisher.number && stream->publisher.number == publisher.number &&
           stream->publisher.host == publisher.host;
}

static void tell(struct live_stream *stream, struct publisher_address publisher,
                 enum publisher_verdict verdict, const char *reason)
{
    if (publisher.number)
        stream->events.on_verdict(publisher, verdict, reason, stream->ctx);
}

static void close_publisher(struct live_stream *stream, const char *reason)
{
    struct publisher_address publisher = stream->publisher;

    stream->publisher = (struct publisher_address){ 0 };
    tell(stream, publisher, PUBLISHER_CLOSED, reason);
}

/* --- what is told of it --- */

static struct live_event new_event(const struct live_stream *stream, const char *type,
                                   const char *name)
{
    struct live_event event = { .type = type, .name = name, .wall_ms = clock_wall_ms() };

    memcpy(event.channel_arn, stream->channel.arn, sizeof(event.channel_arn));
    memcpy(event.stream_id, stream->stream_id, sizeof(event.stream_id));
    return event;
}

static void record(const struct live_stream *stream, const struct live_event *event)
{
    event_log_add(live_registry_events(stream->config.registry), event);
}

/* `reason` or code; NULL: none. */
static void record_state(const struct live_stream *stream, const char *name, const char *reason)
{
    struct live_event event = new_event(stream, EVENT_STATE_CHANGE, name);

    snprintf(event.reason, sizeof(event.reason), "%s", reason ? reason : "");
    record(stream, &event);
}

static void record_health(const struct live_stream *stream, enum live_health before,
                          enum live_health now)
{
    bool is_worse = now == LIVE_STARVING;
    struct live_event event =
        new_event(stream, EVENT_HEALTH_CHANGE, is_worse ? "Starvation Start" : "Starvation End");

    log_info(stream->tag, "health: %s", live_health_name(now));
    if (is_worse || before == LIVE_STARVING)
        record(stream, &event);
}

static void record_breach(const struct live_stream *stream, const struct limit_breach *breach)
{
    struct live_event event = new_event(stream, EVENT_LIMIT_BREACH, breach->name);

    event.limit_value = breach->limit;
    event.exceeded_by = breach->exceeded_by;
    event.limit_unit = breach->unit;
    log_warn(stream->tag,
             "limit breach: limit_name=\"%s\" limit_value=%lld exceeded_by=%lld limit_unit=\"%s\"",
             breach->name, (long long)breach->limit, (long long)breach->exceeded_by, breach->unit);
    record(stream, &event);
}

/* --- encoders that are turned away --- */

static void fail_takeover(struct live_stream *stream, struct publisher_address publisher,
                          const char *code, const char *explanation)
{
    char reason[128];

    log_warn(stream->tag, "stream takeover failure: stream=%s code=%s", stream->stream_id, code);
    record_state(stream, "Stream Takeover Failure", code);
    snprintf(reason, sizeof(reason), "%s: %s", code, explanation);
    tell(stream, publisher, PUBLISHER_REFUSED, reason);
}

/* The encoder that was about to take over does not. */
static void fail_next(struct live_stream *stream, const char *code, const char *explanation)
{
    struct publisher_address publisher = stream->next.publisher;

    takeover_clear(&stream->next);
    fail_takeover(stream, publisher, code, explanation);
}

static void report_taken(const struct live_stream *stream)
{
    bool is_silent = clock_mono_ms() - stream->last_packet_ms >= GIVES_WAY_MS;

    live_set_taken(stream->config.registry, stream->channel.arn,
                   stream->publisher.number && !is_silent);
}

/* --- once a second --- */

static void report(struct live_stream *stream, int64_t now_ms)
{
    int64_t elapsed_ms = now_ms > stream->ticked_ms ? now_ms - stream->ticked_ms : 1;
    struct live_measure measure = {
        .video_bps = stream->arrivals.video_bytes * 8 * 1000 / elapsed_ms,
        .audio_bps = stream->arrivals.audio_bytes * 8 * 1000 / elapsed_ms,
        .fps = stream->arrivals.frames * 1000.0 / (double)elapsed_ms,
        .keyframe_interval_s = stream->keyframe_interval_s,
    };
    enum live_health before = stream->health.state;
    enum live_health state = health_tick(&stream->health, now_ms);
    struct live_transcoding transcoding;

    if (state != before)
        record_health(stream, before, state);
    live_pipeline_transcoding(stream->pipeline, &transcoding);
    live_report(stream->config.registry, stream->channel.arn, state, &measure, &transcoding);
    report_taken(stream);
    stream->arrivals = (struct arrivals){ 0 };
    stream->ticked_ms = now_ms;
}

static void warn_of_missing_idr(struct live_stream *stream)
{
    bool is_missing = live_pipeline_since_idr(stream->pipeline) > IDR_WARNING;

    if (is_missing && !stream->has_warned_of_idr)
        log_warn(stream->tag, "no IDR for 10 s: viewers cannot join or switch in between");
    stream->has_warned_of_idr = is_missing;
}

/* Why it must end now; NULL while it may go on. */
static const char *reason_to_end(const struct live_stream *stream, int64_t now_ms)
{
    if (*stream->breach)
        return stream->breach;
    if (stream->err == -EBUSY)
        return TRANSCODE_REASON_CAPACITY;
    if (stream->err)
        return "The server cannot carry this stream";
    if (now_ms - stream->last_packet_ms >= GRACE_MS)
        return "Nothing was received for 30 seconds";
    if (now_ms - stream->created_ms >= DURATION_MAX_MS)
        return "The maximum duration of 48 hours is reached";
    if (stream->publisher.number && !live_pipeline_is_flowing(stream->pipeline) &&
        now_ms - stream->awaited_ms >= VIDEO_WAIT_MS)
        return "No video was received for 10 seconds";
    return NULL;
}

static void on_tick(void *ctx)
{
    struct live_stream *stream = ctx;
    int64_t now_ms = clock_mono_ms();
    const char *reason;

    report(stream, now_ms);
    warn_of_missing_idr(stream);
    if (live_pipeline_is_flowing(stream->pipeline))
        stream->awaited_ms = now_ms;
    if (stream->next.publisher.number && now_ms - stream->next.since_ms >= TAKEOVER_WAIT_MS)
        fail_next(stream, TAKEOVER_MEDIA_MISMATCH, "no keyframe was received for 10 seconds");
    reason = reason_to_end(stream, now_ms);
    if (reason)
        live_stream_stop(stream, reason);
}

/* --- life --- */

static void on_air(void *ctx)
{
    struct live_stream *stream = ctx;

    log_info(stream->tag, "on air: channel=%s stream=%s", stream->channel.arn, stream->stream_id);
    live_set_on_air(stream->config.registry, stream->channel.arn, clock_wall_ms());
    record_state(stream, "Stream Start", NULL);
}

static void on_transcode_failed(const char *reason, void *ctx)
{
    record_state(ctx, "Stream Failure", reason);
}

struct live_stream *live_stream_create(const struct live_stream_config *config,
                                       const struct live_stream_events *events, void *ctx)
{
    static const struct live_pipeline_events pipeline_events = {
        .on_air = on_air,
        .on_transcode_failed = on_transcode_failed,
    };
    struct live_stream *stream = mem_zalloc(sizeof(*stream));
    struct live_pipeline_config pipeline = {
        .loop = config->loop,
        .hub = config->hub,
        .capacity = config->capacity,
        .x264_preset = config->x264_preset,
        .channel = &stream->channel,
        .segment_s = config->segment_s,
        .stream_id = stream->stream_id,
        .tag = stream->tag,
    };

    stream->config = *config;
    stream->events = *events;
    stream->ctx = ctx;
    log_tag(stream->tag, "stream");
    stream->channel = *config->channel;
    snprintf(stream->stream_id, sizeof(stream->stream_id), "%s", config->stream_id);
    stream->created_ms = stream->ticked_ms = stream->last_packet_ms = clock_mono_ms();
    health_init(&stream->health, stream->created_ms, 0);
    stream->pipeline = live_pipeline_create(&pipeline, &pipeline_events, stream);
    stream->tick = loop_timer_create(config->loop, on_tick, stream);
    loop_timer_start(stream->tick, TICK_MS, TICK_MS);
    log_info(stream->tag, "session created: channel=%s stream=%s", stream->channel.arn,
             stream->stream_id);
    record_state(stream, "Session Created", NULL);
    return stream;
}

void live_stream_destroy(struct live_stream *stream)
{
    if (!stream)
        return;
    loop_timer_destroy(stream->tick);
    live_pipeline_destroy(stream->pipeline);
    takeover_clear(&stream->next);
    codec_config_unref(stream->configs[MEDIA_VIDEO]);
    codec_config_unref(stream->configs[MEDIA_AUDIO]);
    mem_free(stream);
}

const char *live_stream_id(const struct live_stream *stream)
{
    return stream->stream_id;
}

void live_stream_stop(struct live_stream *stream, const char *reason)
{
    log_info(stream->tag, "session ended: stream=%s reason=%s", stream->stream_id, reason);
    record_state(stream, "Session Ended", stream->end_code);
    close_publisher(stream, reason);
    if (stream->next.publisher.number)
        tell(stream, stream->next.publisher, PUBLISHER_CLOSED, reason);
    takeover_clear(&stream->next);
    live_release(stream->config.registry, stream->channel.arn);
    live_pipeline_finish(stream->pipeline);
    stream->pipeline = NULL;
    stream->events.on_end(stream, stream->ctx);
}

/* --- who feeds it: attach, grace, takeover --- */

static void init_limits(struct live_stream *stream, int64_t now_ms)
{
    if (stream->tracks.count)
        ingest_limits_init_multitrack(&stream->limits, stream->channel.multitrack_max, now_ms);
    else
        ingest_limits_init(&stream->limits, stream->channel.type, now_ms);
}

static void seat(struct live_stream *stream, struct publisher_address publisher, int64_t priority)
{
    int64_t now_ms = clock_mono_ms();

    init_limits(stream, now_ms);
    stream->publisher = publisher;
    if (priority > stream->priority)
        stream->priority = priority;
    stream->awaited_ms = stream->last_packet_ms = now_ms;
    stream->last_idr_dts = INT64_MAX; /* of another clock */
    report_taken(stream);
}

static void let_in(struct live_stream *stream, struct publisher_address publisher, int64_t priority)
{
    if (stream->publisher.number) {
        log_info(stream->tag, "a silent encoder gives way to a new connection");
        live_pipeline_pause(stream->pipeline);
        close_publisher(stream, "Another connection has taken over");
    }
    if (stream->has_idr)
        live_pipeline_resume(stream->pipeline);
    seat(stream, publisher, priority);
    tell(stream, publisher, PUBLISHER_ACCEPTED, "");
}

static void begin_takeover(struct live_stream *stream, struct publisher_address publisher,
                           int64_t priority)
{
    if (priority <= stream->priority || priority <= stream->next.priority) {
        fail_takeover(stream, publisher, TAKEOVER_INVALID_PRIORITY,
                      "the priority must be higher than that of the running stream");
        return;
    }
    if (stream->takeovers >= stream->config.max_takeovers) {
        fail_takeover(stream, publisher, TAKEOVER_LIMIT_BREACHED,
                      "the stream has been taken over too many times");
        return;
    }
    if (stream->next.publisher.number)
        fail_next(stream, TAKEOVER_INVALID_PRIORITY, "an encoder of higher priority has come");
    log_info(stream->tag, "an encoder is about to take over: priority=%lld", (long long)priority);
    takeover_begin(&stream->next, publisher, priority, clock_mono_ms());
    tell(stream, publisher, PUBLISHER_ACCEPTED, "");
}

void live_stream_attach(struct live_stream *stream, struct publisher_address publisher,
                        int64_t priority)
{
    bool is_silent = clock_mono_ms() - stream->last_packet_ms >= GIVES_WAY_MS;

    if (priority == PUBLISH_INVALID)
        fail_takeover(stream, publisher, TAKEOVER_INVALID_PRIORITY,
                      "the priority must be a whole number from 1 to 2147483647");
    else if (!stream->publisher.number || is_silent)
        let_in(stream, publisher, priority);
    else if (!priority)
        tell(stream, publisher, PUBLISHER_REFUSED, "Another encoder is live on this channel");
    else
        begin_takeover(stream, publisher, priority);
}

void live_stream_tracks(struct live_stream *stream, struct publisher_address publisher,
                        const struct multitrack_config *tracks)
{
    bool is_same = memcmp(&stream->tracks, tracks, sizeof(*tracks)) == 0;

    if (is_current(stream, publisher) && !is_same) {
        if (stream->next.publisher.number)
            fail_next(stream, TAKEOVER_MEDIA_MISMATCH, "the running stream has other tracks now");
        stream->tracks = *tracks;
        init_limits(stream, clock_mono_ms());
        live_pipeline_set_tracks(stream->pipeline, tracks);
    } else if (takeover_is_of(&stream->next, publisher) && !is_same) {
        fail_next(stream, TAKEOVER_MEDIA_MISMATCH,
                  "the number of tracks must be that of the running stream");
    }
}

static void describe_encoder(struct live_stream *stream, const struct ingest_metadata *metadata)
{
    log_info(stream->tag, "encoder: name=%s width=%d height=%d fps=%.2f video_bps=%lld",
             metadata->encoder, metadata->width, metadata->height, metadata->fps,
             (long long)metadata->video_bps);
    live_pipeline_promise(stream->pipeline, metadata->promises_video, metadata->promises_audio,
                          metadata->video_bps + metadata->audio_bps);
}

void live_stream_metadata(struct live_stream *stream, struct publisher_address publisher,
                          const struct ingest_metadata *metadata)
{
    if (is_current(stream, publisher)) {
        describe_encoder(stream, metadata);
    } else if (takeover_is_of(&stream->next, publisher)) {
        stream->next.metadata = *metadata;
        stream->next.has_metadata = true;
    }
}

void live_stream_text(struct live_stream *stream, struct publisher_address publisher,
                      const char *text, size_t len)
{
    if (is_current(stream, publisher))
        live_pipeline_add_text(stream->pipeline, text, len);
}

static void measure(struct live_stream *stream, const struct packet *packet)
{
    if (packet->kind == MEDIA_AUDIO) {
        stream->arrivals.audio_bytes += (int64_t)packet->data->len;
        return;
    }
    stream->arrivals.video_bytes += (int64_t)packet->data->len;
    if (packet->track)
        return;
    stream->arrivals.frames++;
    if (!packet->is_idr)
        return;
    if (stream->has_idr && packet->dts > stream->last_idr_dts)
        stream->keyframe_interval_s =
            (double)(packet->dts - stream->last_idr_dts) / MEDIA_TIMESCALE;
    stream->has_idr = true;
    stream->last_idr_dts = packet->dts;
}

static bool is_within_limits(struct live_stream *stream, const struct packet *packet)
{
    struct limit_breach breach;

    if (ingest_limits_allow(&stream->limits, packet, stream->last_packet_ms, &breach))
        return true;
    snprintf(stream->breach, sizeof(stream->breach), "%s exceeded: %lld %s, the limit is %lld",
             breach.name, (long long)(breach.limit + breach.exceeded_by), breach.unit,
             (long long)breach.limit);
    record_breach(stream, &breach);
    return false;
}

static void note_config(struct live_stream *stream, const struct packet *packet)
{
    struct codec_config **config = &stream->configs[packet->kind];

    if (packet->track || *config == packet->config)
        return;
    codec_config_unref(*config);
    *config = codec_config_ref(packet->config);
}

static void take_packet(struct live_stream *stream, struct packet *packet)
{
    if (stream->err || *stream->breach)
        return;
    stream->last_packet_ms = clock_mono_ms();
    if (!is_within_limits(stream, packet))
        return;
    measure(stream, packet);
    note_config(stream, packet);
    stream->err = live_pipeline_push(stream->pipeline, packet);
    if (stream->err) /* ended by the next tick: this call came from the encoder's own */
        log_error(stream->tag, "the broadcast cannot go on: err=%s", err_str(stream->err));
    if (stream->err == -EBUSY)
        record_state(stream, "Stream Failure", TRANSCODE_REASON_CAPACITY);
    health_on_media(&stream->health, stream->last_packet_ms,
                    live_pipeline_media_time(stream->pipeline));
}

/* The encoder that waited goes on with the broadcast, beginning with what was held of it. */
static void seat_next(struct live_stream *stream)
{
    struct takeover next = stream->next;

    stream->next = (struct takeover){ 0 };
    seat(stream, next.publisher, next.priority);
    if (next.has_metadata)
        describe_encoder(stream, &next.metadata);
    while (packet_queue_count(&next.held)) {
        struct packet *packet = packet_queue_pop(&next.held);

        take_packet(stream, packet);
        packet_unref(packet);
    }
    takeover_clear(&next);
}

static void complete_takeover(struct live_stream *stream)
{
    stream->takeovers++;
    log_info(stream->tag, "stream takeover: stream=%s priority=%lld takeovers=%lld",
             stream->stream_id, (long long)stream->next.priority, (long long)stream->takeovers);
    record_state(stream, "Stream Takeover", NULL);
    close_publisher(stream, "Another encoder has taken over");
    live_pipeline_splice(stream->pipeline);
    seat_next(stream);
}

static void take_packet_of_next(struct live_stream *stream, struct packet *packet)
{
    switch (takeover_push(&stream->next, packet, stream->configs)) {
    case TAKEOVER_WAITING:
        break;
    case TAKEOVER_READY:
        complete_takeover(stream);
        break;
    case TAKEOVER_MISMATCH:
        fail_next(stream, TAKEOVER_MEDIA_MISMATCH,
                  "resolution, codecs and tracks must be those of the running stream");
        break;
    }
}

void live_stream_packet(struct live_stream *stream, struct publisher_address publisher,
                        struct packet *packet)
{
    if (is_current(stream, publisher))
        take_packet(stream, packet);
    else if (takeover_is_of(&stream->next, publisher))
        take_packet_of_next(stream, packet);
}

void live_stream_detach(struct live_stream *stream, struct publisher_address publisher,
                        bool is_clean)
{
    if (takeover_is_of(&stream->next, publisher))
        takeover_clear(&stream->next);
    if (!is_current(stream, publisher))
        return;
    stream->publisher = (struct publisher_address){ 0 };
    if (is_clean && !stream->next.publisher.number) {
        live_stream_stop(stream, "The encoder stopped");
        return;
    }
    live_pipeline_pause(stream->pipeline);
    report_taken(stream);
    if (stream->next.publisher.number) {
        log_info(stream->tag, "the encoder left before its successor had taken over");
        live_pipeline_resume(stream->pipeline);
        seat_next(stream);
        return;
    }
    log_warn(stream->tag, "the encoder was lost, waiting for it to come back");
}

void live_stream_fault(struct live_stream *stream, struct publisher_address publisher,
                       const char *code)
{
    if (takeover_is_of(&stream->next, publisher))
        takeover_clear(&stream->next);
    if (!is_current(stream, publisher))
        return;
    stream->publisher = (struct publisher_address){ 0 };
    stream->end_code = code;
    live_stream_stop(stream, code);
}
