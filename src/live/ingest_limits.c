/* SPDX-License-Identifier: Apache-2.0 */
/* Bits are counted by the second they were due, which is when they arrive unless the picture they
 * came with is late: what a stalled network held back comes in a rush, and is no faster an encoder.
 * One that sends ahead of time gains nothing by it.
 *
 *   arrived   1 2 3 4 . . . . . 567 89     (stalled, then in a rush)
 *   due       1 2 3 4 5 6 7 8 9            (never ahead of the time of arrival) */
#include "live/ingest_limits.h"

#include <string.h>

#include "base/bytes.h"
#include "media/packet.h"

#define BPS_MAX          8500000
#define BPS_MAX_BASIC    3500000
#define BPS_MAX_BASIC_SD 1500000 /* BASIC, up to 480p */
#define SD_HEIGHT        480
#define BPS_MAX_TRACKS   15000000 /* of several tracks together */
#define FPS_MAX          61       /* 60, and the jitter of millisecond timestamps */

/* Spikes are the encoder's right, as long as the window stays below a tenth above the limit. */
#define TOLERANCE_PERCENT 110
#define BPS_FROM          ((int64_t)5 * MEDIA_TIMESCALE)
#define WINDOW            ((int64_t)INGEST_WINDOW_S * MEDIA_TIMESCALE)
#define FPS_SPAN          ((int64_t)5 * MEDIA_TIMESCALE)

#define MS            (MEDIA_TIMESCALE / 1000)
#define LATE_MAX      ((int64_t)30 * MEDIA_TIMESCALE) /* broadcasts survive no longer silence */
#define HEAD_START_MS 2000                            /* what encoders gather while they connect */
#define CATCH_UP      50 /* a slow clock is not late for ever: one part in so many faster */

void ingest_limits_init(struct ingest_limits *limits, const char *channel_type, int64_t now_ms)
{
    *limits = (struct ingest_limits){
        .is_basic = strcmp(channel_type, "BASIC") == 0,
        .pixels_max = multitrack_limits[MULTITRACK_FULL_HD].pixels,
        .edge_max = multitrack_limits[MULTITRACK_FULL_HD].edge,
        .start_ms = now_ms - HEAD_START_MS,
    };
}

void ingest_limits_init_multitrack(struct ingest_limits *limits, enum multitrack_resolution maximum,
                                   int64_t now_ms)
{
    *limits = (struct ingest_limits){
        .bps_max = BPS_MAX_TRACKS,
        .pixels_max = multitrack_limits[maximum].pixels,
        .edge_max = multitrack_limits[maximum].edge,
        .start_ms = now_ms - HEAD_START_MS,
    };
}

static bool breach(struct limit_breach *out, const char *name, const char *unit, int64_t limit,
                   int64_t observed)
{
    *out = (struct limit_breach){ name, unit, limit, observed - limit };
    return false;
}

static bool allow_size(struct ingest_limits *limits, const struct video_config *video,
                       struct limit_breach *out)
{
    int64_t pixels = (int64_t)video->width * video->height;
    int longer = video->width > video->height ? video->width : video->height;

    limits->height = video->width < video->height ? video->width : video->height;
    if (pixels > limits->pixels_max)
        return breach(out, "Ingest Resolution", "total pixels", limits->pixels_max, pixels);
    if (longer > limits->edge_max)
        return breach(out, "Ingest Resolution", "pixels per edge", limits->edge_max, longer);
    return true;
}

static bool allow_rate(struct ingest_limits *limits, const struct packet *packet,
                       struct limit_breach *out)
{
    int64_t span = packet->dts - limits->frames_from;
    int64_t fps;

    if (!limits->frames || span < 0) { /* the first one, or the encoder's clock jumped */
        limits->frames_from = packet->dts;
        limits->frames = 0;
    }
    limits->frames++;
    if (span < FPS_SPAN)
        return true;
    fps = (limits->frames - 1) * MEDIA_TIMESCALE / span;
    limits->frames_from = packet->dts;
    limits->frames = 1;
    if (fps > FPS_MAX)
        return breach(out, "Ingest Framerate", "frames per second", FPS_MAX, fps);
    return true;
}

static int64_t bps_max(const struct ingest_limits *limits)
{
    if (limits->bps_max)
        return limits->bps_max;
    if (!limits->is_basic)
        return BPS_MAX;
    return limits->height <= SD_HEIGHT ? BPS_MAX_BASIC_SD : BPS_MAX_BASIC;
}

/* -- bits -- */

/* When the packet was due: the first track's pictures tell, the rest goes with them. */
static void follow_clock(struct ingest_limits *limits, const struct packet *packet, int64_t now)
{
    bool is_picture = packet->kind == MEDIA_VIDEO && !packet->track;
    int64_t step = is_picture && limits->has_picture ? packet->dts - limits->last_dts : 0;

    if (is_picture) {
        limits->has_picture = true;
        limits->last_dts = packet->dts;
    }
    limits->due += step + step / CATCH_UP;
    if (step < 0 || limits->due > now || limits->due < now - LATE_MAX)
        limits->due = now;
}

static void count_bytes(struct ingest_limits *limits, int64_t len)
{
    int64_t due_s = limits->due / MEDIA_TIMESCALE;

    for (int i = 0; limits->newest_s < due_s && i < INGEST_WINDOW_S; i++)
        limits->bytes[++limits->newest_s % INGEST_WINDOW_S] = 0;
    limits->newest_s = due_s;
    limits->bytes[due_s % INGEST_WINDOW_S] += len;
}

static bool allow_bytes(struct ingest_limits *limits, struct limit_breach *out)
{
    int64_t elapsed = limits->due, total = 0, bps, most = bps_max(limits);

    if (elapsed < BPS_FROM || !limits->height)
        return true;
    if (elapsed > WINDOW) /* the newest second has only begun */
        elapsed = WINDOW - MEDIA_TIMESCALE + limits->due % MEDIA_TIMESCALE;
    for (int i = 0; i < INGEST_WINDOW_S; i++)
        total += limits->bytes[i];
    bps = total * 8 * MEDIA_TIMESCALE / elapsed;
    if (bps > most * TOLERANCE_PERCENT / 100)
        return breach(out, "Ingest Bitrate", "bits per second", most, bps);
    return true;
}

bool ingest_limits_allow(struct ingest_limits *limits, const struct packet *packet, int64_t now_ms,
                         struct limit_breach *out)
{
    follow_clock(limits, packet, (now_ms - limits->start_ms) * MS);
    count_bytes(limits, (int64_t)packet->data->len);
    if (packet->kind == MEDIA_VIDEO) {
        if (packet->config != limits->checked_config &&
            !allow_size(limits, &packet->config->video, out))
            return false;
        limits->checked_config = packet->config;
        if (!packet->track && !allow_rate(limits, packet, out))
            return false;
    }
    return allow_bytes(limits, out);
}
