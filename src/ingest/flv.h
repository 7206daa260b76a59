/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of FLV audio and video tags (Adobe FLV 10.1, annex E.4), which are also the payload of
 * RTMP audio and video messages, with the packets of Enhanced RTMP 1 and 2.
 * Thread: any; pure functions. */
#ifndef INGEST_FLV_H
#define INGEST_FLV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "media/packet.h"

enum flv_kind {
    FLV_CONFIG, /* decoder configuration record (AVC, HEVC) or AudioSpecificConfig */
    FLV_FRAME,  /* NAL units behind lengths, or a raw AAC frame */
    FLV_OTHER,  /* nothing to pass on: end of sequence, commands, metadata, empty */
};

struct flv_tag {
    enum flv_kind kind;
    size_t offset, len;     /* where in the message the codec's own data stands */
    int track;              /* video; 0 unless the message says so */
    enum video_codec video; /* of a configuration or frame */
    bool is_among_others;   /* the message may hold tags of other tracks, too */
    int32_t composition_ms; /* video: presentation minus decoding time */
    const char *codec;      /* what it is, when it is not carried: static storage or `name` */
    char name[5];
};

/* The tags of one video message: one, or in Enhanced RTMP one for each of several tracks.
 * Private to flv.c. */
struct flv_video {
    struct reader r;
    bool is_begun, is_over;
    int frame_type, packet_type;
    int many; /* how tracks are told apart; 0: there is one */
    const uint8_t *fourcc;
};

/* Borrows `data`. */
void flv_video_init(struct flv_video *video, const uint8_t *data, size_t len);
/* 1: `tag` is the next one; 0: there are no more. -EINVAL if malformed; -ENOTSUP for a codec that
 * is not carried: `tag->codec` names it. */
int flv_video_next(struct flv_video *video, struct flv_tag *tag);
/* The one tag of an audio message: 0, or errors as above. */
int flv_parse_audio(struct flv_tag *tag, const uint8_t *data, size_t len);

#endif
