/* SPDX-License-Identifier: Apache-2.0 */
/* What a demuxer and its worker say to each other, as payloads of child/worker_link.h;
 * configurations and packets are those of child/media_link.h, output 0. A packet's times are as
 * they stand in the transport stream: 33 bits, so that they go on when the worker starts anew.
 * Thread: any; pure. Parsers return -EPROTO for what breaks the format. */
#ifndef INGEST_DEMUX_LINK_H
#define INGEST_DEMUX_LINK_H

#include "child/media_link.h"

enum demux_frame_type {
    FRAME_TS = FRAME_ROLE, /* server: when it arrived, then transport stream */
    FRAME_DEMUX_TRACKS,    /* worker: struct demux_tracks, when the program is known or changes */
    FRAME_DEMUX_CONFIG,    /* worker: before a track's first packet, and when it changes */
    FRAME_DEMUX_PACKET,    /* worker */
    FRAME_DEMUX_REFUSED,   /* worker: u8, enum demux_refusal; nothing follows */
    FRAME_DEMUX_STATS,     /* worker: struct demux_stats, when they change, once a second */
};

#define DEMUX_TIME_BITS 33
#define DEMUX_TIME_MASK ((INT64_C(1) << DEMUX_TIME_BITS) - 1)

/* Why a transport stream is not carried. */
enum demux_refusal {
    DEMUX_CARRIED,
    /* video */
    DEMUX_MPEG_VIDEO,
    DEMUX_MPEG4_PART2,
    DEMUX_HEVC,
    DEMUX_VVC,
    DEMUX_AV1,
    DEMUX_JPEG2000,
    DEMUX_VC1,
    DEMUX_AVS,
    DEMUX_OTHER_H264,
    /* audio */
    DEMUX_MPEG_AUDIO,
    DEMUX_LATM,
    DEMUX_AC3,
    DEMUX_EAC3,
    DEMUX_DTS,
    DEMUX_TRUEHD,
    DEMUX_OPUS,
    DEMUX_PCM,
    DEMUX_OTHER_AAC,
    DEMUX_SCRAMBLED,
    DEMUX_REFUSALS,
};

/* For people, such as "H.265 is not supported: send H.264". Static storage; never NULL. */
const char *demux_refusal_text(enum demux_refusal refusal);

struct demux_tracks {
    bool has_video, has_audio;
};

struct demux_stats {
    uint32_t losses;  /* gaps in the numbers of packets */
    uint32_t damaged; /* frames left out: broken, or with a gap in them */
};

/* Writers return the length; FRAME_TS is followed by its data. */
size_t demux_ts_write(uint8_t out[LINK_HEAD_MAX], int64_t arrival_us);
size_t demux_tracks_write(uint8_t out[LINK_HEAD_MAX], const struct demux_tracks *in);
size_t demux_refusal_write(uint8_t out[LINK_HEAD_MAX], enum demux_refusal refusal);
size_t demux_stats_write(uint8_t out[LINK_HEAD_MAX], const struct demux_stats *in);

/* `*data` is borrowed from the frame. */
int demux_ts_parse(int64_t *arrival_us, const uint8_t **data, size_t *len,
                   const struct worker_frame *frame);
int demux_tracks_parse(struct demux_tracks *out, const struct worker_frame *frame);
int demux_refusal_parse(enum demux_refusal *out, const struct worker_frame *frame);
int demux_stats_parse(struct demux_stats *out, const struct worker_frame *frame);

#endif
