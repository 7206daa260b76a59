/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/rtmp_reply.h"

#include "ingest/amf0_write.h"

#define CONTROL_STREAM   2 /* 5.4: chunk stream of protocol control messages */
#define COMMAND_STREAM   3
#define STATUS_STREAM    5
#define PAYLOAD_MAX      4096
#define LIMIT_IS_DYNAMIC 2 /* 5.4.5 */

/* What encoders expect of a server's name. */
#define SERVER_VERSION      "FMS/3,5,7,7009"
#define SERVER_CAPABILITIES 31
#define CAN_FORWARD         4 /* Enhanced RTMP 2, FourCcInfoMask */

/* Writes are small and bounded, so nothing is ever cut into chunks larger than a peer expects:
 * before Set Chunk Size only messages below 128 bytes go out. */
static void send(struct buf *out, uint8_t chunk_stream, uint8_t type, uint32_t stream_id,
                 struct buf *payload)
{
    struct rtmp_head head = { .type = type,
                              .chunk_stream_id = chunk_stream,
                              .stream_id = stream_id };

    if (payload->err)
        out->err = payload->err;
    rtmp_chunk_write(out, &head, payload->data, payload->len, RTMP_OUT_CHUNK_SIZE);
    buf_clear(payload);
}

static void send_command(struct buf *out, struct buf *payload)
{
    send(out, COMMAND_STREAM, RTMP_COMMAND_AMF0, 0, payload);
}

void rtmp_reply_number(struct buf *out, enum rtmp_message_type type, uint32_t number)
{
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    buf_append_u32(&payload, number);
    send(out, CONTROL_STREAM, type, 0, &payload);
}

void rtmp_reply_user_event(struct buf *out, enum rtmp_user_event event, uint32_t value)
{
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    buf_append_u16(&payload, event);
    buf_append_u32(&payload, value);
    send(out, CONTROL_STREAM, RTMP_USER_CONTROL, 0, &payload);
}

static void reply_peer_bandwidth(struct buf *out, uint32_t window)
{
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    buf_append_u32(&payload, window);
    buf_append_u8(&payload, LIMIT_IS_DYNAMIC);
    send(out, CONTROL_STREAM, RTMP_SET_PEER_BANDWIDTH, 0, &payload);
}

static void write_member(struct buf *out, const char *name, const char *text)
{
    amf0_write_name(out, name);
    amf0_write_string(out, text);
}

static void write_number_member(struct buf *out, const char *name, double number)
{
    amf0_write_name(out, name);
    amf0_write_number(out, number);
}

/* Enhanced RTMP: what may be sent in its packets. */
static void write_enhanced(struct buf *out)
{
    amf0_write_name(out, "fourCcList");
    amf0_write_strict_array(out, 2);
    amf0_write_string(out, "avc1");
    amf0_write_string(out, "mp4a");
    amf0_write_name(out, "videoFourCcInfoMap");
    amf0_write_object(out);
    write_number_member(out, "avc1", CAN_FORWARD);
    amf0_write_object_end(out);
    amf0_write_name(out, "audioFourCcInfoMap");
    amf0_write_object(out);
    write_number_member(out, "mp4a", CAN_FORWARD);
    amf0_write_object_end(out);
}

void rtmp_reply_connected(struct buf *out, const struct rtmp_connect_answer *answer)
{
    struct buf payload;

    rtmp_reply_number(out, RTMP_WINDOW_ACK_SIZE, answer->window);
    reply_peer_bandwidth(out, answer->window);
    rtmp_reply_number(out, RTMP_SET_CHUNK_SIZE, RTMP_OUT_CHUNK_SIZE);

    buf_init(&payload, PAYLOAD_MAX);
    amf0_write_string(&payload, "_result");
    amf0_write_number(&payload, answer->transaction);
    amf0_write_object(&payload);
    write_member(&payload, "fmsVer", SERVER_VERSION);
    write_number_member(&payload, "capabilities", SERVER_CAPABILITIES);
    write_number_member(&payload, "mode", 1);
    write_enhanced(&payload);
    amf0_write_object_end(&payload);
    amf0_write_object(&payload);
    write_member(&payload, "level", "status");
    write_member(&payload, "code", "NetConnection.Connect.Success");
    write_member(&payload, "description", "Connection succeeded.");
    write_number_member(&payload, "objectEncoding", answer->object_encoding);
    amf0_write_object_end(&payload);
    send_command(out, &payload);
}

static void begin_result(struct buf *payload, double transaction)
{
    buf_init(payload, PAYLOAD_MAX);
    amf0_write_string(payload, "_result");
    amf0_write_number(payload, transaction);
    amf0_write_null(payload);
}

void rtmp_reply_result_null(struct buf *out, double transaction)
{
    struct buf payload;

    begin_result(&payload, transaction);
    amf0_write_null(&payload);
    send_command(out, &payload);
}

void rtmp_reply_result_number(struct buf *out, double transaction, double number)
{
    struct buf payload;

    begin_result(&payload, transaction);
    amf0_write_number(&payload, number);
    send_command(out, &payload);
}

static void write_status(struct buf *payload, const struct rtmp_status *status)
{
    amf0_write_object(payload);
    write_member(payload, "level", status->level);
    write_member(payload, "code", status->code);
    write_member(payload, "description", status->description);
    amf0_write_object_end(payload);
}

void rtmp_reply_status(struct buf *out, uint32_t stream_id, const struct rtmp_status *status)
{
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    amf0_write_string(&payload, "onStatus");
    amf0_write_number(&payload, 0);
    amf0_write_null(&payload);
    write_status(&payload, status);
    send(out, STATUS_STREAM, RTMP_COMMAND_AMF0, stream_id, &payload);
}

void rtmp_reply_fc(struct buf *out, const char *name, const char *code)
{
    struct rtmp_status status = { "status", code, "" };
    struct buf payload;

    buf_init(&payload, PAYLOAD_MAX);
    amf0_write_string(&payload, name);
    amf0_write_number(&payload, 0);
    amf0_write_null(&payload);
    write_status(&payload, &status);
    send_command(out, &payload);
}
