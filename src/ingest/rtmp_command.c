/* SPDX-License-Identifier: Apache-2.0 */
/* Commands (Adobe RTMP 1.0, 7.2). What encoders say, in this order:
 *
 *     connect -> releaseStream, FCPublish, createStream -> publish -> (media)
 *     -> FCUnpublish, closeStream or deleteStream -> (goodbye, or publish again)
 *
 * releaseStream and the FC commands are Flash Media Server's; some encoders wait for their answers.
 * Answers are always AMF0, which clients of AMF3 read as well. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/amf.h"
#include "ingest/rtmp_conn_internal.h"
#include "ingest/rtmp_reply.h"
#include "ingest/stream_name.h"

#define BIT(state)          (1u << (state))
#define ONCE_CONNECTED      (BIT(RTMP_CONNECTED) | BIT(RTMP_PUBLISHING))
#define STREAMS_CREATED_MAX 16 /* a publisher needs one */

/* Where things stand in a command. */
enum { NAME, TRANSACTION, OBJECT, ARGUMENT, VALUES_MAX = 8 };

struct call {
    uint32_t stream_id;
    double transaction;
    struct amf_value values[VALUES_MAX]; /* null where the message had less */
};

static void say(struct rtmp_conn *conn, uint32_t stream_id, const char *code,
                const char *description)
{
    struct rtmp_status status = { "status", code, description };

    rtmp_reply_status(&conn->out, stream_id, &status);
}

/* ---- connect ---- */

static int on_connect(struct rtmp_conn *conn, const struct call *call)
{
    const struct amf_value *object = &call->values[OBJECT];
    const char *app = amf_string(amf_get(object, "app"));
    struct rtmp_connect_answer answer = {
        .transaction = call->transaction,
        .object_encoding = amf_number(amf_get(object, "objectEncoding"), 0),
        .window = RTMP_WINDOW,
    };

    if (strlen(app) >= sizeof(conn->app))
        return rtmp_conn_fail(conn, "application name too long");
    snprintf(conn->app, sizeof(conn->app), "%s", app);
    snprintf(conn->encoder, sizeof(conn->encoder), "%s", amf_string(amf_get(object, "flashVer")));
    rtmp_reply_connected(&conn->out, &answer);
    rtmp_conn_enter(conn, RTMP_CONNECTED);
    return 0;
}

/* ---- before publish ---- */

static int on_create_stream(struct rtmp_conn *conn, const struct call *call)
{
    if (conn->streams_created == STREAMS_CREATED_MAX)
        return rtmp_conn_fail(conn, "too many streams created");
    rtmp_reply_result_number(&conn->out, call->transaction, ++conn->streams_created);
    return 0;
}

/* Also what asks for something that only players need: "nothing" is an answer to go on with. */
static int on_release_stream(struct rtmp_conn *conn, const struct call *call)
{
    if (call->transaction)
        rtmp_reply_result_null(&conn->out, call->transaction);
    return 0;
}

static int on_fc_publish(struct rtmp_conn *conn, const struct call *call)
{
    rtmp_reply_fc(&conn->out, "onFCPublish", "NetStream.Publish.Start");
    return on_release_stream(conn, call);
}

/* ---- publish ---- */

static int on_publish(struct rtmp_conn *conn, const struct call *call)
{
    struct stream_name name;
    struct ingest_offer offer = {
        .protocol = conn->config.is_encrypted ? "rtmps" : "rtmp",
        .is_encrypted = conn->config.is_encrypted,
        .peer = conn->peer,
        .app = conn->app,
        .stream_key = name.key,
        .query = name.query,
    };

    if (conn->state == RTMP_PUBLISHING)
        return rtmp_conn_fail(conn, "second publish on one connection");
    if (stream_name_parse(&name, conn->app, amf_string(&call->values[ARGUMENT])))
        return rtmp_conn_fail(conn, "stream name too long");
    conn->stream_id = call->stream_id;
    conn->has_ingest = true;
    rtmp_conn_enter(conn, RTMP_ASKING);
    conn->ingest.events->on_publish(&conn->ingest, &offer, conn->ingest.ctx);
    explicit_bzero(&name, sizeof(name));
    return 0;
}

