/* SPDX-License-Identifier: Apache-2.0 */
/* Adobe RTMP 1.0, 5.3 "Chunking". A chunk is
 *
 *     basic header (1 to 3 bytes) | message header (11, 7, 3 or 0) | extended timestamp (4 or 0)
 *     | at most chunk_size bytes of the message
 *
 * and messages on different chunk streams take turns. Headers are gathered byte by byte, so that
 * they may be torn anywhere; payload is copied once, straight into the message's own memory.
 *
 * Extended timestamps of type 3 chunks (5.3.1.3) are an old trouble: the specification wants them
 * repeated, some encoders leave them out. So four bytes in that place count as a timestamp only if
 * they are the one expected; otherwise they are payload. */
#include "ingest/rtmp_chunk.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define DEFAULT_CHUNK_SIZE 128
#define CHUNK_SIZE_MAX     0xffffff /* 5.4.1: no message is longer */
#define TIMESTAMP_EXTENDED 0xffffff
#define EXTENDED_SIZE      4
#define HEAD_MAX           (3 + 11 + EXTENDED_SIZE)

/* 5.3.1.2, by the two top bits of the first byte */
enum { FORMAT_FULL, FORMAT_SAME_STREAM, FORMAT_SAME_LENGTH, FORMAT_SAME_ALL };
static const size_t message_header_size[] = { 11, 7, 3, 0 };

struct chunk_stream {
    uint32_t id;
    uint32_t field;     /* timestamp or delta as in the last header that had one */
    bool has_extended;  /* that header needed four bytes for it */
    uint32_t timestamp; /* of the message begun last */
    uint32_t length;
    uint8_t type;
    uint32_t stream_id;
    struct bytes *payload; /* NULL between messages */
    uint32_t received;
};

struct rtmp_chunk_reader {
    struct chunk_stream *streams;
    size_t stream_count;
    uint32_t chunk_size;
    bool allows_media;
    size_t unfinished;            /* total length of messages begun and not finished */
    struct chunk_stream *current; /* whose payload comes next; NULL: a header does */
    uint32_t chunk_left;
    uint8_t head[HEAD_MAX];
    size_t head_len;
    uint8_t spill[EXTENDED_SIZE]; /* bytes taken for a timestamp that go before the input */
    size_t spill_len;
    const char *reason;
};

struct rtmp_chunk_reader *rtmp_chunk_reader_create(void)
{
    struct rtmp_chunk_reader *r = mem_zalloc(sizeof(*r));

    r->chunk_size = DEFAULT_CHUNK_SIZE;
    r->reason = "";
    return r;
}

void rtmp_chunk_reader_destroy(struct rtmp_chunk_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->stream_count; i++)
        bytes_unref(r->streams[i].payload);
    mem_free(r->streams);
    mem_free(r);
}

void rtmp_chunk_allow_media(struct rtmp_chunk_reader *r, bool is_allowed)
{
    r->allows_media = is_allowed;
}

const char *rtmp_chunk_reason(const struct rtmp_chunk_reader *r)
{
    return r->reason;
}

static int fail(struct rtmp_chunk_reader *r, int err, const char *reason)
{
    r->reason = reason;
    return err;
}

static uint32_t be24(const uint8_t *at)
{
    return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | be24(at + 1);
}

/* ---- header ---- */

/* 5.3.1.1 */
static size_t basic_header_size(uint8_t first)
{
    switch (first & 0x3f) {
    case 0:
        return 2;
    case 1:
        return 3;
    default:
        return 1;
    }
}

static uint32_t chunk_stream_id(const uint8_t *head)
{
    switch (head[0] & 0x3f) {
    case 0:
        return 64u + head[1];
    case 1:
        return 64u + head[1] + head[2] * 256u;
    default:
        return head[0] & 0x3f;
    }
}

static struct chunk_stream *find_stream(struct rtmp_chunk_reader *r, uint32_t id)
{
    for (size_t i = 0; i < r->stream_count; i++)
        if (r->streams[i].id == id)
            return &r->streams[i];
    return NULL;
}

static struct chunk_stream *add_stream(struct rtmp_chunk_reader *r, uint32_t id)
{
    struct chunk_stream *cs;

    if (r->stream_count == RTMP_CHUNK_STREAMS_MAX)
        return NULL;
    r->streams = mem_realloc(r->streams, (r->stream_count + 1) * sizeof(*r->streams));
    cs = &r->streams[r->stream_count++];
    *cs = (struct chunk_stream){ .id = id };
    return cs;
}

static bool starts_with(uint32_t value, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at[i] != (uint8_t)(value >> (24 - 8 * i)))
            return false;
    return true;
}

/* Whether these first bytes behind a type 3 header can still be its extended timestamp. Most
 * encoders repeat the field of the last header, some write the absolute time. */
