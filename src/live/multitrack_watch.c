/* SPDX-License-Identifier: Apache-2.0 */
/* Encoders put the packets of all tracks into the order of their decode times, so that within a
 * GOP every track has had its IDR when any of them comes to its next one. */
#include "live/multitrack_watch.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/bytes.h"
#include "media/bpm_sei.h"
#include "media/packet.h"

#define SPAN ((int64_t)10 * MEDIA_TIMESCALE) /* over which rates are measured */
#define JUMP ((int64_t)2 * MEDIA_TIMESCALE)  /* the encoder's clock did not run on */
/* Frames may be dropped on the way, so that their number has no lower bound; but where two
 * neighbours have come, their distance tells the rate. */
#define FRAMES_PERCENT 110
#define STEP_PERCENT   120
/* A rate control that is constant over a second is well within this over ten. */
#define BITRATE_PERCENT 130

void multitrack_watch_init(struct multitrack_watch *watch, const struct multitrack_config *config,
                           bool is_enabled)
{
    *watch = (struct multitrack_watch){ .config = *config, .is_enabled = is_enabled };
}

__attribute__((format(printf, 3, 4))) static bool fail(struct multitrack_fault *out,
                                                       const char *code, const char *format, ...)
{
    va_list args;

    out->code = code;
    va_start(args, format);
    vsnprintf(out->detail, sizeof(out->detail), format, args);
    va_end(args);
    return false;
}

static bool allow_single(const struct multitrack_watch *watch, const struct packet *packet,
                         struct multitrack_fault *out)
{
    if (!packet->track)
        return true;
    if (!watch->is_enabled)
        return fail(out, MULTITRACK_NOT_ALLOWED, "the channel takes one video track");
    return fail(out, MULTITRACK_KEY_REQUIRED, "several tracks need its stream key");
}

static const char *const codec_names[] = { [VIDEO_H264] = "H.264", [VIDEO_HEVC] = "H.265" };

static bool allow_config(struct multitrack_watch *watch, const struct packet *packet,
                         struct multitrack_fault *out)
{
    const struct multitrack_track *wanted = &watch->config.tracks[packet->track];
    struct multitrack_state *track = &watch->tracks[packet->track];
    const struct video_config *video = &packet->config->video;

    if (track->checked_config == packet->config)
        return true;
    if (video->codec != wanted->codec)
        return fail(out, MULTITRACK_PROPERTIES, "track %d is %s, not %s", packet->track,
                    codec_names[video->codec], codec_names[wanted->codec]);
    if (video->width != wanted->width || video->height != wanted->height)
        return fail(out, MULTITRACK_PROPERTIES, "track %d is %dx%d, not %dx%d", packet->track,
                    video->width, video->height, wanted->width, wanted->height);
    track->checked_config = packet->config;
    return true;
}

/* ---- IDRs ---- */

static bool is_same_idr(const struct multitrack_idr *a, const struct multitrack_idr *b)
{
    return a->pts == b->pts && a->dts == b->dts;
}

/* Whether track `other` keeps up with `track`, which has just come to an IDR: it has had the same
 * one, or will have it next. */
static bool allow_other(const struct multitrack_state *track, const struct multitrack_state *other,
                        int number, struct multitrack_fault *out)
{
    if (track->idrs > 1 && (!other->idrs || other->last_dts < track->previous_idr.dts))
        return fail(out, MULTITRACK_TRACK_COUNT, "track %d does not come", number);
    if (!other->idrs || is_same_idr(&other->idr, &track->idr))
        return true;
    if (track->idrs > 1 && is_same_idr(&other->idr, &track->previous_idr))
        return true;
    return fail(out, MULTITRACK_PROPERTIES, "IDRs of track %d are at other times", number);
}

static bool allow_idr(struct multitrack_watch *watch, const struct packet *packet,
                      struct multitrack_fault *out)
{
    struct multitrack_state *track = &watch->tracks[packet->track];

    if (bpm_sei_find(packet->config->video.codec, packet->data->data, packet->data->len) != BPM_ALL)
        return fail(out, MULTITRACK_PROPERTIES, "track %d has an IDR without BPM SEI",
                    packet->track);
    track->idrs++;
    track->previous_idr = track->idr;
    track->idr = (struct multitrack_idr){ packet->dts, packet->pts };
    for (int i = 0; i < watch->config.count; i++)
        if (i != packet->track && !allow_other(track, &watch->tracks[i], i, out))
            return false;
    return true;
}

/* ---- rates ---- */

static void begin_span(struct multitrack_state *track, int64_t dts)
{
    track->since = dts;
    track->frames = track->bytes = track->step_min = 0;
}

static bool judge_span(const struct multitrack_state *track, const struct multitrack_track *wanted,
                       int number, struct multitrack_fault *out)
{
    int64_t span = track->last_dts - track->since;
    double fps = (double)wanted->fps_num / wanted->fps_den;
    double step = MEDIA_TIMESCALE / fps;
    int64_t kbps = track->bytes * 8 * (MEDIA_TIMESCALE / 1000) / span;
    double seen = (double)track->frames * MEDIA_TIMESCALE / (double)span;

    if (seen * 100 > fps * FRAMES_PERCENT)
        return fail(out, MULTITRACK_PROPERTIES, "track %d has %.1f fps, not %.2f", number, seen,
                    fps);
    if ((double)track->step_min * 100 > step * STEP_PERCENT)
        return fail(out, MULTITRACK_PROPERTIES, "track %d has at most %.1f fps, not %.2f", number,
                    MEDIA_TIMESCALE / (double)track->step_min, fps);
    if (kbps * 100 > (int64_t)wanted->bitrate_kbps * BITRATE_PERCENT)
        return fail(out, MULTITRACK_PROPERTIES, "track %d has %lld kb/s, not %d", number,
                    (long long)kbps, wanted->bitrate_kbps);
    return true;
}

static bool allow_rates(struct multitrack_watch *watch, const struct packet *packet,
                        struct multitrack_fault *out)
{
    struct multitrack_state *track = &watch->tracks[packet->track];
    int64_t step = packet->dts - track->last_dts;
    bool is_fine = true;

    if (!track->idrs || step <= 0 || step > JUMP)
        begin_span(track, packet->dts);
    else if (!track->step_min || step < track->step_min)
        track->step_min = step;
    track->last_dts = packet->dts;
    if (track->last_dts - track->since >= SPAN) {
        is_fine = judge_span(track, &watch->config.tracks[packet->track], packet->track, out);
        begin_span(track, packet->dts);
    }
    track->frames++;
    track->bytes += (int64_t)packet->data->len;
    return is_fine;
}

bool multitrack_watch_allow(struct multitrack_watch *watch, const struct packet *packet,
                            struct multitrack_fault *out)
{
    if (packet->kind == MEDIA_AUDIO)
        return true;
    if (!watch->config.count)
        return allow_single(watch, packet, out);
    if (packet->track >= watch->config.count)
        return fail(out, MULTITRACK_TRACK_COUNT, "track %d of %d", packet->track,
                    watch->config.count);
    return allow_config(watch, packet, out) && allow_rates(watch, packet, out) &&
           (!packet->is_idr || allow_idr(watch, packet, out));
}
