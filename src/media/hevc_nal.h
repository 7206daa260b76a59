/* SPDX-License-Identifier: Apache-2.0 */
/* NAL units of HEVC (ISO/IEC 23008-2, 7.3.1); they are walked over as those of H.264.
 * Thread: any; pure functions. */
#ifndef MEDIA_HEVC_NAL_H
#define MEDIA_HEVC_NAL_H

#include "media/h264_nal.h"

#define HEVC_NAL_HEADER 2 /* bytes */

/* 23008-2, table 7-1 */
enum hevc_nal_type {
    HEVC_RASL_R = 9, /* the last of the slices that are no place to start */
    HEVC_BLA_W_LP = 16,
    HEVC_IDR_W_RADL = 19,
    HEVC_IDR_N_LP = 20,
    HEVC_CRA = 21,
    HEVC_VCL_MAX = 31,
    HEVC_VPS = 32,
    HEVC_SPS = 33,
    HEVC_PPS = 34,
    HEVC_AUD = 35,
    HEVC_END_OF_SEQUENCE = 36,
    HEVC_END_OF_STREAM = 37,
    HEVC_FILLER = 38,
    HEVC_PREFIX_SEI = 39,
};

static inline int hevc_nal_type(const struct h264_nal *nal)
{
    return nal->data[0] >> 1 & 0x3f;
}

/* 0: the base layer. Of a unit with its whole header. */
static inline int hevc_nal_layer(const struct h264_nal *nal)
{
    return (nal->data[0] & 1) << 5 | nal->data[1] >> 3;
}

/* Not the reserved types, which decoders pass over. */
static inline bool hevc_is_slice(int type)
{
    return type <= HEVC_RASL_R || (type >= HEVC_BLA_W_LP && type <= HEVC_CRA);
}

#endif
