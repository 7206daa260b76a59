/* SPDX-License-Identifier: Apache-2.0 */
/* Broadcast Performance Metrics (Amazon IVS, "Multitrack Video: Broadcast Software Integration"):
 * user_data_unregistered SEI (ISO/IEC 14496-10, D.1.7; 23008-2, D.2.7), told apart by UUID. Behind
 * it:
 *
 *     timestamps  reserved u(4) | count - 1 u(4) | { type u(8) | event u(8) | value }
 *     counters    reserved u(4) | count - 1 u(4) | { tag u(8) | value u(32) }
 */
#include "media/bpm_sei.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "media/hevc_nal.h"
#include "media/rbsp.h"

#define UNREGISTERED 5    /* payloadType */
#define NAL_MAX      1024 /* a message takes less than 400 bytes */
#define UUID_SIZE    16

enum { STAMP_TEXT = 1, STAMP_SINCE_EPOCH, STAMP_DELTA };

struct message_kind {
    unsigned bit;
    bool has_counters;
    uint8_t uuid[UUID_SIZE];
};

/* clang-format off */
static const struct message_kind kinds[] = {
    { BPM_TIMESTAMPS, false, { 0x0a, 0xec, 0xff, 0xe7, 0x52, 0x72, 0x4e, 0x2f,
                               0xa6, 0x2f, 0xd1, 0x9c, 0xd6, 0x1a, 0x93, 0xb5 } },
    { BPM_SESSION,    true,  { 0xca, 0x60, 0xe7, 0x1c, 0x6a, 0x8b, 0x43, 0x88,
                               0xa3, 0x77, 0x15, 0x1d, 0xf7, 0xbf, 0x8a, 0xc2 } },
    { BPM_RENDITION,  true,  { 0xf1, 0xfb, 0xc1, 0xd5, 0x10, 0x1e, 0x4f, 0xb5,
                               0xa6, 0x1e, 0xb8, 0xce, 0x3c, 0x07, 0xb8, 0xc0 } },
};
/* clang-format on */

static const struct message_kind *find_kind(const uint8_t *uuid)
{
    for (size_t i = 0; uuid && i < ARRAY_LEN(kinds); i++)
        if (!memcmp(kinds[i].uuid, uuid, UUID_SIZE))
            return &kinds[i];
    return NULL;
}

/* False for a type that nobody has defined. */
static bool skip_timestamp(struct reader *r)
{
    int type = read_u8(r);

    read_skip(r, 1); /* event */
    if (type == STAMP_SINCE_EPOCH || type == STAMP_DELTA)
        read_skip(r, 8);
    else if (type == STAMP_TEXT)
        while (read_u8(r))
            ;
    else
        return false;
    return !reader_err(r);
}

/* The counts' upper half is reserved and zero. */
static bool has_body(struct reader *r, bool has_counters)
{
    int stamps = read_u8(r) + 1, counters;

    for (int i = 0; i < stamps; i++)
        if (stamps > 16 || !skip_timestamp(r))
            return false;
    if (!has_counters)
        return true;
    counters = read_u8(r) + 1;
    read_skip(r, (size_t)counters * 5);
    return counters <= 16 && !reader_err(r);
}

/* 7.3.2.3.1: bytes of 0xff, each worth 255, and a last one. */
static size_t read_varying(struct reader *r)
{
    size_t value = 0;
    uint8_t byte;

    do {
        byte = read_u8(r);
        value += byte;
    } while (byte == 0xff);
    return value;
}

/* Takes a message off `r`: 0 if it is none of ours. */
static unsigned read_message(struct reader *r)
{
    size_t type = read_varying(r), size = read_varying(r);
    const uint8_t *payload = read_bytes(r, size);
    const struct message_kind *kind;
    struct reader body;

    if (!payload || type != UNREGISTERED)
        return 0;
    reader_init(&body, payload, size);
    kind = find_kind(read_bytes(&body, UUID_SIZE));
    return kind && has_body(&body, kind->has_counters) ? kind->bit : 0;
}

static unsigned read_nal(const struct h264_nal *nal, size_t header)
{
    uint8_t rbsp[NAL_MAX];
    unsigned found = 0;
    struct reader r;

    if (nal->len > NAL_MAX || nal->len < header)
        return 0;
    reader_init(&r, rbsp, rbsp_read(rbsp, NAL_MAX, nal->data + header, nal->len - header));
    while (reader_left(&r) > 1) /* the last byte is the trailing bit */
        found |= read_message(&r);
    return found;
}

static bool is_h264_slice(const struct h264_nal *nal)
{
    return nal->type >= NAL_SLICE && nal->type <= NAL_IDR;
}

unsigned bpm_sei_find(enum video_codec codec, const uint8_t *unit, size_t len)
{
    bool is_hevc = codec == VIDEO_HEVC;
    struct h264_nal nal;
    unsigned found = 0;
    struct reader r;

    reader_init(&r, unit, len);
    while (h264_next_nal(&r, 4, &nal)) {
        if (is_hevc ? hevc_is_slice(hevc_nal_type(&nal)) : is_h264_slice(&nal))
            break;
        if (is_hevc && hevc_nal_type(&nal) == HEVC_PREFIX_SEI)
            found |= read_nal(&nal, HEVC_NAL_HEADER);
        else if (!is_hevc && nal.type == NAL_SEI)
            found |= read_nal(&nal, 1);
    }
    return found;
}
