/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of an MPEG transport stream that say what is in it: the sections cut out of packets,
 * the program association and the program map (ISO/IEC 13818-1, 2.4.4).
 * Thread: its owner's; pure. */
#ifndef INGEST_TS_TABLES_H
#define INGEST_TS_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ingest/demux_link.h"

#define TS_SECTION_MAX 1024 /* 2.4.4.4, 2.4.4.9: section_length is at most 1021 */

/* The section that arrives on one PID. */
struct ts_section {
    uint8_t data[TS_SECTION_MAX];
    size_t len;
    bool is_open;
};

/* Takes a packet's payload; `starts` is payload_unit_start_indicator. `on_section` gets each whole
 * section whose checksum is right. */
void ts_section_feed(struct ts_section *section, const uint8_t *payload, size_t len, bool starts,
                     void (*on_section)(const uint8_t *data, size_t len, void *ctx), void *ctx);
/* A packet was lost: what has begun is forgotten. */
void ts_section_reset(struct ts_section *section);

#define TS_NO_PID (-1)

/* What of a program is carried: its first H.264 and its first AAC stream. */
struct ts_program {
    int video_pid, audio_pid;         /* TS_NO_PID: none */
    enum demux_refusal video_refusal; /* of the first other video stream; DEMUX_CARRIED: none */
    enum demux_refusal audio_refusal;
};

/* The PID of the first program's map. -ENOENT: not told here, or not valid yet. */
int ts_pat_parse(const uint8_t *section, size_t len);
/* -ENOENT: no map, or not valid yet. -EINVAL: malformed. */
int ts_pmt_parse(struct ts_program *out, const uint8_t *section, size_t len);

#endif
