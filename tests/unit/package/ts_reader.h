/* SPDX-License-Identifier: Apache-2.0 */
/* Takes transport packets apart, strictly, for tests. Written from ISO/IEC 13818-1 without a look
 * at the writer. */
#ifndef TESTS_TS_READER_H
#define TESTS_TS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TS_PES_MAX     512
#define TS_PID_COUNT   8192
#define TS_PAYLOAD_MAX (1 << 20)

struct ts_read_pes {
    int pid, stream_id;
    int64_t pts, dts, pcr; /* pcr: -1 if none; 90 kHz */
    bool is_random_access;
    int told_len; /* PES_packet_length */
    size_t len;
    uint8_t *data; /* payload, in the reader's memory */
};

struct ts_reader {
    int next_counter[TS_PID_COUNT]; /* -1: not seen; kept from part to part */
    struct ts_read_pes pes[TS_PES_MAX];
    int pes_count;
    int64_t lone_clock; /* of a packet without payload; -1: none */
    uint8_t pat[184], pmt[184];
    int packet_count;
    const char *error; /* the first rule broken */
    size_t memory_used;
    uint8_t memory[TS_PAYLOAD_MAX];
};

static inline void ts_reader_init(struct ts_reader *r)
{
    memset(r, 0, offsetof(struct ts_reader, memory));
    for (int i = 0; i < TS_PID_COUNT; i++)
        r->next_counter[i] = -1;
}

static inline void ts_fail(struct ts_reader *r, const char *error)
{
    if (!r->error)
        r->error = error;
}

static inline int64_t ts_read_time(struct ts_reader *r, const uint8_t *at, int prefix)
{
    if (at[0] >> 4 != prefix || !(at[0] & 1) || !(at[2] & 1) || !(at[4] & 1))
        ts_fail(r, "time stamp without its marks");
    return (int64_t)(at[0] >> 1 & 7) << 30 | (int64_t)at[1] << 22 | (int64_t)(at[2] >> 1) << 15 |
           (int64_t)at[3] << 7 | at[4] >> 1;
}

static inline void ts_begin_pes(struct ts_reader *r, int pid, const uint8_t *data, size_t len,
                                int64_t pcr, bool is_random_access)
{
    struct ts_read_pes *pes = &r->pes[r->pes_count++];
    size_t head;

    memset(pes, 0, sizeof(*pes));
    pes->pid = pid;
    pes->pcr = pcr;
    pes->is_random_access = is_random_access;
    if (len < 14 || data[0] || data[1] || data[2] != 1 || data[6] >> 6 != 2) {
        ts_fail(r, "no PES header");
        return;
    }
    pes->stream_id = data[3];
    pes->told_len = data[4] << 8 | data[5];
    head = 9 + (size_t)data[8];
    if (data[7] >> 6 == 3) {
        pes->pts = ts_read_time(r, data + 9, 3);
        pes->dts = ts_read_time(r, data + 14, 1);
    } else if (data[7] >> 6 == 2) {
        pes->pts = pes->dts = ts_read_time(r, data + 9, 2);
    } else {
        ts_fail(r, "PES without PTS");
    }
    pes->data = r->memory + r->memory_used;
    pes->len = len - head;
    memcpy(pes->data, data + head, pes->len);
    r->memory_used += pes->len;
}

static inline struct ts_read_pes *ts_last_pes(struct ts_reader *r, int pid)
{
    for (int i = r->pes_count - 1; i >= 0; i--)
        if (r->pes[i].pid == pid)
            return &r->pes[i];
    return NULL;
}

static inline void ts_read_packet(struct ts_reader *r, const uint8_t *p)
{
    int pid = (p[1] & 0x1f) << 8 | p[2], counter = p[3] & 15;
    bool has_adaptation = p[3] & 0x20, has_payload = p[3] & 0x10, is_random = false;
    struct ts_read_pes *pes;
    int64_t pcr = -1;
    size_t at = 4;

    if (p[0] != 0x47 || p[1] & 0x80)
        ts_fail(r, "no sync byte, or an error marked");
    if (r->next_counter[pid] >= 0 && has_payload && r->next_counter[pid] != counter)
        ts_fail(r, "continuity counter jumps");
    if (r->next_counter[pid] >= 0 && !has_payload && ((r->next_counter[pid] + 15) & 15) != counter)
        ts_fail(r, "continuity counter moves without payload");
    if (has_payload)
        r->next_counter[pid] = (counter + 1) & 15;
    if (has_adaptation) {
        if (p[4] > (has_payload ? 182 : 183))
            ts_fail(r, "adaptation field too long");
        if (p[4] && p[5] & 0x10)
            pcr = (int64_t)p[6] << 25 | p[7] << 17 | p[8] << 9 | p[9] << 1 | p[10] >> 7;
        is_random = p[4] && p[5] & 0x40;
        at += 1 + (size_t)p[4];
    }
    if (!has_payload) {
        r->lone_clock = pcr;
    } else if (pid == 0) {
        memcpy(r->pat, p + at, 188 - at);
    } else if (pid == 0x1000) {
        memcpy(r->pmt, p + at, 188 - at);
    } else if (p[1] & 0x40) {
        ts_begin_pes(r, pid, p + at, 188 - at, pcr, is_random);
    } else if ((pes = ts_last_pes(r, pid))) {
        /* the payload of one PES packet lies in one row: no other may come between */
        if (pes->data + pes->len != r->memory + r->memory_used)
            ts_fail(r, "PES packets mixed");
        memcpy(pes->data + pes->len, p + at, 188 - at);
        pes->len += 188 - at;
        r->memory_used += 188 - at;
    } else {
        ts_fail(r, "PES packet goes on that did not begin here");
    }
}

/* Reads one part; what it found stays until the next. Returns NULL or the rule broken. */
static inline const char *ts_read(struct ts_reader *r, const uint8_t *data, size_t len)
{
    r->pes_count = 0;
    r->memory_used = 0;
    r->lone_clock = -1;
    r->packet_count = (int)(len / 188);
    if (len % 188)
        ts_fail(r, "no whole packets");
    if (len < 376 || (data[1] & 0x1f) << 8 | data[2] ||
        ((data[189] & 0x1f) << 8 | data[190]) != 0x1000)
        ts_fail(r, "no PAT and PMT at the start");
    for (size_t i = 0; i + 188 <= len; i += 188)
        ts_read_packet(r, data + i);
    for (int i = 0; i < r->pes_count; i++) {
        const struct ts_read_pes *pes = &r->pes[i];
        size_t told = (size_t)pes->told_len;
        size_t has = pes->len + 3 + (pes->pts == pes->dts ? 5 : 10);

        if (told && told != has)
            ts_fail(r, "PES packet of another length than told");
    }
    return r->error;
}

#endif
