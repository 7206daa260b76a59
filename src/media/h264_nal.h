/* SPDX-License-Identifier: Apache-2.0 */
/* NAL units (ISO/IEC 14496-10, 7.3.1): walking over them.
 * Thread: any; pure functions. */
#ifndef MEDIA_H264_NAL_H
#define MEDIA_H264_NAL_H

#include <stdbool.h>

#include "base/reader.h"

/* 14496-10, table 7-1 */
enum h264_nal_type {
    NAL_SLICE = 1,
    NAL_SLICE_A = 2,
    NAL_IDR = 5,
    NAL_SEI = 6,
    NAL_SPS = 7,
    NAL_PPS = 8,
    NAL_AUD = 9,
    NAL_END_OF_SEQUENCE = 10,
    NAL_END_OF_STREAM = 11,
    NAL_FILLER = 12,
};

/* Borrowed from the data walked over; len is at least 1. */
struct h264_nal {
    const uint8_t *data;
    size_t len;
    int type;
};

/* The next NAL unit behind a length of `length_size` (1 to 4) bytes; false at the end. Empty units
 * are passed over. A length beyond the data ends the walk with reader_err() set. */
bool h264_next_nal(struct reader *r, int length_size, struct h264_nal *nal);
/* The same over a byte stream with start codes (14496-10, annex B). */
bool h264_next_annexb_nal(struct reader *r, struct h264_nal *nal);

#endif
