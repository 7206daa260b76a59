/* SPDX-License-Identifier: Apache-2.0 */
/* PAT and PMT: ISO/IEC 13818-1, 2.4.4.3 and 2.4.4.8. The descriptors of the ID3 stream follow
 * Apple's "Timed Metadata for HTTP Live Streaming", 2.3. */
#include "package/ts_psi.h"

#include <string.h>

#include "base/buf.h"
#include "base/crc32_mpeg.h"

#define SECTION_MAX (TS_SIZE - 5) /* behind header and pointer field */
#define PROGRAM     1
#define STREAM_H264 0x1b
#define STREAM_ADTS 0x0f
#define STREAM_ID3  0x15 /* metadata in PES packets */

static void begin_section(struct buf *section, int table_id, int id)
{
    buf_init(section, SECTION_MAX);
    buf_append_u8(section, (uint8_t)table_id);
    buf_append_u16(section, 0); /* the length, set at the end */
    buf_append_u16(section, (uint16_t)id);
    buf_append_u8(section, 0xc1); /* version 0, in force */
    buf_append_u16(section, 0);   /* the only section */
}

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void end_section(struct buf *section, uint8_t packet[TS_SIZE], int pid)
{
    put_u16(section->data + 1, 0xb000 | (uint32_t)(section->len + 4 - 3));
    buf_append_u32(section, crc32_mpeg(section->data, section->len));

    memset(packet, 0xff, TS_SIZE);
    packet[0] = TS_SYNC;
    put_u16(packet + 1, 0x4000 | (uint32_t)pid); /* a unit starts here */
    packet[3] = 0x10;                            /* payload only */
    packet[4] = 0;                               /* pointer_field */
    memcpy(packet + 5, section->data, section->len);
    buf_clear(section);
}

void ts_write_pat(uint8_t packet[TS_SIZE])
{
    struct buf section;

    begin_section(&section, 0, 1);
    buf_append_u16(&section, PROGRAM);
    buf_append_u16(&section, 0xe000 | PID_PMT);
    end_section(&section, packet, PID_PAT);
}

static void add_stream(struct buf *section, int type, int pid, const void *info, size_t len)
{
    buf_append_u8(section, (uint8_t)type);
    buf_append_u16(section, 0xe000 | (uint16_t)pid);
    buf_append_u16(section, 0xf000 | (uint16_t)len);
    buf_append(section, info, len);
}

void ts_write_pmt(uint8_t packet[TS_SIZE], bool has_video, bool has_audio)
{
    /* 2.6.58, 2.6.60: the application format is told by the identifier, and so is the format; no
     * locator, carried in this transport stream, in this program. */
    static const uint8_t pointer[] = { 0x25, 15,  0xff, 0xff, 'I', 'D',  '3', ' ',    0xff,
                                       'I',  'D', '3',  ' ',  0,   0x1f, 0,   PROGRAM };
    static const uint8_t metadata[] = { 0x26, 13,  0xff, 0xff, 'I', 'D', '3', ' ',
                                        0xff, 'I', 'D',  '3',  ' ', 0,   0x0f };
    struct buf section;

    begin_section(&section, 2, PROGRAM);
    buf_append_u16(&section, 0xe000 | (has_video ? PID_VIDEO : PID_AUDIO)); /* PCR_PID */
    buf_append_u16(&section, 0xf000 | sizeof(pointer));
    buf_append(&section, pointer, sizeof(pointer));
    if (has_audio)
        add_stream(&section, STREAM_ADTS, PID_AUDIO, NULL, 0);
    if (has_video)
        add_stream(&section, STREAM_H264, PID_VIDEO, NULL, 0);
    add_stream(&section, STREAM_ID3, PID_ID3, metadata, sizeof(metadata));
    end_section(&section, packet, PID_PMT);
}