static bool may_repeat_timestamp(const struct chunk_stream *cs, const uint8_t *at, size_t len)
{
    return starts_with(cs->field, at, len) || starts_with(cs->timestamp, at, len);
}

static bool has_extended(struct rtmp_chunk_reader *r, size_t basic, size_t header)
{
    const struct chunk_stream *cs;

    if (r->head[0] >> 6 != FORMAT_SAME_ALL)
        return be24(r->head + basic) == TIMESTAMP_EXTENDED;
    cs = find_stream(r, chunk_stream_id(r->head));
    return cs && cs->has_extended &&
           may_repeat_timestamp(cs, r->head + header, r->head_len - header);
}

/* How long the header is, as far as the bytes that are here tell. */
static size_t header_size(struct rtmp_chunk_reader *r)
{
    size_t basic, header;

    if (!r->head_len)
        return 1;
    basic = basic_header_size(r->head[0]);
    header = basic + message_header_size[r->head[0] >> 6];
    if (r->head_len < header)
        return header;
    return has_extended(r, basic, header) ? header + EXTENDED_SIZE : header;
}

/* 5.3.1.2: takes over what the header says; the rest stays as in the chunk before. */
static void update_stream(struct chunk_stream *cs, int format, const uint8_t *header,
                          const uint8_t *extended)
{
    cs->field = be24(header);
    cs->has_extended = cs->field == TIMESTAMP_EXTENDED;
    if (cs->has_extended)
        cs->field = be32(extended);
    if (format <= FORMAT_SAME_STREAM) {
        cs->length = be24(header + 3);
        cs->type = header[6];
    }
    if (format == FORMAT_FULL)
        cs->stream_id = __builtin_bswap32(be32(header + 7)); /* the one little-endian field */
}

static size_t message_max(const struct rtmp_chunk_reader *r, uint8_t type)
{
    if (r->allows_media && (type == RTMP_VIDEO || type == RTMP_AGGREGATE))
        return RTMP_VIDEO_MAX;
    if (r->allows_media && type == RTMP_AUDIO)
        return RTMP_AUDIO_MAX;
    return RTMP_OTHER_MAX;
}

static int begin_message(struct rtmp_chunk_reader *r, struct chunk_stream *cs, int format)
{
    if (cs->length > message_max(r, cs->type))
        return fail(r, -EMSGSIZE, "message too long");
    if (r->unfinished + cs->length > RTMP_UNFINISHED_MAX)
        return fail(r, -EMSGSIZE, "too much in unfinished messages");
    /* 5.3.1.2.4: a type 3 chunk behind a type 0 chunk takes its timestamp for the delta. */
    cs->timestamp = format == FORMAT_FULL ? cs->field : cs->timestamp + cs->field;
    cs->payload = bytes_create(cs->length);
    cs->received = 0;
    r->unfinished += cs->length;
    return 0;
}

static int begin_chunk(struct rtmp_chunk_reader *r, size_t size)
{
    int format = r->head[0] >> 6;
    const uint8_t *header = r->head + basic_header_size(r->head[0]);
    struct chunk_stream *cs = find_stream(r, chunk_stream_id(r->head));
    int err;

    if (!cs) {
        if (format >= FORMAT_SAME_LENGTH)
            return fail(r, -EPROTO, "chunk stream begins without a message length");
        cs = add_stream(r, chunk_stream_id(r->head));
        if (!cs)
            return fail(r, -EPROTO, "too many chunk streams");
    }
    if (cs->payload && format != FORMAT_SAME_ALL)
        return fail(r, -EPROTO, "message header in the middle of a message");
    if (format != FORMAT_SAME_ALL)
        update_stream(cs, format, header, r->head + size - EXTENDED_SIZE);
    err = cs->payload ? 0 : begin_message(r, cs, format);
    if (err)
        return err;
    r->current = cs;
    r->chunk_left = cs->length - cs->received;
    if (r->chunk_left > r->chunk_size)
        r->chunk_left = r->chunk_size;
    return 0;
}

/* What header_size() asks for next is only a guess. */
static bool may_be_payload(const struct rtmp_chunk_reader *r)
{
    return r->head_len && r->head[0] >> 6 == FORMAT_SAME_ALL;
}

static int take_header(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *len)
{
    size_t size, n;
    int err;

    while (r->head_len < (size = header_size(r))) {
        if (!*len)
            return 0;
        n = may_be_payload(r) ? 1 : size - r->head_len;
        n = n < *len ? n : *len;
        memcpy(r->head + r->head_len, *data, n);
        r->head_len += n;
        *data += n;
        *len -= n;
    }
    err = begin_chunk(r, size);
    r->spill_len = r->head_len - size;
    memcpy(r->spill, r->head + size, r->spill_len);
    r->head_len = 0;
    return err;
}

/* ---- payload ---- */

