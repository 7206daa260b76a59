/* SPDX-License-Identifier: Apache-2.0 */
/* Media time from encoders' clocks, which jump, stand still and restart. The offset between the
 * two is kept per track: when both jump, one does so first, and the other follows to the offset
 * found for it, so that sound and picture stay together. */
#include "media/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#define MS              (MEDIA_TIMESCALE / 1000)
#define JUMP_AHEAD      (1000 * MS) /* beyond everything seen: the clock jumped */
#define JUMP_BACK       (100 * MS)
#define AUDIO_DRIFT_MAX (40 * MS)
#define JITTER_MAX      (400 * MS) /* more is a hole, whatever came before */
#define JITTER_TURNS    4
#define TURN_MAX        (1000 * MS) /* corrections this close together belong together */
#define MEAN_FRAMES     32
#define FIRST_SKEW_MAX  (10 * MEDIA_TIMESCALE) /* between the first packets of the tracks */
#define COMPOSITION_MAX (5 * MEDIA_TIMESCALE)
#define PATIENCE        (2 * MEDIA_TIMESCALE) /* for an IDR that something hangs on */
#define TIME_MAX        (INT64_C(1) << 44) /* six years: what adds and multiplies without overflow */
#define VIDEO_STEP      (MEDIA_TIMESCALE / 30) /* until two frames were seen */
#define VIDEO_STEP_MAX  MEDIA_TIMESCALE

void timeline_init(struct timeline *timeline, const char *tag)
{
    *timeline = (struct timeline){ 0 };
    snprintf(timeline->tag, sizeof(timeline->tag), "%s", tag);
    timeline->tracks[MEDIA_VIDEO].step = VIDEO_STEP;
}

static struct timeline_track *other_track(struct timeline *t, const struct timeline_track *track)
{
    return track == &t->tracks[MEDIA_VIDEO] ? &t->tracks[MEDIA_AUDIO] : &t->tracks[MEDIA_VIDEO];
}

/* The newest media time of all. */
static int64_t newest(const struct timeline *t)
{
    int64_t time = t->floor;

    for (int kind = 0; kind < 2; kind++)
        if (t->tracks[kind].has_last && t->tracks[kind].last > time)
            time = t->tracks[kind].last;
    return time;
}

/* Where media time goes on behind everything seen. */
static int64_t media_end(const struct timeline *t)
{
    int64_t end = t->floor;

    for (int kind = 0; kind < 2; kind++)
        if (t->tracks[kind].has_last && t->tracks[kind].last + t->tracks[kind].step > end)
            end = t->tracks[kind].last + t->tracks[kind].step;
    return end;
}

static void await_extra_idrs(struct timeline *t)
{
    for (int i = 0; i < PACKET_TRACKS_MAX; i++)
        t->extras[i].awaits_idr = t->extras[i].has_last;
}

void timeline_resume(struct timeline *t)
{
    if (!t->is_started)
        return;
    t->is_resuming = true;
    t->holds_audio = t->awaits_idr = t->tracks[MEDIA_VIDEO].has_last;
    t->has_held = false;
    t->owes_discontinuity = true;
    t->owed_since = newest(t);
    await_extra_idrs(t);
}

void timeline_splice(struct timeline *t)
{
    t->is_spliced = t->awaits_idr = t->holds_audio = t->is_started;
    t->has_held = false;
    await_extra_idrs(t);
}

/* Whether it has to wait for the first IDR of a new connection. */
static bool is_held(struct timeline *t, const struct packet *packet)
{
    if (packet->kind == MEDIA_VIDEO) {
        if (packet->is_idr)
            t->awaits_idr = t->holds_audio = false;
        return t->awaits_idr;
    }
    if (!t->holds_audio)
        return false;
    if (!t->has_held)
        t->held_since = packet->dts;
    t->has_held = true;
    if (llabs(packet->dts - t->held_since) > PATIENCE)
        t->holds_audio = false;
    return t->holds_audio;
}

