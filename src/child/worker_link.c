/* SPDX-License-Identifier: Apache-2.0 */
/* Framing between the server and its child processes; worker_link.h has the format. */
#include "child/worker_link.h"

#include <errno.h>
#include <string.h>

#include "base/reader.h"

/* A whole frame and what one read may bring behind it. */
#define PENDING_MAX (WORKER_HEADER_SIZE + WORKER_PAYLOAD_MAX + (1 << 20))

static void put_le(uint8_t *out, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

void worker_frame_header(uint8_t header[WORKER_HEADER_SIZE], int type, size_t len)
{
    put_le(header, WORKER_LINK_MAGIC, 4);
    header[4] = WORKER_LINK_VERSION;
    header[5] = (uint8_t)type;
    put_le(header + 6, 0, 2);
    put_le(header + 8, (uint32_t)len, 4);
}

void worker_frame_reader_init(struct worker_frame_reader *reader)
{
    *reader = (struct worker_frame_reader){ 0 };
    buf_init(&reader->pending, PENDING_MAX);
}

void worker_frame_reader_clear(struct worker_frame_reader *reader)
{
    buf_clear(&reader->pending);
}

int worker_frame_reader_feed(struct worker_frame_reader *reader, const void *data, size_t len)
{
    buf_consume(&reader->pending, reader->consumed);
    reader->consumed = 0;
    return buf_append(&reader->pending, data, len);
}

int worker_frame_reader_next(struct worker_frame_reader *reader, struct worker_frame *frame)
{
    const uint8_t *start = reader->pending.data + reader->consumed;
    size_t left = reader->pending.len - reader->consumed;
    struct reader r;
    uint32_t magic, len;
    uint8_t version, type;
    uint16_t zero;

    if (left < WORKER_HEADER_SIZE)
        return 0;
    reader_init(&r, start, left);
    magic = read_u32le(&r);
    version = read_u8(&r);
    type = read_u8(&r);
    zero = read_u16le(&r);
    len = read_u32le(&r);
    if (magic != WORKER_LINK_MAGIC || version != WORKER_LINK_VERSION || zero ||
        len > WORKER_PAYLOAD_MAX)
        return -EPROTO;
    if (reader_left(&r) < len)
        return 0;
    *frame = (struct worker_frame){ .type = type, .data = read_bytes(&r, len), .len = len };
    reader->consumed += WORKER_HEADER_SIZE + len;
    return 1;
}
