/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what a broadcast consists of. Everything is judged by media time, so that a burst after
 * a slow start counts like a steady stream. */
#include "package/go_live.h"

#include <errno.h>
#include <math.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/packet.h"
#include "package/packet_queue.h"

#define PROMISE_WAIT  (2 * MEDIA_TIMESCALE)
#define SOUND_HELD    (3 * MEDIA_TIMESCALE) /* before the first IDR */
#define TARGET_MIN    2
#define TARGET_MAX    6
#define HELD_MAX      16384      /* packets */
#define HELD_SIZE_MAX (64 << 20) /* bytes */
#define RATE_SLACK    0.01       /* how far a measured frame rate may be from a usual one */
#define VUI_SLACK     0.03       /* and from the one that the encoder declares */
#define FPS_FALLBACK  30.0

struct go_live {
    struct go_live_config config;
    struct go_live_events events;
    void *ctx;
    bool is_ready;
    bool told_late_track;
    bool is_promised[2]; /* by media_kind */
    struct codec_config *configs[2];
    bool is_taken[2];
    struct packet_queue held;
    size_t held_size;

    bool has_first; /* anything at all */
    int64_t first, newest;
    bool has_idr; /* the times of the first GOP */
    int64_t idr_first, idr_next;
    int64_t video_last;
    int frames; /* video after the first IDR */
};

struct go_live *go_live_create(const struct go_live_config *config,
                               const struct go_live_events *events, void *ctx)
{
    struct go_live *g = mem_zalloc(sizeof(*g));

    g->config = *config;
    g->events = *events;
    g->ctx = ctx;
    return g;
}

void go_live_destroy(struct go_live *g)
{
    if (!g)
        return;
    packet_queue_clear(&g->held);
    codec_config_unref(g->configs[MEDIA_VIDEO]);
    codec_config_unref(g->configs[MEDIA_AUDIO]);
    mem_free(g);
}

void go_live_promise(struct go_live *g, bool video, bool audio)
{
    g->is_promised[MEDIA_VIDEO] |= video;
    g->is_promised[MEDIA_AUDIO] |= audio;
}

bool go_live_is_ready(const struct go_live *g)
{
    return g->is_ready;
}

static void note_video(struct go_live *g, const struct packet *packet)
{
    if (packet->is_idr && !g->has_idr) {
        g->has_idr = true;
        g->idr_first = packet->dts;
    } else if (g->has_idr) {
        g->frames++;
        if (packet->is_idr && !g->idr_next)
            g->idr_next = packet->dts;
    }
    g->video_last = packet->dts;
}

static void note(struct go_live *g, const struct packet *packet)
{
    if (!g->has_first || packet->dts > g->newest)
        g->newest = packet->dts;
    if (!g->has_first)
        g->first = packet->dts;
    g->has_first = true;
    if (packet->track) /* the first one tells for all */
        return;
    if (!g->configs[packet->kind])
        g->configs[packet->kind] = codec_config_ref(packet->config);
    if (packet->kind == MEDIA_VIDEO)
        note_video(g, packet);
}

/* The first GOP is over, or so long that its exact length no longer matters. */
static bool is_gop_known(const struct go_live *g)
{
    if (!g->has_idr)
        return false;
    return g->idr_next || g->video_last - g->idr_first >= TARGET_MAX * MEDIA_TIMESCALE;
}

static bool is_decidable(const struct go_live *g)
{
    int64_t waited = g->newest - g->first;
    bool is_audio_due = !g->configs[MEDIA_AUDIO] && g->is_promised[MEDIA_AUDIO];

    if (is_gop_known(g))
        return !is_audio_due || waited >= PROMISE_WAIT;
    return g->config.allows_audio_only && !g->configs[MEDIA_VIDEO] && waited >= PROMISE_WAIT;
}

/* A rate that cameras and encoders use, if the measured one is near it: the timestamps of RTMP are
 * whole milliseconds. */
