/* SPDX-License-Identifier: Apache-2.0 */
/* The parameter sets of one H.264 configuration, and the forms in which they travel: the
 * AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) and start codes (14496-10, annex B).
 * Thread: any; pure functions. */
#ifndef MEDIA_H264_SETS_H
#define MEDIA_H264_SETS_H

#include "base/bytes.h"
#include "media/h264_nal.h"

struct h264_sps;

/* What the record's counters can say. */
#define H264_SPS_MAX 31
#define H264_PPS_MAX 255

/* Borrowed from where they were read. */
struct h264_sets {
    struct h264_nal sps[H264_SPS_MAX];
    struct h264_nal pps[H264_PPS_MAX];
    int sps_count, pps_count;
};

/* Whether the NAL unit can stand in a record as a set of `type`. */
bool h264_is_set(const struct h264_nal *nal, int type);
/* -EINVAL: malformed, or one of the two kinds is missing. */
int h264_sets_from_avcc(struct h264_sets *sets, const uint8_t *data, size_t len);
/* With lengths of four bytes. `sps` is what the first SPS says. Returns owned, NULL if they are too
 * large. */
struct bytes *h264_sets_to_avcc(const struct h264_sets *sets, const struct h264_sps *sps);
/* Each behind a start code. Returns owned, NULL if they are too large. */
struct bytes *h264_sets_to_annexb(const struct h264_sets *sets);

#endif
