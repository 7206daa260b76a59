/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream's supervisor and its worker say to each other, as payloads of child/worker_link.h.
 * All numbers are little-endian, times 90 kHz. An *output* is one encoding of the worker's: first
 * the video outputs, then the audio outputs of the setup, numbered through from 0.
 * Thread: any; pure. Parsers return -EPROTO for what breaks the format or a limit. */
#ifndef TRANSCODE_TRANSCODE_LINK_H
#define TRANSCODE_TRANSCODE_LINK_H

#include "child/worker_link.h"
#include "media/packet.h"
#include "transcode/ladder.h"

enum transcode_frame_type {
    FRAME_SETUP = FRAME_ROLE, /* server, first and once: struct transcode_setup */
    FRAME_CONFIG,             /* server: how to decode the packets that follow */
    FRAME_PACKET,             /* server: of the source */
    FRAME_OUT_CONFIG,         /* worker: before an output's first packet, and when it changes */
    FRAME_OUT_PACKET,         /* worker */
    FRAME_OUT_LOST,           /* worker: the output was late and lacks what follows this time */
    FRAME_STATS,              /* worker, once a second */
};

#define TRANSCODE_VIDEO_MAX   4
#define TRANSCODE_AUDIO_MAX   4
#define TRANSCODE_OUTPUTS_MAX (TRANSCODE_VIDEO_MAX + TRANSCODE_AUDIO_MAX)
#define TRANSCODE_PRESET_SIZE 16
#define TRANSCODE_HEAD_MAX    64
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

/* FRAME_CONFIG and FRAME_OUT_CONFIG. `data` is an avcC or an AudioSpecificConfig. */
struct transcode_config {
    int output; /* FRAME_CONFIG: unused */
    enum media_kind kind;
    const uint8_t *data;
    size_t len;
};

/* FRAME_PACKET and FRAME_OUT_PACKET; the data is as in struct packet. */
struct transcode_packet {
    int output; /* FRAME_PACKET: unused */
    enum media_kind kind;
    bool is_idr;
    int64_t dts, pts, arrival_us;
    const uint8_t *data;
    size_t len;
};

struct transcode_lost {
    int output;
    int64_t dts;
};

struct transcode_stats {
    int64_t cpu_us; /* user and system, since the start */
    uint32_t frames_decoded, decode_errors;
    uint32_t gops_dropped; /* of the source: the decoder was late */
    struct {
        uint32_t frames, gops_dropped;
    } video[TRANSCODE_VIDEO_MAX];
};

/* Writers return the length. Of configurations and packets they write what goes before `data`. */
size_t transcode_setup_write(uint8_t out[TRANSCODE_SETUP_MAX], const struct transcode_setup *in);
size_t transcode_config_write(uint8_t out[TRANSCODE_HEAD_MAX], const struct transcode_config *in);
size_t transcode_packet_write(uint8_t out[TRANSCODE_HEAD_MAX], const struct transcode_packet *in);
size_t transcode_lost_write(uint8_t out[TRANSCODE_HEAD_MAX], const struct transcode_lost *in);
size_t transcode_stats_write(uint8_t out[TRANSCODE_HEAD_MAX], const struct transcode_stats *in);

int transcode_setup_parse(struct transcode_setup *out, const struct worker_frame *frame);
int transcode_config_parse(struct transcode_config *out, const struct worker_frame *frame);
int transcode_packet_parse(struct transcode_packet *out, const struct worker_frame *frame);
int transcode_lost_parse(struct transcode_lost *out, const struct worker_frame *frame);
int transcode_stats_parse(struct transcode_stats *out, const struct worker_frame *frame);

/* The worker's part of a ladder. False if the worker has nothing to do. */
bool transcode_setup_of(struct transcode_setup *out, const struct ladder *ladder,
                        const char *preset);

#endif
