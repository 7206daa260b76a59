/* SPDX-License-Identifier: Apache-2.0 */
/* Adobe RTMP 1.0, server side of a publisher.
 *
 *     bytes -> handshake -> rtmp_chunk -> message -+-> audio, video -> rtmp_media -> on_packet()
 *                                                  +-> command -> rtmp_command.c -> answers
 *                                                  +-> data    -> rtmp_data.c -> on_metadata()
 *                                                  `-> control
 *
 * States follow the story: handshake, connect, createStream, publish, the answer of whoever checks
 * the key, media, goodbye. Nothing is read while the answer is awaited: what has come by then is
 * held, the socket paused. Whatever a peer does wrong breaks off its own conversation, with a
 * reason in the log. */
#include "ingest/rtmp_conn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/reader.h"
#include "ingest/rtmp_conn_internal.h"
#include "ingest/rtmp_handshake.h"
#include "ingest/rtmp_reply.h"
#include "media/packet.h"

#define HELD_MAX    (1 << 20)
#define ANSWERS_MAX (256 << 10)

static const char *const state_names[] = {
    "handshake", "handshaken", "connected", "asking", "publishing", "finished",
};

void rtmp_conn_enter(struct rtmp_conn *conn, enum rtmp_state next)
{
    if (conn->state == RTMP_FINISHED)
        return;
    log_debug(conn->ingest.tag, "%s -> %s", state_names[conn->state], state_names[next]);
    if (next == RTMP_PUBLISHING || (conn->state == RTMP_PUBLISHING && next != RTMP_FINISHED))
        conn->config.transport->on_publishing(next == RTMP_PUBLISHING, conn->config.transport_ctx);
    conn->state = next;
    conn->state_since_ms = clock_mono_ms();
    rtmp_chunk_allow_media(conn->chunks, next >= RTMP_ASKING);
}

/* ---- calls from outside: enter, work, leave ---- */

int rtmp_conn_fail(struct rtmp_conn *conn, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(conn->reason, sizeof(conn->reason), format, args);
    va_end(args);
    return -EPROTO;
}

void rtmp_conn_end_ingest(struct rtmp_conn *conn, bool is_clean)
{
    if (!conn->has_ingest)
        return;
    conn->has_ingest = false;
    conn->ingest.events->on_end(&conn->ingest, is_clean, conn->ingest.ctx);
    conn->ingest.ctx = conn->config.events_ctx;
    conn->ingest.takes_hevc = false;
    rtmp_media_clear(&conn->media);
}

static void break_off(struct rtmp_conn *conn)
{
    if (conn->state == RTMP_FINISHED)
        return;
    log_warn(conn->ingest.tag, "closing: peer=%s state=%s reason=%s", conn->peer,
             state_names[conn->state], conn->reason);
    rtmp_conn_end_ingest(conn, false);
    rtmp_conn_enter(conn, RTMP_FINISHED);
}

static int flush(struct rtmp_conn *conn)
{
    int err = conn->out.err;

    if (!err && conn->out.len)
        err = conn->config.transport->write(conn->out.data, conn->out.len,
                                            conn->config.transport_ctx);
    buf_reset(&conn->out);
    return err;
}

static bool enter(struct rtmp_conn *conn)
{
    bool is_outermost = !conn->is_inside;

    conn->is_inside = true;
    return is_outermost;
}

/* The last thing a call does with `conn`, which may be gone afterwards. */
static void finish(struct rtmp_conn *conn)
{
    conn->is_inside = false;
    if (conn->state == RTMP_FINISHED && !conn->is_finished) {
        conn->is_finished = true;
        conn->config.transport->on_finish(conn->has_last_words, conn->config.transport_ctx);
    }
}

/* The end of a call of the server's. */
static void leave(struct rtmp_conn *conn)
{
    if (flush(conn)) {
        rtmp_conn_fail(conn, "answers are not read");
        break_off(conn);
    }
    finish(conn);
}

/* The end of a call of live/'s, which must hear of nothing inside it: if the answer could not be
 * written, the socket will say so, or the next write. */
static void leave_quietly(struct rtmp_conn *conn, bool is_outermost)
{
    if (!is_outermost)
        return;
    flush(conn);
    finish(conn);
}

void rtmp_conn_turn_away(struct rtmp_conn *conn, uint32_t stream_id, const char *code,
                         const char *description)
{
    struct rtmp_status status = { "error", code, description };

    rtmp_reply_status(&conn->out, stream_id, &status);
    conn->has_last_words = true;
    rtmp_conn_enter(conn, RTMP_FINISHED);
}

/* ---- handshake ---- */

#define TLS_FIRST_BYTE 0x16 /* RFC 8446 5.1: a record of the handshake */

