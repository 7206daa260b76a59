/* SPDX-License-Identifier: Apache-2.0 */
/* A second of what ffmpeg sent, with B-frames: TS_RECORDING_PICTURES and TS_RECORDING_SOUNDS. */
#ifndef TESTS_TS_RECORDING_H
#define TESTS_TS_RECORDING_H

#include <stdio.h>

#include "base/bytes.h"

#define TS_RECORDING_PICTURES 29 /* the last one is open yet */
#define TS_RECORDING_SOUNDS   53

/* Returns owned. */
static inline struct bytes *ts_recording(void)
{
    uint8_t data[32768];
    FILE *file = fopen(TEST_VECTORS "/ts/ffmpeg-bframes.ts", "rb");
    struct bytes *ts;

    assert_non_null(file);
    ts = bytes_copy(data, fread(data, 1, sizeof(data), file));
    fclose(file);
    return ts;
}

#endif
