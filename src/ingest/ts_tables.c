/* SPDX-License-Identifier: Apache-2.0 */
/* Sections: ISO/IEC 13818-1, 2.4.4.1 (pointer_field), 2.4.4.3 (association), 2.4.4.8 (map), table
 * 2-34 (stream types) with the values that ATSC, DVB and SMPTE added; what is "private data" there
 * tells its codec in a descriptor. */
#include "ingest/ts_tables.h"

#include <errno.h>
#include <string.h>

#include "base/crc32_mpeg.h"
#include "base/mem.h"
#include "base/reader.h"

#define HEADER_SIZE 3 /* to section_length */
#define CRC_SIZE    4
#define STUFFING    0xff

enum { TABLE_ASSOCIATION = 0, TABLE_MAP = 2 };

/* ---- sections ---- */

void ts_section_reset(struct ts_section *section)
{
    section->is_open = false;
    section->len = 0;
}

/* The whole length as far as it is known: that of the header first. */
static size_t wanted(const struct ts_section *section)
{
    if (section->len < HEADER_SIZE)
        return HEADER_SIZE;
    return HEADER_SIZE + (size_t)((section->data[1] & 0x0f) << 8 | section->data[2]);
}

static size_t append(struct ts_section *section, const uint8_t *data, size_t len, size_t up_to)
{
    size_t n = up_to - section->len;

    if (n > len)
        n = len;
    memcpy(section->data + section->len, data, n);
    section->len += n;
    return n;
}

/* Returns how many bytes belong to the open section, which is closed once it is whole. */
static size_t take(struct ts_section *section, const uint8_t *data, size_t len)
{
    size_t used = append(section, data, len, HEADER_SIZE);

    if (section->len < HEADER_SIZE)
        return used;
    if (wanted(section) > TS_SECTION_MAX) {
        ts_section_reset(section);
        return len;
    }
    used += append(section, data + used, len - used, wanted(section));
    section->is_open = section->len < wanted(section);
    return used;
}

static bool is_whole(const struct ts_section *section)
{
    return !section->is_open && section->len > HEADER_SIZE + CRC_SIZE &&
           crc32_mpeg(section->data, section->len) == 0;
}

void ts_section_feed(struct ts_section *section, const uint8_t *payload, size_t len, bool starts,
                     void (*on_section)(const uint8_t *data, size_t len, void *ctx), void *ctx)
{
    size_t at = 0, begin = 0;

    if (starts && len) {
        begin = 1u + payload[0];
        at = 1;
    }
    if (begin > len) {
        ts_section_reset(section);
        return;
    }
    if (section->is_open) {
        take(section, payload + at, (starts ? begin : len) - at);
        if (is_whole(section))
            on_section(section->data, section->len, ctx);
    }
    if (!starts)
        return;
    for (at = begin; at < len && payload[at] != STUFFING;) {
        section->len = 0;
        section->is_open = true;
        at += take(section, payload + at, len - at);
        if (is_whole(section))
            on_section(section->data, section->len, ctx);
    }
}

/* ---- tables ---- */

/* The body of a table that is valid now: behind the header's eight bytes, before the checksum. */
static int open_table(struct reader *r, int table_id, const uint8_t *section, size_t len)
{
    if (len < 8 + CRC_SIZE || section[0] != table_id || !(section[5] & 1))
        return -ENOENT;
    reader_init(r, section + 8, len - 8 - CRC_SIZE);
    return 0;
}

int ts_pat_parse(const uint8_t *section, size_t len)
{
    struct reader r;

    if (open_table(&r, TABLE_ASSOCIATION, section, len))
        return -ENOENT;
    while (reader_left(&r) >= 4) {
        int program = read_u16(&r), pid = read_u16(&r) & 0x1fff;

        if (program) /* 0 is the network's own */
            return pid;
    }
    return -ENOENT;
}

/* clang-format off */
static const struct {
    uint8_t stream_type;
    enum media_kind kind;
    enum demux_refusal refusal;
} stream_types[] = {
    { 0x01, MEDIA_VIDEO, DEMUX_MPEG_VIDEO },
    { 0x02, MEDIA_VIDEO, DEMUX_MPEG_VIDEO },
    { 0x03, MEDIA_AUDIO, DEMUX_MPEG_AUDIO },
    { 0x04, MEDIA_AUDIO, DEMUX_MPEG_AUDIO },
    { 0x0f, MEDIA_AUDIO, DEMUX_CARRIED },
    { 0x10, MEDIA_VIDEO, DEMUX_MPEG4_PART2 },
    { 0x11, MEDIA_AUDIO, DEMUX_LATM },
    { 0x1b, MEDIA_VIDEO, DEMUX_CARRIED },
    { 0x21, MEDIA_VIDEO, DEMUX_JPEG2000 },
    { 0x24, MEDIA_VIDEO, DEMUX_HEVC },
    { 0x33, MEDIA_VIDEO, DEMUX_VVC },
    { 0x42, MEDIA_VIDEO, DEMUX_AVS },
    { 0x80, MEDIA_AUDIO, DEMUX_PCM },
    { 0x81, MEDIA_AUDIO, DEMUX_AC3 },
    { 0x82, MEDIA_AUDIO, DEMUX_DTS },
    { 0x83, MEDIA_AUDIO, DEMUX_TRUEHD },
    { 0x84, MEDIA_AUDIO, DEMUX_EAC3 },
    { 0x87, MEDIA_AUDIO, DEMUX_EAC3 },
    { 0x8a, MEDIA_AUDIO, DEMUX_DTS },
    { 0xd2, MEDIA_VIDEO, DEMUX_AVS },
    { 0xea, MEDIA_VIDEO, DEMUX_VC1 },
};