static double usual_rate(double measured)
{
    /* clang-format off */
    static const double rates[] = {
        10, 12, 12.5, 15, 20, 24000 / 1001.0, 24, 25, 30000 / 1001.0, 30,
        48, 50, 60000 / 1001.0, 60, 100, 120,
    };
    /* clang-format on */
    double best = measured, distance = RATE_SLACK * measured;

    for (size_t i = 0; i < ARRAY_LEN(rates); i++)
        if (fabs(rates[i] - measured) < distance) {
            distance = fabs(rates[i] - measured);
            best = rates[i];
        }
    return best;
}

static double frame_rate(const struct go_live *g)
{
    double declared = g->configs[MEDIA_VIDEO]->video.fps, measured;

    if (!g->frames)
        return declared > 0 ? declared : FPS_FALLBACK;
    measured = (double)g->frames * MEDIA_TIMESCALE / (double)(g->video_last - g->idr_first);
    if (declared > 0 && fabs(declared - measured) <= VUI_SLACK * measured)
        return declared;
    return usual_rate(measured);
}

/* The length of the first GOP rounded up, a frame's jitter forgiven; or what was wished for, if a
 * GOP fits in. */
static int target_duration(const struct go_live *g, double fps)
{
    int64_t gop = (g->idr_next ? g->idr_next : g->video_last) - g->idr_first;
    double seconds = (double)gop / MEDIA_TIMESCALE - 0.5 / fps;

    return (int)fmin(TARGET_MAX, fmax(fmax(TARGET_MIN, g->config.segment_s), ceil(seconds)));
}

/* Sound from before the first picture, and pictures from before the first IDR, are of no use. */
static bool is_usable(const struct go_live *g, const struct packet *packet)
{
    return g->is_taken[packet->kind] && (!g->has_idr || packet->dts >= g->idr_first);
}

static void decide(struct go_live *g)
{
    struct go_live_decision decision = { .target_duration_s = TARGET_MIN };

    g->is_ready = true;
    g->is_taken[MEDIA_VIDEO] = g->has_idr;
    g->is_taken[MEDIA_AUDIO] = g->configs[MEDIA_AUDIO] != NULL;
    decision.audio = g->configs[MEDIA_AUDIO];
    if (g->has_idr) {
        decision.video = g->configs[MEDIA_VIDEO];
        decision.fps = frame_rate(g);
        decision.target_duration_s = target_duration(g, decision.fps);
    }
    g->events.on_ready(&decision, g->ctx);
    while (packet_queue_count(&g->held)) {
        struct packet *packet = packet_queue_pop(&g->held);

        if (is_usable(g, packet))
            g->events.on_packet(packet, g->ctx);
        packet_unref(packet);
    }
    packet_queue_clear(&g->held);
}

static void drop_oldest(struct go_live *g)
{
    struct packet *packet = packet_queue_pop(&g->held);

    g->held_size -= packet->data->len;
    packet_unref(packet);
}

/* Whatever an encoder sends before its first IDR, only the newest sound of it can be of use. */
static bool is_worth_holding(struct go_live *g, const struct packet *packet)
{
    if (g->has_idr || packet->is_idr)
        return true;
    while (packet_queue_count(&g->held) &&
           packet_queue_head(&g->held)->dts < packet->dts - SOUND_HELD)
        drop_oldest(g);
    return packet->kind == MEDIA_AUDIO || packet->track;
}

static int hold(struct go_live *g, struct packet *packet)
{
    note(g, packet);
    if (!is_worth_holding(g, packet))
        return 0;
    if (packet_queue_count(&g->held) >= HELD_MAX ||
        packet->data->len > HELD_SIZE_MAX - g->held_size)
        return -EMSGSIZE;
    g->held_size += packet->data->len;
    packet_queue_push(&g->held, packet);
    if (is_decidable(g))
        decide(g);
    return 0;
}

static void pass_on(struct go_live *g, struct packet *packet)
{
    if (is_usable(g, packet)) {
        g->events.on_packet(packet, g->ctx);
    } else if (!g->is_taken[packet->kind] && !g->told_late_track) {
        g->told_late_track = true;
        if (g->events.on_late_track)
            g->events.on_late_track(packet->config, g->ctx);
    }
}

int go_live_push(struct go_live *g, struct packet *packet)
{
    if (!g->is_ready)
        return hold(g, packet);
    pass_on(g, packet);
    return 0;
}
