/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of FLV audio and video tags (Adobe FLV 10.1, annex E.4), which are also the payload of
 * RTMP audio and video messages, with the packets of Enhanced RTMP 1 and 2.
 * Thread: any; pure functions. */
#ifndef INGEST_FLV_H
#define INGEST_FLV_H

#include <stddef.h>
#include <stdint.h>

enum flv_kind {
    FLV_CONFIG, /* AVCDecoderConfigurationRecord or AudioSpecificConfig */
    FLV_FRAME,  /* NAL units behind lengths, or a raw AAC frame */
    FLV_OTHER,  /* nothing to pass on: end of sequence, commands, metadata, empty */
};

struct flv_tag {
    enum flv_kind kind;
    size_t offset;          /* where in the tag the codec's own data begins */
    int32_t composition_ms; /* video: presentation minus decoding time */
    const char *codec;      /* what it is, when it is not carried: static storage or `name` */
    char name[5];
};

/* -EINVAL if malformed; -ENOTSUP for a codec that is not carried: `tag->codec` names it. */
int flv_parse_video(struct flv_tag *tag, const uint8_t *data, size_t len);
int flv_parse_audio(struct flv_tag *tag, const uint8_t *data, size_t len);

#endif
