/* SPDX-License-Identifier: Apache-2.0 */
/* The parameter sets of one HEVC configuration, and the record in which they travel: the
 * HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).
 * Thread: any; pure functions. */
#ifndef MEDIA_HEVC_SETS_H
#define MEDIA_HEVC_SETS_H

#include "base/bytes.h"
#include "media/hevc_nal.h"

struct hevc_sps;

#define HEVC_SET_KINDS 3  /* VPS, SPS, PPS: from HEVC_VPS on */
#define HEVC_SETS_MAX  64 /* of a kind: as many ids as PPS can have */

struct hevc_set_list {
    struct h264_nal nals[HEVC_SETS_MAX];
    int count;
};

/* Borrowed from where they were read. */
struct hevc_sets {
    struct hevc_set_list kinds[HEVC_SET_KINDS];
};

/* The list of a type; NULL for types that are no parameter set. */
struct hevc_set_list *hevc_sets_of(struct hevc_sets *sets, int type);
/* -EINVAL: no NAL unit that can stand in a record, or one too many. */
int hevc_sets_add(struct hevc_sets *sets, const struct h264_nal *nal);
/* -EINVAL: malformed, or one of the three kinds is missing. Other NAL units that a record may hold
 * (SEI) are passed over. */
int hevc_sets_from_hvcc(struct hevc_sets *sets, const uint8_t *data, size_t len);
/* Bytes in front of each NAL unit of the access units that belong to the record: 1, 2 or 4. */
int hvcc_length_size(const uint8_t *data, size_t len);
/* With lengths of four bytes. `sps` is what the first SPS says. Returns owned, NULL if they are too
 * large. */
struct bytes *hevc_sets_to_hvcc(const struct hevc_sets *sets, const struct hevc_sps *sps);
/* Each behind a start code. Returns owned, NULL if they are too large. */
struct bytes *hevc_sets_to_annexb(const struct hevc_sets *sets);

#endif
