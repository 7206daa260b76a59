/* SPDX-License-Identifier: Apache-2.0 */
/* From the PES packets of a track to its frames: access units of H.264, frames of AAC in ADTS. Each
 * gets its own time, also where a PES packet tells only that of its first frame.
 * Thread: its owner's; pure. Callbacks run inside the functions. */
#ifndef INGEST_ES_FRAMES_H
#define INGEST_ES_FRAMES_H

#include "base/buf.h"
#include "ingest/ts_demux.h"
#include "media/aac_config.h"

struct es_frame {
    const uint8_t *data; /* borrowed: an access unit with start codes, or a raw AAC frame */
    size_t len;
    int64_t pts, dts; /* 33 bits */
    int64_t arrival_us;
    const struct adts_header *adts; /* of an AAC frame */
};

struct es_frames {
    void (*on_frame)(const struct es_frame *frame, void *ctx);
    void *ctx;
    uint32_t damaged; /* frames left out */
    /* video */
    bool has_video_time;
    int64_t video_dts, video_step; /* of the last picture, and from one to the next */
    /* audio */
    struct buf rest; /* the beginning of a frame that goes on in the next PES packet */
    bool has_audio_time;
    int64_t audio_base;    /* the time that PES packet told last */
    int64_t audio_samples; /* since then */
    int audio_rate;
};

void es_frames_init(struct es_frames *frames,
                    void (*on_frame)(const struct es_frame *frame, void *ctx), void *ctx);
void es_frames_clear(struct es_frames *frames);
void es_frames_take(struct es_frames *frames, const struct ts_pes *pes);
/* Part of the track is missing. */
void es_frames_lose(struct es_frames *frames, enum media_kind kind);

#endif