/* Both clocks start at this packet. */
static void anchor_tracks(struct timeline *t, const struct packet *packet, int64_t time)
{
    for (int kind = 0; kind < 2; kind++) {
        t->tracks[kind].offset = time - packet->dts;
        t->tracks[kind].is_anchored = false;
    }
    t->floor = time;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t composition_time(const struct packet *packet)
{
    int64_t offset = packet->pts - packet->dts;

    if (packet->kind == MEDIA_AUDIO || offset < 0)
        return 0;
    return offset < COMPOSITION_MAX ? offset : COMPOSITION_MAX;
}

/* The picture is decoded after the last one and shown after all before it. Sound keeps counting. */
static void splice(struct timeline *t, const struct packet *packet)
{
    struct timeline_track *video = &t->tracks[MEDIA_VIDEO], *audio = &t->tracks[MEDIA_AUDIO];
    int64_t time = later(video->has_last ? video->last + video->step : media_end(t),
                         t->shown_until - composition_time(packet));

    video->offset = audio->offset = time - packet->dts;
    t->sound_from = audio->has_last ? audio->last + audio->step - AUDIO_DRIFT_MAX : 0;
    t->is_spliced = false;
}

/* The old encoder's sound may have been ahead of its picture. */
static bool is_repeated(struct timeline *t, const struct packet *packet)
{
    int64_t ahead;

    if (packet->kind != MEDIA_AUDIO || !t->sound_from)
        return false;
    ahead = t->sound_from - (packet->dts + t->tracks[MEDIA_AUDIO].offset);
    if (ahead > 0 && ahead < FIRST_SKEW_MAX)
        return true;
    t->sound_from = 0;
    return false;
}

static bool is_plausible(const struct timeline *t, const struct timeline_track *track, int64_t time)
{
    int64_t now = newest(t);

    if (!track->has_last)
        return llabs(time - now) <= FIRST_SKEW_MAX;
    return time >= track->last - JUMP_BACK && time <= now + JUMP_AHEAD + 2 * track->step;
}

static void follow_jump(struct timeline *t, struct timeline_track *track,
                        const struct packet *packet)
{
    const struct timeline_track *other = other_track(t, track);

    if (other->has_last && is_plausible(t, track, packet->dts + other->offset)) {
        track->offset = other->offset;
        return;
    }
    log_warn(t->tag, "timestamps jump, media time goes on: kind=%s by_ms=%lld",
             packet->kind == MEDIA_VIDEO ? "video" : "audio",
             (long long)((packet->dts + track->offset - newest(t)) / MS));
    track->offset = (track->has_last ? track->last + track->step : newest(t)) - packet->dts;
    if (!track->has_last)
        return;
    t->owes_discontinuity = true;
    t->owed_since = newest(t);
}

/* The packet's media time by its track's offset, which is corrected first where it must be. */
static int64_t place(struct timeline *t, struct timeline_track *track, const struct packet *packet)
{
    if (!t->is_started)
        anchor_tracks(t, packet, TIMELINE_START);
    else if (t->is_spliced && packet->kind == MEDIA_VIDEO)
        splice(t, packet);
    else if (t->is_resuming)
        anchor_tracks(t, packet, media_end(t));
    else if (!is_plausible(t, track, packet->dts + track->offset))
        follow_jump(t, track, packet);
    if (!t->is_started)
        t->floor = 0; /* sound may have begun before the first picture */
    t->is_started = true;
    t->is_resuming = false;
    return packet->dts + track->offset;
}

/* Logged ever more rarely: a broken clock needs correcting at every packet. */
static void log_correction(struct timeline *t, const char *what, int64_t by)
{
    unsigned n = ++t->corrections;

    if (!(n & (n - 1)))
        log_warn(t->tag, "audio clock corrected: %s by_ms=%lld times=%u", what,
                 (long long)(by / MS), n);
}

static bool jitters(const struct timeline_track *track)
{
    return track->turns >= JITTER_TURNS;
}

/* By how much the count must follow the encoder's clock, which is `off` ahead of it. A clock that
 * drifts and one with a hole are followed at once; one that goes to and fro (times of arrival in
 * place of the encoder's) would tear the sound to pieces, and is followed on average. */
static int64_t correction_of(struct timeline_track *track, int64_t off)
{
    track->mean_off += (off - track->mean_off) / MEAN_FRAMES;
    if (!jitters(track) || llabs(off) > JITTER_MAX)
        return llabs(off) > AUDIO_DRIFT_MAX ? off : 0;
    return llabs(track->mean_off) > AUDIO_DRIFT_MAX ? track->mean_off : 0;
}

static void note_turn(struct timeline *t, struct timeline_track *track, bool is_ahead, int64_t time)
{
    bool did_jitter = jitters(track);

    if (time - track->turned_at > TURN_MAX && !did_jitter)
        track->turns = 0;
    else if (is_ahead != track->was_ahead)
        track->turns++;
    track->was_ahead = is_ahead;
    track->turned_at = time;
    if (jitters(track) && !did_jitter)
        log_warn(t->tag, "audio clock goes to and fro: it is followed on average");
}

static void anchor_audio(struct timeline_track *track, int64_t time, int sample_rate)
{
    track->anchor = time;
    track->samples = 0;
    track->sample_rate = sample_rate;
    track->is_anchored = true;
    track->mean_off = 0;
}

/* When the next frame is due; false: the encoder's clock says that there is one too many. */
static bool follow_audio_clock(struct timeline *t, struct timeline_track *track, int64_t time,
                               int64_t *due)
{
    int64_t by;

    *due = track->anchor + track->samples * MEDIA_TIMESCALE / track->sample_rate;
    by = correction_of(track, time - *due);
    if (!by)
        return true;
    log_correction(t, by < 0 ? "frame dropped" : "moved ahead", llabs(by));
    note_turn(t, track, by > 0, *due);
    if (by < 0) {
        track->mean_off += track->step;
        return false;
    }
    *due += by;
    anchor_audio(track, *due, track->sample_rate);
    return true;
}

/* The first frame of a count. False: its time has passed already. */
static bool begin_audio_count(struct timeline *t, struct timeline_track *track,
                              const struct audio_config *audio, int64_t time, int64_t *due)
{
    int64_t next = track->has_last ? track->last + track->step : t->floor;

    *due = later(time, later(next, t->floor));
    if (*due - time > AUDIO_DRIFT_MAX) {
        log_correction(t, "frame dropped", *due - time);
        return false;
    }
    anchor_audio(track, *due, audio->sample_rate);
    return true;
}

/* Counts samples. False: the frame has no place. */
static bool count_audio(struct timeline *t, struct timeline_track *track,
                        const struct packet *packet, int64_t *time)
{
    const struct audio_config *audio = &packet->config->audio;
    bool has_place;

    if (track->sample_rate != audio->sample_rate)
        track->is_anchored = false;
    if (track->is_anchored)
        has_place = follow_audio_clock(t, track, *time, time);
    else
        has_place = begin_audio_count(t, track, audio, *time, time);
    if (!has_place)
        return false;
    track->samples += audio->frame_samples;
    track->step = (int64_t)audio->frame_samples * MEDIA_TIMESCALE / audio->sample_rate;
    return true;
}

/* Video keeps its time; where that does not rise, it does by one tick. */
static void count_video(struct timeline_track *track, int64_t *time)
{
    int64_t step;

    if (!track->has_last)
        return;
    step = *time - track->last;
    if (step <= 0)
        *time = track->last + 1;
    else if (step >= MS && step <= VIDEO_STEP_MAX)
        track->step = step;
}

static bool takes_mark(const struct timeline *t, const struct packet *packet, int64_t time)
{
    if (!t->owes_discontinuity)
        return false;
    return packet->is_idr || !t->tracks[MEDIA_VIDEO].has_last || time - t->owed_since > PATIENCE;
}

static bool is_absurd(int64_t time)
{
    return time > TIME_MAX || time < -TIME_MAX;
}

/* Encoders put the tracks into one order more or less well: a picture that is only late, behind
 * those of the first track, is no jump of the clock. */
static bool is_extra_plausible(const struct timeline *t, const struct timeline_extra *extra,
                               int64_t time)
{
    int64_t now = newest(t);

    if (!extra->has_last)
        return llabs(time - now) <= FIRST_SKEW_MAX;
    return time > extra->last && time <= now + JUMP_AHEAD;
}

static struct packet *map_extra(struct timeline *t, const struct packet *packet)
{
    struct timeline_extra *extra = &t->extras[packet->track];
    int64_t time = packet->dts + t->tracks[MEDIA_VIDEO].offset;
    bool is_new = !t->is_started || t->is_resuming || t->is_spliced; /* the clock */

    if (packet->is_idr)
        extra->awaits_idr = false;
    if (extra->awaits_idr)
        return NULL;
    if (is_new || !is_extra_plausible(t, extra, time))
        time = place(t, &t->tracks[MEDIA_VIDEO], packet);
    if (extra->has_last && time <= extra->last)
        time = extra->last + 1;
    extra->last = time;
    extra->has_last = true;
    return packet_retimed(packet, time, time + composition_time(packet));
}

struct packet *timeline_map(struct timeline *t, const struct packet *packet)
{
    struct timeline_track *track = &t->tracks[packet->kind];
    struct packet *out;
    int64_t time;

    if (is_absurd(packet->dts) || is_absurd(packet->pts))
        return NULL;
    if (packet->track)
        return map_extra(t, packet);
    if (is_held(t, packet) || is_repeated(t, packet))
        return NULL;
    time = place(t, track, packet);
    if (packet->kind == MEDIA_VIDEO)
        count_video(track, &time);
    else if (!count_audio(t, track, packet, &time))
        return NULL;
    track->last = time;
    track->has_last = true;
    out = packet_retimed(packet, time, time + composition_time(packet));
    if (packet->kind == MEDIA_VIDEO)
        t->shown_until = later(t->shown_until, out->pts + track->step);
    out->is_discontinuity = takes_mark(t, packet, time);
    if (out->is_discontinuity)
        t->owes_discontinuity = false;
    return out;
}
