/* SPDX-License-Identifier: Apache-2.0 */
/* Transport streams made by hand, for tests: what no encoder at hand sends. */
#ifndef TESTS_TS_WRITER_H
#define TESTS_TS_WRITER_H

#include <string.h>

#include "base/buf.h"
#include "base/crc32_mpeg.h"

#define TS_VIDEO_PID 0x100
#define TS_AUDIO_PID 0x101
#define TS_MAP_PID   0x1000
#define TS_NO_TIME   (-1)

struct ts_writer {
    struct buf out;
    int counters[0x2000];
};

static inline void ts_packet(struct ts_writer *w, int pid, bool starts, const uint8_t *data,
                             size_t len)
{
    size_t stuffing = 184 - len;

    buf_append_u8(&w->out, 0x47);
    buf_append_u16(&w->out, (uint16_t)((starts ? 0x4000 : 0) | pid));
    buf_append_u8(&w->out, (uint8_t)((stuffing ? 0x30 : 0x10) | (w->counters[pid]++ & 15)));
    if (stuffing)
        buf_append_u8(&w->out, (uint8_t)(stuffing - 1));
    for (size_t i = 1; i < stuffing; i++)
        buf_append_u8(&w->out, i == 1 ? 0 : 0xff);
    buf_append(&w->out, data, len);
}

static inline void ts_packets(struct ts_writer *w, int pid, const uint8_t *data, size_t len)
{
    for (size_t at = 0, n; at < len; at += n) {
        n = len - at < 184 ? len - at : 184;
        ts_packet(w, pid, at == 0, data + at, n);
    }
}

static inline void ts_section_out(struct ts_writer *w, int pid, int table, const uint8_t *body,
                                  size_t len)
{
    struct buf section;

    buf_init(&section, 1024);
    buf_append_u8(&section, 0); /* pointer_field */
    buf_append_u8(&section, (uint8_t)table);
    buf_append_u16(&section, (uint16_t)(0xb000 | (len + 9)));
    buf_append_u16(&section, 1);
    buf_append_u8(&section, 0xc1);
    buf_append_u16(&section, 0);
    buf_append(&section, body, len);
    buf_append_u32(&section, crc32_mpeg(section.data + 1, section.len - 1));
    ts_packets(w, pid, section.data, section.len);
    buf_clear(&section);
}

/* The tables; a stream type of 0 is no stream. `descriptors` are the audio stream's. */
static inline void ts_tables_out(struct ts_writer *w, int video_type, int audio_type, int audio_pid,
                                 const char *descriptors)
{
    const uint8_t association[] = { 0, 1, 0xe0 | TS_MAP_PID >> 8, TS_MAP_PID & 0xff };
    size_t size = descriptors ? strlen(descriptors) : 0;
    struct buf map;

    buf_init(&map, 1024);
    buf_append_u16(&map, 0xe000 | TS_VIDEO_PID);
    buf_append_u16(&map, 0xf000);
    if (video_type) {
        buf_append_u8(&map, (uint8_t)video_type);
        buf_append_u16(&map, 0xe000 | TS_VIDEO_PID);
        buf_append_u16(&map, 0xf000);
    }
    if (audio_type) {
        buf_append_u8(&map, (uint8_t)audio_type);
        buf_append_u16(&map, (uint16_t)(0xe000 | audio_pid));
        buf_append_u16(&map, (uint16_t)(0xf000 | size));
        buf_append(&map, descriptors, size);
    }
    ts_section_out(w, 0, 0, association, sizeof(association));
    ts_section_out(w, TS_MAP_PID, 2, map.data, map.len);
    buf_clear(&map);
}

static inline void ts_time_out(struct buf *out, int marker, int64_t time)
{
    buf_append_u8(out, (uint8_t)(marker << 4 | (time >> 29 & 14) | 1));
    buf_append_u16(out, (uint16_t)((time >> 14 & 0xfffe) | 1));
    buf_append_u16(out, (uint16_t)((time << 1 & 0xfffe) | 1));
}

/* TS_NO_TIME leaves a time out. */
static inline void ts_pes_out(struct ts_writer *w, int pid, int64_t pts, int64_t dts,
                              const void *data, size_t len)
{
    bool is_video = pid == TS_VIDEO_PID;
    int times = (pts != TS_NO_TIME) + (dts != TS_NO_TIME);
    struct buf pes;

    buf_init(&pes, 1 << 20);
    buf_append_u24(&pes, 1);
    buf_append_u8(&pes, is_video ? 0xe0 : 0xc0);
    buf_append_u16(&pes, is_video ? 0 : (uint16_t)(3 + 5 * times + len));
    buf_append_u8(&pes, 0x80);
    buf_append_u8(&pes, (uint8_t)(times == 2 ? 0xc0 : times ? 0x80 : 0));
    buf_append_u8(&pes, (uint8_t)(5 * times));
    if (times)
        ts_time_out(&pes, times == 2 ? 3 : 2, pts);
    if (times == 2)
        ts_time_out(&pes, 1, dts);
    buf_append(&pes, data, len);
    ts_packets(w, pid, pes.data, pes.len);
    buf_clear(&pes);
}

#endif
