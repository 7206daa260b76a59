/* SPDX-License-Identifier: Apache-2.0 */
/* NAL units (ISO/IEC 14496-10, 7.3.1): walking over them, and access units in the form that
 * struct packet promises.
 * Thread: any; pure functions. */
#ifndef MEDIA_H264_NAL_H
#define MEDIA_H264_NAL_H

#include <stdbool.h>

#include "base/bytes.h"
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

#define H264_SETS_MAX 8 /* in an access unit; further ones are left out */

/* An access unit as packets carry it. */
struct h264_access_unit {
    struct bytes *data; /* owned; NULL when there is no slice: nothing to show */
    bool is_idr;        /* its first slice is of an IDR picture */
    /* The SPS and PPS in it, borrowed from the input. */
    struct h264_nal sets[H264_SETS_MAX];
    int set_count;
};

/* Rewrites an access unit whose NAL units stand behind lengths of `length_size` bytes: 4-byte
 * lengths, and no AUD, SPS, PPS, filler or end marks. -EINVAL for a malformed one. */
int h264_access_unit_read(struct h264_access_unit *out, const uint8_t *data, size_t len,
                          int length_size);
/* The same from the bytes of `unit` behind `offset`, which nobody else may share yet: where lengths
 * are of 4 bytes already and what has to go stands at the ends, as most encoders have it,
 * `out->data` is `unit` itself, narrowed, with one more reference; otherwise a copy. */
int h264_access_unit_reuse(struct h264_access_unit *out, struct bytes *unit, size_t offset,
                           int length_size);
/* The same from an access unit with start codes. */
int h264_access_unit_read_annexb(struct h264_access_unit *out, const uint8_t *data, size_t len);

#endif
