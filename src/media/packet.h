/* SPDX-License-Identifier: Apache-2.0 */
/* One encoded access unit, and the configuration that its decoder needs.
 * Thread: any; immutable once shared. */
#ifndef MEDIA_PACKET_H
#define MEDIA_PACKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_TIMESCALE 90000 /* ticks per second of every time below unless said otherwise */

enum media_kind { MEDIA_VIDEO, MEDIA_AUDIO };

/* How the samples map to light (ISO/IEC 23091-2); all zero when the encoder does not tell. */
struct video_colour {
    int primaries, transfer, matrix;
    bool is_full_range;
};

enum video_codec { VIDEO_H264, VIDEO_HEVC };

/* H.264 (ISO/IEC 14496-10) or HEVC (23008-2): parameter sets and what they say. */
struct video_config {
    enum video_codec codec;
    int width, height; /* after cropping */
    int profile_idc, level_idc;
    int constraint_flags;      /* H.264 */
    double fps;                /* from the VUI; 0: not told */
    int sar_width, sar_height; /* shape of a sample; 0: not told */
    struct video_colour colour;
    struct bytes *sps, *pps;   /* the NAL units without start code or length; the first ones */
    struct bytes *avcc;        /* H.264: AVCDecoderConfigurationRecord, 14496-15 5.3.3.1 */
    struct bytes *hvcc;        /* HEVC: HEVCDecoderConfigurationRecord, 14496-15 8.3.3.1 */
    struct bytes *annexb_sets; /* all parameter sets behind start codes, as before an IDR */
};

/* AAC (ISO/IEC 14496-3). */
struct audio_config {
    int object_type;   /* 2: LC, 5: HE, 29: HE with parametric stereo */
    int sample_rate;   /* of the decoded sound */
    int core_rate;     /* of the AAC core: half of it for HE */
    int frame_samples; /* of the decoded sound in a frame: 1024, HE 2048 */
    int channels;
    struct bytes *asc; /* AudioSpecificConfig, 1.6.2.1 */
};

/* Shared by all packets that it describes: another pointer means another configuration. */
struct codec_config {
    atomic_int refs;
    enum media_kind kind;
    union {
        struct video_config video;
        struct audio_config audio;
    };
    char rfc6381[48]; /* such as "avc1.64001F", "hvc1.1.6.L93.B0", "mp4a.40.2" */
};

struct codec_config *codec_config_ref(struct codec_config *config);
/* NULL is fine. */
void codec_config_unref(struct codec_config *config);

#define PACKET_TRACKS_MAX 16 /* of video: more than any encoder sends */

struct packet {
    atomic_int refs;
    enum media_kind kind;
    int track;                   /* video: the encoder's number; 0: the best or only one */
    bool is_idr;                 /* video: the first slice is of an IDR picture */
    bool is_discontinuity;       /* what came before does not connect to it: media/timeline.h */
    int64_t dts, pts;            /* continuous: unwrapped by whoever made the packet */
    int64_t arrival_us;          /* wall clock when its last byte arrived at the server */
    struct codec_config *config; /* holds a reference */
    struct bytes *data; /* video: NAL units, each behind a 4-byte length, without AUD, SPS, PPS or
                           filler; audio: one raw AAC frame without ADTS header */
};

/* Refs `config`, takes `data`. Returns owned, with one reference. */
struct packet *packet_create(struct codec_config *config, struct bytes *data);
/* The same media at another time, not yet shared. Returns owned. */
struct packet *packet_retimed(const struct packet *packet, int64_t dts, int64_t pts);
struct packet *packet_ref(struct packet *packet);
/* NULL is fine. */
void packet_unref(struct packet *packet);

#endif
