/* SPDX-License-Identifier: Apache-2.0 */
/* Transport packets and PES headers: ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.7. */
#include "package/ts_pes.h"

#include <string.h>

#include "package/ts_psi.h"

#define HEAD_SIZE    4
#define ROOM         (TS_SIZE - HEAD_SIZE)
#define CLOCK_SIZE   8 /* adaptation field: length, flags, PCR */
#define TIME_MASK    ((INT64_C(1) << 33) - 1)
#define PES_HEAD_MAX 19 /* with PTS and DTS */
#define PES_LEN_MAX  0xffff
#define FLAG_RANDOM  0x40
#define FLAG_PCR     0x10

static size_t pes_head_len(const struct ts_pes *pes)
{
    return pes->dts == pes->pts ? 14 : PES_HEAD_MAX;
}

/* What the adaptation field of the first transport packet takes at least. */
static size_t adaptation_len(const struct ts_pes *pes)
{
    if (pes->has_clock)
        return CLOCK_SIZE;
    return pes->is_random_access ? 2 : 0;
}

size_t ts_pes_packets(const struct ts_pes *pes)
{
    size_t len = pes_head_len(pes) + pes->payload_len;
    size_t first = ROOM - adaptation_len(pes);

    return len <= first ? 1 : 1 + (len - first + ROOM - 1) / ROOM;
}

/* 2.4.3.7: 33 bits of PTS or DTS in five bytes with marker bits. */
static void put_time(uint8_t at[5], unsigned prefix, int64_t time)
{
    uint64_t t = (uint64_t)(time & TIME_MASK);

    at[0] = (uint8_t)(prefix << 4 | (t >> 29 & 0x0e) | 1);
    at[1] = (uint8_t)(t >> 22);
    at[2] = (uint8_t)(t >> 14 | 1);
    at[3] = (uint8_t)(t >> 7);
    at[4] = (uint8_t)(t << 1 | 1);
}

static void put_pes_head(struct ts_writer *w)
{
    const struct ts_pes *pes = w->pes;
    uint8_t head[PES_HEAD_MAX] = { 0, 0, 1 };
    size_t head_len = pes_head_len(pes);
    size_t len = head_len - 6 + pes->payload_len;
    bool has_dts = head_len == PES_HEAD_MAX;

    head[3] = (uint8_t)pes->stream_id;
    if (len <= PES_LEN_MAX) { /* otherwise 0: not told, allowed for video */
        head[4] = (uint8_t)(len >> 8);
        head[5] = (uint8_t)len;
    }
    head[6] = 0x84; /* data_alignment_indicator: begins with an access unit */
    head[7] = has_dts ? 0xc0 : 0x80;
    head[8] = has_dts ? 10 : 5;
    put_time(head + 9, has_dts ? 3 : 2, pes->pts);
    if (has_dts)
        put_time(head + 14, 1, pes->dts);
    ts_put(w, head, head_len);
}

static void put_clock(uint8_t at[6], int64_t pcr)
{
    uint64_t t = (uint64_t)(pcr & TIME_MASK);

    at[0] = (uint8_t)(t >> 25);
    at[1] = (uint8_t)(t >> 17);
    at[2] = (uint8_t)(t >> 9);
    at[3] = (uint8_t)(t >> 1);
    at[4] = (uint8_t)(t << 7 | 0x7e); /* the extension, in 27 MHz, is 0 */
    at[5] = 0;
}

/* An adaptation field of exactly `len` bytes at `at`. */
static void put_adaptation(uint8_t *at, size_t len, const struct ts_pes *pes)
{
    size_t used = 2;

    at[0] = (uint8_t)(len - 1);
    if (len == 1)
        return;
    at[1] = 0;
    if (pes && pes->is_random_access)
        at[1] |= FLAG_RANDOM;
    if (pes && pes->has_clock) {
        at[1] |= FLAG_PCR;
        put_clock(at + 2, pes->pcr);
        used = CLOCK_SIZE;
    }
    memset(at + used, 0xff, len - used);
}

static void put_head(uint8_t at[HEAD_SIZE], int pid, bool starts, unsigned control, uint8_t counter)
{
    at[0] = TS_SYNC;
    at[1] = (uint8_t)((starts ? 0x40 : 0) | pid >> 8);
    at[2] = (uint8_t)pid;
    at[3] = (uint8_t)(control << 4 | (counter & 0x0f));
}

/* The next transport packet; the last one is filled up with stuffing. */
static void begin_packet(struct ts_writer *w)
{
    size_t adaptation = w->is_first ? adaptation_len(w->pes) : 0;

    if (w->left < ROOM - adaptation)
        adaptation = ROOM - w->left;
    put_head(w->at, w->pes->pid, w->is_first, adaptation ? 3 : 1, (*w->continuity)++);
    w->at += HEAD_SIZE;
    if (adaptation)
        put_adaptation(w->at, adaptation, w->is_first ? w->pes : NULL);
    w->at += adaptation;
    w->room = ROOM - adaptation;
    w->is_first = false;
}

void ts_begin(struct ts_writer *w, uint8_t *at, const struct ts_pes *pes, uint8_t *continuity)
{
    *w = (struct ts_writer){ .at = at, .pes = pes, .is_first = true, .continuity = continuity };
    w->left = pes_head_len(pes) + pes->payload_len;
    put_pes_head(w);
}

void ts_put(struct ts_writer *w, const void *data, size_t len)
{
    const uint8_t *from = data;

    while (len) {
        size_t count;

        if (!w->room)
            begin_packet(w);
        count = len < w->room ? len : w->room;
        memcpy(w->at, from, count);
        w->at += count;
        w->room -= count;
        w->left -= count;
        from += count;
        len -= count;
    }
}

void ts_write_clock(uint8_t *at, int pid, int64_t pcr, uint8_t continuity)
{
    const struct ts_pes clock = { .pid = pid, .has_clock = true, .pcr = pcr };

    put_head(at, pid, false, 2, (uint8_t)(continuity - 1)); /* 2.4.3.3: not counted */
    put_adaptation(at + HEAD_SIZE, ROOM, &clock);
}