static const struct {
    const char *format; /* of a registration_descriptor, 2.6.8 */
    enum media_kind kind;
    enum demux_refusal refusal;
} registrations[] = {
    { "HEVC", MEDIA_VIDEO, DEMUX_HEVC },
    { "VVC ", MEDIA_VIDEO, DEMUX_VVC },
    { "AV01", MEDIA_VIDEO, DEMUX_AV1 },
    { "VC-1", MEDIA_VIDEO, DEMUX_VC1 },
    { "Opus", MEDIA_AUDIO, DEMUX_OPUS },
    { "AC-3", MEDIA_AUDIO, DEMUX_AC3 },
    { "EAC3", MEDIA_AUDIO, DEMUX_EAC3 },
    { "DTS1", MEDIA_AUDIO, DEMUX_DTS },
    { "DTS2", MEDIA_AUDIO, DEMUX_DTS },
    { "DTS3", MEDIA_AUDIO, DEMUX_DTS },
    { "BSSD", MEDIA_AUDIO, DEMUX_PCM },
};

static const struct {
    uint8_t tag; /* of a descriptor, ETSI EN 300 468, table 12 */
    enum demux_refusal refusal;
} dvb_audio[] = {
    { 0x6a, DEMUX_AC3 },
    { 0x7a, DEMUX_EAC3 },
    { 0x7b, DEMUX_DTS },
};
/* clang-format on */

#define PRIVATE_DATA            0x06
#define DESCRIPTOR_REGISTRATION 0x05

struct stream {
    bool is_media;
    enum media_kind kind;
    enum demux_refusal refusal;
};

static struct stream stream_of_registration(const uint8_t *format)
{
    for (size_t i = 0; i < ARRAY_LEN(registrations); i++)
        if (!memcmp(registrations[i].format, format, 4))
            return (struct stream){ true, registrations[i].kind, registrations[i].refusal };
    return (struct stream){ 0 };
}

static struct stream stream_of_descriptors(const uint8_t *data, size_t len)
{
    struct stream stream = { 0 };
    struct reader r;

    reader_init(&r, data, len);
    while (!stream.is_media && reader_left(&r) >= 2) {
        int tag = read_u8(&r);
        size_t size = read_u8(&r);
        const uint8_t *body = read_bytes(&r, size);

        if (!body)
            break;
        if (tag == DESCRIPTOR_REGISTRATION && size >= 4)
            stream = stream_of_registration(body);
        for (size_t i = 0; i < ARRAY_LEN(dvb_audio); i++)
            if (tag == dvb_audio[i].tag)
                stream = (struct stream){ true, MEDIA_AUDIO, dvb_audio[i].refusal };
    }
    return stream;
}

static struct stream stream_of(int type, const uint8_t *descriptors, size_t len)
{
    if (type == PRIVATE_DATA)
        return stream_of_descriptors(descriptors, len);
    for (size_t i = 0; i < ARRAY_LEN(stream_types); i++)
        if (stream_types[i].stream_type == type)
            return (struct stream){ true, stream_types[i].kind, stream_types[i].refusal };
    return (struct stream){ 0 }; /* data of some kind */
}

static void add_stream(struct ts_program *program, const struct stream *stream, int pid)
{
    bool is_video = stream->kind == MEDIA_VIDEO;
    int *chosen = is_video ? &program->video_pid : &program->audio_pid;
    enum demux_refusal *refusal = is_video ? &program->video_refusal : &program->audio_refusal;

    if (!stream->is_media)
        return;
    if (stream->refusal == DEMUX_CARRIED && *chosen == TS_NO_PID)
        *chosen = pid;
    if (*refusal == DEMUX_CARRIED)
        *refusal = stream->refusal;
}

int ts_pmt_parse(struct ts_program *out, const uint8_t *section, size_t len)
{
    struct reader r;

    *out = (struct ts_program){ .video_pid = TS_NO_PID, .audio_pid = TS_NO_PID };
    if (open_table(&r, TABLE_MAP, section, len))
        return -ENOENT;
    read_u16(&r); /* PCR_PID: nothing here needs that clock */
    read_skip(&r, read_u16(&r) & 0x0fff);
    while (reader_left(&r) >= 5) {
        int type = read_u8(&r), pid = read_u16(&r) & 0x1fff;
        size_t size = read_u16(&r) & 0x0fff;
        const uint8_t *descriptors = read_bytes(&r, size);
        struct stream stream;

        if (!descriptors)
            break;
        stream = stream_of(type, descriptors, size);
        add_stream(out, &stream, pid);
    }
    return reader_err(&r) ? -EINVAL : 0;
}