static void take(const uint8_t **data, size_t *len, size_t n)
{
    *data += n;
    *len -= n;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int answer_hello(struct rtmp_conn *conn)
{
    enum rtmp_digest_scheme scheme;
    uint8_t *answer = buf_reserve(&conn->out, RTMP_S0S1S2_SIZE);

    if (!answer || rtmp_handshake_answer(answer, conn->hello.data, &scheme))
        return rtmp_conn_fail(conn, "handshake of version %d", conn->hello.data[0]);
    buf_commit(&conn->out, RTMP_S0S1S2_SIZE);
    conn->c2_left = RTMP_C1_SIZE;
    return 0;
}

/* 1: something was taken, 0: more bytes are needed. */
static int take_handshake(struct rtmp_conn *conn, const uint8_t **data, size_t *len)
{
    size_t n;
    int err;

    if (!conn->hello.len && *len && (*data)[0] == TLS_FIRST_BYTE)
        return rtmp_conn_fail(conn, "TLS on the port for RTMP in clear: rtmps:// has its own");
    if (conn->hello.len < RTMP_C0C1_SIZE) {
        n = smaller(*len, RTMP_C0C1_SIZE - conn->hello.len);
        buf_append(&conn->hello, *data, n);
        take(data, len, n);
        if (conn->hello.len < RTMP_C0C1_SIZE)
            return 0;
        err = answer_hello(conn);
        return err ? err : 1;
    }
    n = smaller(*len, conn->c2_left);
    conn->c2_left -= n;
    take(data, len, n);
    if (conn->c2_left)
        return 0;
    buf_clear(&conn->hello);
    rtmp_conn_enter(conn, RTMP_HANDSHAKEN);
    return 1;
}

/* ---- messages ---- */

/* 7.1.7 */
static int on_user_control(struct rtmp_conn *conn, struct reader *r)
{
    int event = read_u16(r);
    uint32_t value = read_u32(r);

    if (event == RTMP_PING_REQUEST && !reader_err(r))
        rtmp_reply_user_event(&conn->out, RTMP_PING_RESPONSE, value);
    return 0; /* the others are hints for a server that plays */
}

static int on_window_size(struct rtmp_conn *conn, struct reader *r)
{
    conn->window = read_u32(r);
    if (reader_err(r) || !conn->window)
        return rtmp_conn_fail(conn, "broken Window Acknowledgement Size");
    return 0;
}

/* Live may end the broadcast at any of them. */
static void pass_packets(struct rtmp_conn *conn, const struct rtmp_packets *packets)
{
    for (int i = 0; i < packets->count; i++) {
        if (conn->has_ingest)
            conn->ingest.events->on_packet(&conn->ingest, packets->items[i], conn->ingest.ctx);
        packet_unref(packets->items[i]);
    }
}

static int on_media(struct rtmp_conn *conn, const struct rtmp_message *message)
{
    struct rtmp_packets packets;
    int err;

    if (conn->state != RTMP_PUBLISHING)
        return 0; /* late, behind a goodbye */
    err = message->type == RTMP_VIDEO ? rtmp_media_video(&conn->media, message, &packets)
                                      : rtmp_media_audio(&conn->media, message, &packets);
    if (err == -ENOTSUP) {
        log_warn(conn->ingest.tag, "broadcast ended: reason=%s", conn->media.reason);
        rtmp_conn_turn_away(conn, conn->stream_id, "NetStream.Publish.BadName", conn->media.reason);
        rtmp_conn_end_ingest(conn, true);
        return 0;
    }
    if (err)
        return rtmp_conn_fail(conn, "%s", conn->media.reason);
    pass_packets(conn, &packets);
    return 0;
}

static int on_message(struct rtmp_conn *conn, const struct rtmp_message *message);

static bool is_flv_tag(uint8_t type)
{
    return type == RTMP_AUDIO || type == RTMP_VIDEO || type == RTMP_DATA_AMF0;
}

/* 7.1.6: messages, each with the header of an FLV tag and its length behind; their times count from
 * that of the aggregate. */
static int on_aggregate(struct rtmp_conn *conn, const struct rtmp_message *aggregate)
{
    uint32_t first = 0;
    bool is_first = true;
    struct reader r;
    int err = 0;

    reader_init(&r, aggregate->payload->data, aggregate->payload->len);
    while (!err && reader_left(&r)) {
        struct rtmp_message message = { .type = read_u8(&r), .stream_id = aggregate->stream_id };
        uint32_t len = read_u24(&r), time = read_u24(&r);
        const uint8_t *body;

        time |= (uint32_t)read_u8(&r) << 24;
        read_skip(&r, 3); /* stream id */
        body = read_bytes(&r, len);
        read_skip(&r, 4); /* back pointer */
        if (reader_err(&r))
            return rtmp_conn_fail(conn, "broken aggregate message");
        if (!is_flv_tag(message.type))
            continue;
        first = is_first ? time : first;
        is_first = false;
        message.timestamp = aggregate->timestamp + (time - first);
        message.payload = bytes_copy(body, len);
        err = on_message(conn, &message);
        bytes_unref(message.payload);
    }
    return err;
}

static int on_message(struct rtmp_conn *conn, const struct rtmp_message *message)
{
    struct reader r;

    reader_init(&r, message->payload->data, message->payload->len);
    switch (message->type) {
    case RTMP_AUDIO:
    case RTMP_VIDEO:
        return on_media(conn, message);
    case RTMP_COMMAND_AMF0:
    case RTMP_COMMAND_AMF3:
        return rtmp_command(conn, message);
    case RTMP_DATA_AMF0:
    case RTMP_DATA_AMF3:
        return rtmp_data(conn, message);
    case RTMP_AGGREGATE:
        return on_aggregate(conn, message);
    case RTMP_USER_CONTROL:
        return on_user_control(conn, &r);
    case RTMP_WINDOW_ACK_SIZE:
        return on_window_size(conn, &r);
    default:
        return 0; /* acknowledgements, bandwidth, shared objects */
    }
}

/* 1: a message was handled, 0: more bytes are needed. */
static int take_message(struct rtmp_conn *conn, const uint8_t **data, size_t *len)
{
    struct rtmp_message message;
    int got = rtmp_chunk_read(conn->chunks, data, len, &message), err;

    if (got < 0)
        return rtmp_conn_fail(conn, "%s", rtmp_chunk_reason(conn->chunks));
    if (!got)
        return 0;
    err = on_message(conn, &message);
    bytes_unref(message.payload);
    return err ? err : 1;
}

/* ---- bytes ---- */

static void hold(struct rtmp_conn *conn, const uint8_t *data, size_t len)
{
    if (buf_append(&conn->held, data, len)) {
        rtmp_conn_fail(conn, "too much sent before the answer to publish");
        break_off(conn);
    }
}

static void process(struct rtmp_conn *conn, const uint8_t *data, size_t len)
{
    int got = 1;

    while (got > 0 && conn->state != RTMP_ASKING && conn->state != RTMP_FINISHED)
        got = conn->state == RTMP_HANDSHAKE ? take_handshake(conn, &data, &len)
                                            : take_message(conn, &data, &len);
    if (got < 0)
        break_off(conn);
    if (conn->state != RTMP_ASKING)
        return;
    hold(conn, data, len);
    if (!conn->is_paused) {
        conn->is_paused = true;
        conn->config.transport->pause(conn->config.transport_ctx);
    }
}

static void process_held(struct rtmp_conn *conn)
{
    struct buf held = conn->held;

    buf_init(&conn->held, HELD_MAX);
    process(conn, held.data, held.len);
    buf_clear(&held);
}

/* 5.4.3 */
static void acknowledge(struct rtmp_conn *conn)
{
    if (conn->state < RTMP_CONNECTED || conn->state == RTMP_FINISHED ||
        conn->bytes_in - conn->bytes_acknowledged < conn->window)
        return;
    rtmp_reply_number(&conn->out, RTMP_ACKNOWLEDGEMENT, (uint32_t)conn->bytes_in);
    conn->bytes_acknowledged = conn->bytes_in;
}

void rtmp_conn_feed(struct rtmp_conn *conn, const uint8_t *data, size_t len)
{
    enter(conn);
    conn->ingest.last_byte_ms = clock_mono_ms();
    conn->bytes_in += len;
    if (conn->held.len || conn->state == RTMP_ASKING) {
        hold(conn, data, len);
        if (conn->state != RTMP_ASKING)
            process_held(conn);
    } else {
        process(conn, data, len);
    }
    acknowledge(conn);
    leave(conn);
}

void rtmp_conn_continue(struct rtmp_conn *conn)
{
    enter(conn);
    if (conn->held.len && conn->state != RTMP_ASKING)
        process_held(conn);
    leave(conn);
}

void rtmp_conn_lost(struct rtmp_conn *conn)
{
    enter(conn);
    conn->is_finished = true; /* the caller knows */
    rtmp_conn_end_ingest(conn, false);
    rtmp_conn_enter(conn, RTMP_FINISHED);
}

/* ---- time ---- */

static bool is_too_late(const struct rtmp_conn *conn, int64_t now_ms)
{
    switch (conn->state) {
    case RTMP_HANDSHAKE:
        return now_ms - conn->state_since_ms > RTMP_HANDSHAKE_MS;
    case RTMP_HANDSHAKEN:
    case RTMP_CONNECTED:
        return now_ms - conn->state_since_ms > RTMP_COMMAND_MS;
    case RTMP_PUBLISHING:
        return now_ms - conn->ingest.last_byte_ms > RTMP_IDLE_MS;
    default:
        return false;
    }
}

void rtmp_conn_sweep(struct rtmp_conn *conn, int64_t now_ms)
{
    enter(conn);
    if (is_too_late(conn, now_ms)) {
        rtmp_conn_fail(conn, "nothing came in time");
        break_off(conn);
    }
    leave(conn);
}

/* ---- what live/ decides ---- */

static struct rtmp_conn *conn_of(struct ingest *ingest)
{
    return CONTAINER_OF(ingest, struct rtmp_conn, ingest);
}

static void accept_ingest(struct ingest *ingest)
{
    struct rtmp_conn *conn = conn_of(ingest);
    struct rtmp_status status = { "status", "NetStream.Publish.Start", "Publishing started." };
    bool is_outermost = enter(conn);

    if (conn->state == RTMP_ASKING) {
        rtmp_reply_user_event(&conn->out, RTMP_STREAM_BEGIN, conn->stream_id);
        rtmp_reply_status(&conn->out, conn->stream_id, &status);
        rtmp_conn_enter(conn, RTMP_PUBLISHING);
        conn->media.takes_hevc = ingest->takes_hevc;
        conn->ingest.last_byte_ms = clock_mono_ms(); /* it was we who did not listen */
        log_info(ingest->tag, "publishing: peer=%s tls=%s encoder=%s", conn->peer,
                 conn->config.is_encrypted ? "yes" : "no", conn->encoder);
    }
    if (conn->is_paused) {
        conn->is_paused = false;
        conn->config.transport->resume(conn->config.transport_ctx);
    }
    leave_quietly(conn, is_outermost);
}

static void refuse_ingest(struct ingest *ingest, const char *description)
{
    struct rtmp_conn *conn = conn_of(ingest);
    bool is_outermost = enter(conn);

    conn->has_ingest = false;
    rtmp_conn_turn_away(conn, conn->stream_id, "NetStream.Publish.BadName", description);
    leave_quietly(conn, is_outermost);
}

static void close_ingest(struct ingest *ingest, const char *description)
{
    struct rtmp_conn *conn = conn_of(ingest);
    struct rtmp_status status = { "status", "NetStream.Unpublish.Success", description };
    bool is_outermost;

    if (conn->state == RTMP_ASKING) { /* nothing was started that could be ended */
        refuse_ingest(ingest, description);
        return;
    }
    is_outermost = enter(conn);
    conn->has_ingest = false;
    log_info(ingest->tag, "broadcast ended: reason=%s", description);
    rtmp_reply_status(&conn->out, conn->stream_id, &status);
    rtmp_reply_user_event(&conn->out, RTMP_STREAM_EOF, conn->stream_id);
    conn->has_last_words = true;
    rtmp_conn_enter(conn, RTMP_FINISHED);
    leave_quietly(conn, is_outermost);
}

static const struct ingest_ops rtmp_ingest_ops = {
    .accept = accept_ingest,
    .refuse = refuse_ingest,
    .close = close_ingest,
};

/* ---- birth and death ---- */

struct rtmp_conn *rtmp_conn_create(const struct rtmp_conn_config *config)
{
    struct rtmp_conn *conn = mem_zalloc(sizeof(*conn));

    conn->config = *config;
    snprintf(conn->peer, sizeof(conn->peer), "%s", config->peer);
    conn->config.peer = conn->peer;
    conn->ingest = (struct ingest){ .ops = &rtmp_ingest_ops,
                                    .events = config->events,
                                    .ctx = config->events_ctx,
                                    .loop = config->loop,
                                    .last_byte_ms = clock_mono_ms() };
    log_tag(conn->ingest.tag, config->is_encrypted ? "rtmps" : "rtmp");
    conn->state_since_ms = clock_mono_ms();
    conn->chunks = rtmp_chunk_reader_create();
    conn->window = RTMP_WINDOW;
    buf_init(&conn->hello, RTMP_C0C1_SIZE);
    buf_init(&conn->held, HELD_MAX);
    buf_init(&conn->out, ANSWERS_MAX);
    rtmp_media_init(&conn->media);
    return conn;
}

void rtmp_conn_destroy(struct rtmp_conn *conn)
{
    if (!conn)
        return;
    rtmp_chunk_reader_destroy(conn->chunks);
    rtmp_media_clear(&conn->media);
    buf_clear(&conn->hello);
    buf_clear(&conn->held);
    buf_clear(&conn->out);
    mem_free(conn);
}
