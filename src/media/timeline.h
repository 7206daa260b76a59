/* SPDX-License-Identifier: Apache-2.0 */
/* Maps the timestamps of an encoder to continuous media time: one clock for both tracks, running
 * on through jumps, backward steps and new connections.
 *
 *   encoder    0 ---- 5 s | 900 s ---- 905 s | (reconnect) 0 ---- 5 s
 *   media    10 s ------------- 20 s ------------------------ 25 s
 *
 * - Video keeps the encoder's times, as long as they are plausible. Audio is counted in samples
 *   and follows the encoder's clock only when that is over 40 ms away; on average, where it goes to
 *   and fro.
 * - A track that is silent while the other runs on has a gap, which stays. A jump of all tracks by
 *   over a second, forward or back, is taken out: media time goes on where it was.
 * - Further video tracks are on the same clock as the first one: their IDRs keep the same times.
 * - After a jump or a resume the next IDR is marked as a discontinuity, so that the wall clock of
 *   the playlists is set anew there.
 * Thread: its owner's. */
#ifndef MEDIA_TIMELINE_H
#define MEDIA_TIMELINE_H

#include "base/log.h"
#include "media/packet.h"

/* Media time of the first packet: far enough from zero for all that is counted back from it. */
#define TIMELINE_START (10 * MEDIA_TIMESCALE)

/* Private to timeline.c. */
struct timeline_track {
    bool has_last;
    int64_t offset; /* media time minus the encoder's */
    int64_t last;   /* media time of the newest packet */
    int64_t step;   /* duration of a frame, as seen last */
    /* Audio is counted from the anchor. */
    bool is_anchored;
    int64_t anchor, samples;
    int sample_rate;
    int64_t mean_off;  /* how far the encoder's clock has been ahead of the count lately */
    int64_t turned_at; /* media time of the last correction */
    int turns;         /* corrections to and fro, close together */
    bool was_ahead;    /* the last one was in this direction */
};

/* A video track beside the first, whose offset it shares. */
struct timeline_extra {
    bool has_last;
    int64_t last;
    bool awaits_idr;
};

struct timeline {
    char tag[LOG_TAG_SIZE];
    struct timeline_track tracks[2];                 /* by media_kind */
    struct timeline_extra extras[PACKET_TRACKS_MAX]; /* by packet.track; the first is not used */
    bool is_started;
    bool is_resuming; /* nothing of the new connection was taken yet */
    bool awaits_idr;  /* video before it is of no use */
    bool holds_audio; /* likewise audio, for a while */
    bool is_spliced;  /* the next picture is another encoder's and follows the last one */
    bool has_held;
    int64_t held_since;      /* encoder's time of the first audio held */
    int64_t floor;           /* nothing goes before it */
    int64_t shown_until;     /* latest end of a picture, in presentation time */
    int64_t sound_from;      /* behind a splice: what of the newcomer's sound is new */
    bool owes_discontinuity; /* the next IDR carries the mark */
    int64_t owed_since;
    unsigned corrections; /* of the audio clock */
};

/* `tag` stands in log lines. */
void timeline_init(struct timeline *timeline, const char *tag);
/* Another connection goes on with the broadcast: whatever its clock says, media time continues. */
void timeline_resume(struct timeline *timeline);
/* Another encoder takes over in mid-stream, beginning with an IDR: it follows the last picture as
 * if it were the same encoder's next one, and its sound goes on where the sound was. */
void timeline_splice(struct timeline *timeline);
/* Returns owned: the packet at its media time, decode times strictly rising within the track; NULL
 * when it is to be dropped: before the first IDR after a resume, or sound that was already there.
 */
struct packet *timeline_map(struct timeline *timeline, const struct packet *packet);

#endif
