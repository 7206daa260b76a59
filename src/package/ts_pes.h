/* SPDX-License-Identifier: Apache-2.0 */
/* Writes PES packets as transport packets into memory whose size was asked for before (ISO/IEC
 * 13818-1, 2.4.3): the payload is copied once, straight to where it is sent from.
 * Thread: its owner's. */
#ifndef PACKAGE_TS_PES_H
#define PACKAGE_TS_PES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One PES packet. */
struct ts_pes {
    int pid;
    int stream_id;
    bool has_clock;        /* the first transport packet carries a PCR */
    bool is_random_access; /* and says that decoding can start here */
    int64_t pcr;           /* 90 kHz; these wrap here at 33 bits */
    int64_t pts, dts;      /* the DTS is written where it differs */
    size_t payload_len;    /* behind the PES header */
};

/* How many transport packets it takes. */
size_t ts_pes_packets(const struct ts_pes *pes);

struct ts_writer {
    uint8_t *at; /* where the next byte goes */
    size_t room; /* bytes free in the transport packet begun */
    size_t left; /* bytes of the PES packet still to come */
    const struct ts_pes *pes;
    bool is_first;
    uint8_t *continuity; /* the counter of the PID */
};

/* Begins a PES packet at `at`; `continuity` goes on counting. Borrows `pes` until its payload has
 * been put in full. */
void ts_begin(struct ts_writer *w, uint8_t *at, const struct ts_pes *pes, uint8_t *continuity);
/* The next bytes of the payload. */
void ts_put(struct ts_writer *w, const void *data, size_t len);
/* A transport packet with a PCR and no payload; TS_SIZE bytes. The counter stands still. */
void ts_write_clock(uint8_t *at, int pid, int64_t pcr, uint8_t continuity);

#endif