static int set_chunk_size(struct rtmp_chunk_reader *r, const struct bytes *payload)
{
    uint32_t size;

    if (payload->len < 4)
        return fail(r, -EPROTO, "short Set Chunk Size");
    size = be32(payload->data);
    if (!size || size >> 31) /* 5.4.1 */
        return fail(r, -EPROTO, "impossible chunk size");
    r->chunk_size = size > CHUNK_SIZE_MAX ? CHUNK_SIZE_MAX : size;
    return 0;
}

static void forget_message(struct rtmp_chunk_reader *r, struct chunk_stream *cs)
{
    r->unfinished -= cs->length;
    cs->payload = NULL;
}

/* 5.4.2 */
static int abort_message(struct rtmp_chunk_reader *r, const struct bytes *payload)
{
    struct chunk_stream *cs;

    if (payload->len < 4)
        return fail(r, -EPROTO, "short Abort");
    cs = find_stream(r, be32(payload->data));
    if (cs && cs->payload) {
        bytes_unref(cs->payload);
        forget_message(r, cs);
    }
    return 0;
}

/* A message is whole. 1: it is for the caller, 0: it was for the chunk layer. */
static int finish_message(struct rtmp_chunk_reader *r, struct chunk_stream *cs,
                          struct rtmp_message *out)
{
    struct bytes *payload = cs->payload;
    int err;

    forget_message(r, cs);
    switch (cs->type) {
    case RTMP_SET_CHUNK_SIZE:
        err = set_chunk_size(r, payload);
        break;
    case RTMP_ABORT:
        err = abort_message(r, payload);
        break;
    default:
        *out = (struct rtmp_message){ cs->type, cs->stream_id, cs->timestamp, payload };
        return 1;
    }
    bytes_unref(payload);
    return err;
}

/* 1: a message is whole, 0: more bytes are needed, or this chunk is over. */
static int take_payload(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *len,
                        struct rtmp_message *out)
{
    struct chunk_stream *cs = r->current;
    uint32_t n = *len < r->chunk_left ? (uint32_t)*len : r->chunk_left;

    if (n)
        memcpy(cs->payload->data + cs->received, *data, n);
    *data += n;
    *len -= n;
    cs->received += n;
    r->chunk_left -= n;
    if (r->chunk_left)
        return 0;
    r->current = NULL;
    return cs->received == cs->length ? finish_message(r, cs, out) : 0;
}

/* As far as these bytes go within one header or one chunk. Results as of rtmp_chunk_read(). */
static int step(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *len,
                struct rtmp_message *out)
{
    return r->current ? take_payload(r, data, len, out) : take_header(r, data, len);
}

/* What remains of the spilt bytes, and what spills again, goes before the input once more: never
 * more than there was. */
static int step_over_spill(struct rtmp_chunk_reader *r, struct rtmp_message *out)
{
    uint8_t bytes[EXTENDED_SIZE];
    const uint8_t *at = bytes;
    size_t len = r->spill_len;
    int got;

    memcpy(bytes, r->spill, len);
    r->spill_len = 0;
    got = step(r, &at, &len, out);
    memcpy(r->spill + r->spill_len, at, len);
    r->spill_len += len;
    return got;
}

int rtmp_chunk_read(struct rtmp_chunk_reader *r, const uint8_t **data, size_t *len,
                    struct rtmp_message *out)
{
    int got = 0;

    /* An empty message is whole without any byte of payload. */
    while (!got && (*len || r->spill_len || (r->current && !r->chunk_left)))
        got = r->spill_len ? step_over_spill(r, out) : step(r, data, len, out);
    return got;
}

/* ---- the other way ---- */

static void write_head(struct buf *out, const struct rtmp_head *head, size_t len)
{
    bool is_extended = head->timestamp >= TIMESTAMP_EXTENDED;

    buf_append_u8(out, FORMAT_FULL << 6 | head->chunk_stream_id);
    buf_append_u24(out, is_extended ? TIMESTAMP_EXTENDED : head->timestamp);
    buf_append_u24(out, (uint32_t)len);
    buf_append_u8(out, head->type);
    buf_append_u32(out, __builtin_bswap32(head->stream_id));
    if (is_extended)
        buf_append_u32(out, head->timestamp);
}

static void write_continuation(struct buf *out, const struct rtmp_head *head)
{
    buf_append_u8(out, FORMAT_SAME_ALL << 6 | head->chunk_stream_id);
    if (head->timestamp >= TIMESTAMP_EXTENDED)
        buf_append_u32(out, head->timestamp);
}

void rtmp_chunk_write(struct buf *out, const struct rtmp_head *head, const void *payload,
                      size_t len, size_t chunk_size)
{
    const uint8_t *at = payload;

    write_head(out, head, len);
    while (len > chunk_size) {
        buf_append(out, at, chunk_size);
        write_continuation(out, head);
        at += chunk_size;
        len -= chunk_size;
    }
    buf_append(out, at, len);
}
