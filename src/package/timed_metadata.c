/* SPDX-License-Identifier: Apache-2.0 */
/* ID3v2.4.0: structure (head 3.1, sizes 6.2) and native frames (text 4.2, user text 4.2.6, private
 * 4.27). Text is UTF-8 throughout. */
#include "package/timed_metadata.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

#define HEAD_SIZE 10
#define UTF8      3
#define TEXT_SIZE 64

/* 6.2: seven bits in each byte, so that no size looks like a sync word. */
static void put_size(uint8_t at[4], size_t size)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(size >> (7 * (3 - i)) & 0x7f);
}

void id3_begin(struct buf *buf)
{
    static const uint8_t head[HEAD_SIZE] = { 'I', 'D', '3', 4, 0, 0, 0, 0, 0, 0 };

    buf_reset(buf);
    buf_append(buf, head, sizeof(head));
}

void id3_end(struct buf *buf)
{
    if (!buf->err)
        put_size(buf->data + 6, buf->len - HEAD_SIZE);
}

static void begin_frame(struct buf *buf, const char *id, size_t size)
{
    uint8_t head[HEAD_SIZE] = { 0 };

    memcpy(head, id, 4);
    put_size(head + 4, size);
    buf_append(buf, head, sizeof(head));
}

void id3_add_private(struct buf *buf, const char *owner, const void *data, size_t len)
{
    size_t owner_len = strlen(owner) + 1;

    begin_frame(buf, "PRIV", owner_len + len);
    buf_append(buf, owner, owner_len);
    buf_append(buf, data, len);
}

void id3_add_text(struct buf *buf, const char id[5], const char *text)
{
    size_t len = strlen(text) + 1;

    begin_frame(buf, id, 1 + len);
    buf_append_u8(buf, UTF8);
    buf_append(buf, text, len);
}

void id3_add_user_text(struct buf *buf, const char *description, const char *value)
{
    size_t description_len = strlen(description) + 1, len = strlen(value) + 1;

    begin_frame(buf, "TXXX", 1 + description_len + len);
    buf_append_u8(buf, UTF8);
    buf_append(buf, description, description_len);
    buf_append(buf, value, len);
}

void id3_write_metadata(struct buf *buf, const char *owner, const void *data, size_t len)
{
    id3_begin(buf);
    id3_add_private(buf, owner, data, len);
    id3_end(buf);
}

/* ID3v2.4.0 structure, 5: times are cut to the precision that is known, without a zone. */
static void add_second(struct buf *buf, const char id[5], int64_t wall_ms)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format_s(text, wall_ms);
    text[strcspn(text, "Z")] = '\0';
    id3_add_text(buf, id, text);
}

static void add_number(struct buf *buf, const char id[5], const char *format, int64_t number)
{
    char text[TEXT_SIZE];

    snprintf(text, sizeof(text), format, number);
    id3_add_text(buf, id, text);
}

/* What players take their wall clock from; times in milliseconds, -1: not known. */
static void add_latency_data(struct buf *buf, const struct segment_tag *tag)
{
    char json[256];

    snprintf(json, sizeof(json),
             "{\"cmd\":\"ld_lat_data\",\"stream_offset\":%" PRId64 ",\"ingest_r\":%" PRId64
             ",\"transc_r\":%" PRId64 ",\"transc_s\":%" PRId64
             ",\"ingest_s\":1,\"broadc_r\":-1,\"broadc_s\":-1}",
             tag->stream_offset_s, tag->received_ms, tag->wall_ms, tag->written_ms);
    id3_add_user_text(buf, "segmentmetadata", json);
}

void id3_write_segment_tag(struct buf *buf, const struct segment_tag *tag)
{
    id3_begin(buf);
    add_number(buf, "TRCK", "%" PRId64, tag->number);
    add_second(buf, "TDEN", tag->wall_ms);
    add_second(buf, "TDTG", tag->written_ms);
    add_number(buf, "TOFN", "index-%010" PRId64 ".ts", tag->number);
    id3_add_text(buf, "TSSE", "weir " WEIR_VERSION);
    add_latency_data(buf, tag);
    id3_end(buf);
}