static int on_play(struct rtmp_conn *conn, const struct call *call)
{
    log_info(conn->ingest.tag, "play refused: peer=%s", conn->peer);
    rtmp_conn_end_ingest(conn, true);
    rtmp_conn_turn_away(conn, call->stream_id, "NetStream.Play.Failed",
                        "This server takes streams in over RTMP; they are watched over HLS.");
    return 0;
}

/* ---- goodbye ---- */

static void unpublish(struct rtmp_conn *conn)
{
    if (conn->state != RTMP_PUBLISHING)
        return;
    log_info(conn->ingest.tag, "broadcast ended by its encoder");
    rtmp_conn_end_ingest(conn, true);
    say(conn, conn->stream_id, "NetStream.Unpublish.Success", "Publishing ended.");
    rtmp_conn_enter(conn, RTMP_CONNECTED);
}

static int on_fc_unpublish(struct rtmp_conn *conn, const struct call *call)
{
    rtmp_reply_fc(&conn->out, "onFCUnpublish", "NetStream.Unpublish.Success");
    unpublish(conn);
    return 0;
}

static int on_close_stream(struct rtmp_conn *conn, const struct call *call)
{
    if (call->stream_id == conn->stream_id)
        unpublish(conn);
    return 0;
}

static int on_delete_stream(struct rtmp_conn *conn, const struct call *call)
{
    if (amf_number(&call->values[ARGUMENT], 0) == conn->stream_id)
        unpublish(conn);
    return 0;
}

/* ---- */

struct command {
    const char *name;
    unsigned states; /* in which it may come */
    int (*run)(struct rtmp_conn *conn, const struct call *call);
};

/* clang-format off */
static const struct command commands[] = {
    { "connect",         BIT(RTMP_HANDSHAKEN), on_connect },
    { "releaseStream",   ONCE_CONNECTED,       on_release_stream },
    { "FCPublish",       ONCE_CONNECTED,       on_fc_publish },
    { "createStream",    ONCE_CONNECTED,       on_create_stream },
    { "publish",         ONCE_CONNECTED,       on_publish },
    { "FCUnpublish",     ONCE_CONNECTED,       on_fc_unpublish },
    { "closeStream",     ONCE_CONNECTED,       on_close_stream },
    { "deleteStream",    ONCE_CONNECTED,       on_delete_stream },
    { "play",            ONCE_CONNECTED,       on_play },
    { "play2",           ONCE_CONNECTED,       on_play },
    { "getStreamLength", ONCE_CONNECTED,       on_release_stream },
    { "_checkbw",        ONCE_CONNECTED,       on_release_stream },
};
/* clang-format on */

static int run(struct rtmp_conn *conn, const struct call *call)
{
    const char *name = amf_string(&call->values[NAME]);

    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(commands[i].name, name))
            continue;
        if (!(commands[i].states & BIT(conn->state)))
            return rtmp_conn_fail(conn, "%s came too early or twice", name);
        return commands[i].run(conn, call);
    }
    log_debug(conn->ingest.tag, "command ignored: name=%.64s", name);
    return conn->state == RTMP_HANDSHAKEN ? rtmp_conn_fail(conn, "no connect") : 0;
}

int rtmp_command(struct rtmp_conn *conn, const struct rtmp_message *message)
{
    const uint8_t *data = message->payload->data;
    size_t len = message->payload->len, count;
    struct call call = { .stream_id = message->stream_id };
    struct arena *arena;
    int err;

    if (message->type == RTMP_COMMAND_AMF3 && len && !data[0]) { /* "format selector" */
        data++;
        len--;
    }
    arena = arena_create();
    err = amf0_read(arena, data, len, call.values, VALUES_MAX, &count);
    if (!err && call.values[NAME].type != AMF_STRING)
        err = -EINVAL;
    call.transaction = amf_number(&call.values[TRANSACTION], 0);
    err = err ? rtmp_conn_fail(conn, "broken command") : run(conn, &call);
    arena_destroy(arena);
    return err;
}
