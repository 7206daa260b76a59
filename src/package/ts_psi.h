/* SPDX-License-Identifier: Apache-2.0 */
/* Program tables of an MPEG transport stream with one program (ISO/IEC 13818-1, 2.4.4).
 * Thread: any; pure functions. */
#ifndef PACKAGE_TS_PSI_H
#define PACKAGE_TS_PSI_H

#include <stdbool.h>
#include <stdint.h>

#define TS_SIZE 188
#define TS_SYNC 0x47

enum {
    PID_PAT = 0,
    PID_PMT = 0x1000,
    PID_AUDIO = 0x100,
    PID_VIDEO = 0x101, /* carries the clock where there is video */
    PID_ID3 = 0x102,
};

/* Each table fills one packet; its continuity counter is 0. */
void ts_write_pat(uint8_t packet[TS_SIZE]);
void ts_write_pmt(uint8_t packet[TS_SIZE], bool has_video, bool has_audio);

#endif
