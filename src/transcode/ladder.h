/* SPDX-License-Identifier: Apache-2.0 */
/* The renditions of a broadcast: what each channel type makes of which input.
 * Thread: any; a pure function. */
#ifndef TRANSCODE_LADDER_H
#define TRANSCODE_LADDER_H

#include <stdbool.h>

struct multitrack_config;

#define LADDER_MAX       6 /* renditions: source and four rungs, or five tracks; audio-only */
#define LADDER_NAME_SIZE 16

enum track_origin {
    TRACK_NONE,
    TRACK_SOURCE,  /* the encoder's packets, untouched */
    TRACK_ENCODED, /* made by the worker */
};

struct rendition {
    char id[LADDER_NAME_SIZE];   /* "720p60", "480p30", "audio_only": the group id, folder names */
    char name[LADDER_NAME_SIZE]; /* as shown to viewers: "720p60", "480p" */
    enum track_origin video;
    int source_track;  /* which of the encoder's tracks it is, where it is one */
    int width, height; /* 0 for audio-only */
    double fps;
    int frame_divisor;   /* encoded video: 1, or 2 to keep every second frame */
    int video_bps;       /* encoded video: average, and peak over a second; else 0, or what the
                            encoder was told to send */
    const char *rfc6381; /* encoded video: what playlists say; NULL: what the packets say */
    enum track_origin audio;
    int audio_bps;     /* encoded audio; else as video_bps */
    bool is_on_demand; /* listed only for viewers who ask: audio-only of BASIC and STANDARD */
};

/* What is known of a broadcast when its first GOP has arrived. */
struct ladder_input {
    const char *channel_type; /* "STANDARD", "BASIC", "ADVANCED_SD", "ADVANCED_HD" */
    const char *preset;       /* "HIGHER_BANDWIDTH_DELIVERY" (and "") or "CONSTRAINED_..." */
    int width, height;
    double fps; /* measured */
    bool has_audio;
};

struct ladder {
    int width, height; /* of the source */
    double fps;
    bool
        has_own_keyframes; /* the worker sets them, at most 2 s apart; else where the source does */
    int count;
    struct rendition renditions[LADDER_MAX]; /* best first, audio-only last */
};

/* -EINVAL for an unknown type or preset, or a picture without size or rate. */
int ladder_build(struct ladder *out, const struct ladder_input *input);
/* The encoder's own tracks, each a rendition. -EINVAL where there is none, or one has no size. */
int ladder_build_multitrack(struct ladder *out, const struct multitrack_config *tracks,
                            bool has_audio);
/* False when every track is the source's own. */
bool ladder_needs_worker(const struct ladder *ladder);
/* Same ids and origins: one may follow the other behind a discontinuity. */
bool ladder_has_same_renditions(const struct ladder *a, const struct ladder *b);

#endif
