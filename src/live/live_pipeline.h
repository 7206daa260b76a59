/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a broadcast's packets from the encoder's clock to what viewers fetch.
 *
 *   packet -> timeline -> go_live -> interleave -> cut_plan --cuts---> outlet_set -> viewers
 *                            |           |---------packets-------------^   ^   ^
 *                            |           `--> transcode worker --packets---'   |
 *                            `--further video tracks--> track_set -------------'
 *
 * Where the encoder sends several video tracks, the first one goes this way and the others wait in
 * track_set until the plan has come to their time.
 *
 * Thread: the loop it was created on. Callbacks run inside the functions; the pipeline must not be
 * destroyed in them. */
#ifndef LIVE_LIVE_PIPELINE_H
#define LIVE_LIVE_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capacity;
struct hls_hub;
struct live_channel;
struct live_pipeline;
struct live_transcoding;
struct loop;
struct multitrack_config;
struct packet;

struct live_pipeline_config {
    struct loop *loop;
    struct hls_hub *hub;
    struct capacity *capacity;          /* of the machine, for transcoding */
    const char *x264_preset;            /* borrowed for its life */
    const struct live_channel *channel; /* copied */
    int segment_s;                      /* length of segments wished for; 0: one GOP each */
    const char *stream_id;              /* copied */
    const char *tag;                    /* copied; for log lines */
};

struct live_pipeline_events {
    /* Once: the first segment is whole, viewers can watch. */
    void (*on_air)(void *ctx);
    /* Encoded renditions are gone for good; those passed through go on. */
    void (*on_transcode_failed)(const char *reason, void *ctx);
};

struct live_pipeline *live_pipeline_create(const struct live_pipeline_config *config,
                                           const struct live_pipeline_events *events, void *ctx);
/* Viewers get ENDLIST now. No callback after it. NULL is fine. */
void live_pipeline_destroy(struct live_pipeline *p);
/* The broadcast is over: lets the worker finish, at most for a second, then destroys itself. No
 * callback after it; nothing that `config` lent is used any more but the loop, the hub and the
 * capacity. NULL is fine. */
void live_pipeline_finish(struct live_pipeline *p);

/* The next encoder sends these video tracks, each of which becomes a rendition, or without any one
 * that the ladder of the channel's type is made from. Between encoders. */
void live_pipeline_set_tracks(struct live_pipeline *p, const struct multitrack_config *tracks);
/* The encoder says which tracks it will send, and how many bits per second it means to. */
void live_pipeline_promise(struct live_pipeline *p, bool video, bool audio, int64_t bps);
/* -EMSGSIZE when the encoder sends more than can be held or cut, -EBUSY when the machine has no
 * room for the transcode, -EIO when that failed for good, -ENOTSUP for HEVC that would have to be
 * transcoded or go into a transport stream: the broadcast must end. Refs. */
int live_pipeline_push(struct live_pipeline *p, struct packet *packet);
/* Text from the encoder for the viewers, at the newest packet's time. */
void live_pipeline_add_text(struct live_pipeline *p, const char *text, size_t len);
/* The encoder is gone for now: what waits goes out. */
void live_pipeline_pause(struct live_pipeline *p);
/* Another connection goes on with the broadcast. */
void live_pipeline_resume(struct live_pipeline *p);
/* Likewise, with like media and no pause in between: viewers do not notice. Its first packet is an
 * IDR. */
void live_pipeline_splice(struct live_pipeline *p);

/* What transcoding has cost so far, since the renditions were last decided. */
void live_pipeline_transcoding(const struct live_pipeline *p, struct live_transcoding *out);
/* Whether its tracks are known and packets flow. */
bool live_pipeline_is_flowing(const struct live_pipeline *p);
/* Decode time of the newest packet on the continuous clock, 90 kHz. */
int64_t live_pipeline_media_time(const struct live_pipeline *p);
/* Media time since the last IDR, 90 kHz; 0 while it does not flow. */
int64_t live_pipeline_since_idr(const struct live_pipeline *p);

#endif
