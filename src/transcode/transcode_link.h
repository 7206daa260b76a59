/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream's supervisor and its worker say to each other, as payloads of child/worker_link.h.
 * All numbers are little-endian, times 90 kHz. An *output* is one encoding of the worker's: first
 * the video outputs, then the audio outputs of the setup, numbered through from 0.
 * Thread: any; pure. Parsers return -EPROTO for what breaks the format or a limit. */
#ifndef TRANSCODE_TRANSCODE_LINK_H
#define TRANSCODE_TRANSCODE_LINK_H

#include "child/media_link.h"
#include "transcode/ladder.h"

enum transcode_frame_type {
    FRAME_SETUP = FRAME_ROLE, /* server, first and once: struct transcode_setup */
    FRAME_CONFIG,             /* server: of the source, struct link_config */
    FRAME_PACKET,             /* server: of the source, struct link_packet */
    FRAME_OUT_CONFIG,         /* worker: before an output's first packet, and when it changes */
    FRAME_OUT_PACKET,         /* worker */
    FRAME_OUT_LOST,           /* worker: the output was late and lacks what follows this time */
    FRAME_STATS,              /* worker, once a second */
};

#define TRANSCODE_VIDEO_MAX   4
#define TRANSCODE_AUDIO_MAX   4
#define TRANSCODE_OUTPUTS_MAX (TRANSCODE_VIDEO_MAX + TRANSCODE_AUDIO_MAX)
#define TRANSCODE_PRESET_SIZE 16
#define TRANSCODE_SETUP_MAX   128

struct transcode_video {
    int width, height;
    int bitrate_bps;
    int frame_divisor;
};

struct transcode_setup {
    char preset[TRANSCODE_PRESET_SIZE]; /* of x264 */
    double fps;                         /* of the source */
    bool has_own_keyframes;
    int video_count, audio_count;
    struct transcode_video video[TRANSCODE_VIDEO_MAX]; /* largest first */
    int audio_bps[TRANSCODE_AUDIO_MAX];
};

struct transcode_lost {
    int output;
    int64_t dts;
};

struct transcode_stats {
    uint32_t frames_decoded, decode_errors;
    uint32_t gops_dropped; /* of the source: the decoder was late */
    struct {
        uint32_t frames, gops_dropped;
    } video[TRANSCODE_VIDEO_MAX];
};

/* Writers return the length. */
size_t transcode_setup_write(uint8_t out[TRANSCODE_SETUP_MAX], const struct transcode_setup *in);
size_t transcode_lost_write(uint8_t out[LINK_HEAD_MAX], const struct transcode_lost *in);
size_t transcode_stats_write(uint8_t out[LINK_HEAD_MAX], const struct transcode_stats *in);

int transcode_setup_parse(struct transcode_setup *out, const struct worker_frame *frame);
int transcode_lost_parse(struct transcode_lost *out, const struct worker_frame *frame);
int transcode_stats_parse(struct transcode_stats *out, const struct worker_frame *frame);

/* The worker's part of a ladder. False if the worker has nothing to do. */
bool transcode_setup_of(struct transcode_setup *out, const struct ladder *ladder,
                        const char *preset);

#endif
