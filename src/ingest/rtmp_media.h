/* SPDX-License-Identifier: Apache-2.0 */
/* From the audio and video messages of one broadcast to packets.
 * Thread: its owner's. */
#ifndef INGEST_RTMP_MEDIA_H
#define INGEST_RTMP_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ingest/rtmp_chunk.h"
#include "media/packet.h"

struct rtmp_video_track {
    struct codec_config *config; /* NULL until the encoder has sent it */
    int nal_length_size;
    struct buf captions; /* SEI NAL units for the next picture */
};

struct rtmp_media {
    struct rtmp_video_track video[PACKET_TRACKS_MAX];
    struct codec_config *audio; /* NULL until the encoder has sent it */
    bool takes_hevc;
    bool has_clock;
    int64_t clock_ms; /* of the message before, whatever its track: unwrapped */
    char reason[64];  /* why the last call failed */
};

void rtmp_media_init(struct rtmp_media *media);
void rtmp_media_clear(struct rtmp_media *media);

/* 90 kHz. Timestamps are 32 bits of milliseconds: each is taken for the nearest one to the message
 * before it, whatever the track, so that a wrap goes on and a step back is one. */
int64_t rtmp_media_time(struct rtmp_media *media, uint32_t timestamp);

/* What one message brought. */
struct rtmp_packets {
    struct packet *items[PACKET_TRACKS_MAX];
    int count;
};

/* `out` gets packets owned by the caller, none if there is nothing to pass on: sequence headers,
 * frames before them, empty ones. The payload of `message` is borrowed, but must be shared with
 * nobody: a packet may go on with its memory. -EINVAL for broken media, -ENOTSUP for what is not
 * carried, and then no packet; `media->reason` tells it for people. */
int rtmp_media_video(struct rtmp_media *media, const struct rtmp_message *message,
                     struct rtmp_packets *out);
int rtmp_media_audio(struct rtmp_media *media, const struct rtmp_message *message,
                     struct rtmp_packets *out);
/* Captions (base64, see caption_sei.h) for the next picture of each track. */
int rtmp_media_captions(struct rtmp_media *media, const char *base64, size_t len);

#endif
