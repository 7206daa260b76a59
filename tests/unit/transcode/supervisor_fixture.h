/* SPDX-License-Identifier: Apache-2.0 */
/* A supervisor with real workers, fed from clips, and all that it answers. */
#ifndef TESTS_TRANSCODE_SUPERVISOR_FIXTURE_H
#define TESTS_TRANSCODE_SUPERVISOR_FIXTURE_H

#include "transcode/supervisor.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "clip.h"
#include "net/loop.h"
#include "transcode/capacity.h"

#define AHEAD          (MEDIA_TIMESCALE * 8 / 10)
#define PICTURES_AHEAD 15 /* likewise: a slow worker would leave out what it cannot take */

struct track {
    struct packet **packets;
    size_t count;
    int lost;
};

struct fixture {
    struct loop *loop;
    struct capacity *capacity;
    struct capacity_grant *place; /* for the next supervisor; NULL: none */
    struct transcode_supervisor *supervisor;
    struct ladder ladder;
    struct track tracks[LADDER_MAX][2]; /* by rendition and media_kind */
    int failed, drained, interrupted, resumed;
    char reason[64];
    bool destroys_inside;
    bool begins_segment; /* with the next packet */
};

/* -- fixture -- */

static inline void on_packet(int rendition, struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;
    struct track *track = &f->tracks[rendition][packet->kind];

    if ((track->count & (track->count - 1)) == 0) /* full at each power of two */
        track->packets =
            mem_realloc(track->packets, (track->count * 2 + 1) * sizeof(*track->packets));
    track->packets[track->count++] = packet_ref(packet);
    if (f->destroys_inside) {
        transcode_supervisor_destroy(f->supervisor);
        f->supervisor = NULL;
    }
}

static inline void on_lost(int rendition, enum media_kind kind, int64_t dts, void *ctx)
{
    struct fixture *f = ctx;

    f->tracks[rendition][kind].lost++;
}

static inline void on_interrupted(void *ctx)
{
    struct fixture *f = ctx;

    f->interrupted++;
}

static inline void on_resumed(void *ctx)
{
    struct fixture *f = ctx;

    f->resumed++;
}

static inline void on_failed(const char *reason, void *ctx)
{
    struct fixture *f = ctx;

    f->failed++;
    snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

static inline void on_drained(void *ctx)
{
    struct fixture *f = ctx;

    f->drained++;
}

static inline void build_ladder(struct ladder *ladder, const char *type, const struct clip *clip)
{
    struct ladder_input input = {
        type, "", clip->video->video.width, clip->video->video.height, clip_fps(clip), clip->audio
    };

    assert_int_equal(ladder_build(ladder, &input), 0);
}

static inline int start_program(struct fixture *f, const char *program)
{
    static const struct transcode_supervisor_events events = {
        .on_packet = on_packet,
        .on_lost = on_lost,
        .on_interrupted = on_interrupted,
        .on_resumed = on_resumed,
        .on_failed = on_failed,
        .on_drained = on_drained,
    };
    struct transcode_supervisor_config config = { &f->ladder, f->capacity, "superfast", program,
                                                  f->place };

    f->place = NULL;
    return transcode_supervisor_create(&f->supervisor, f->loop, &config, &events, f);
}

static inline void setup(struct fixture *f, const char *type, const struct clip *clip)
{
    *f = (struct fixture){ .loop = loop_create(0), .capacity = capacity_create(100) };
    build_ladder(&f->ladder, type, clip);
    assert_int_equal(start_program(f, WEIR_MEDIA), 0);
}

static inline void forget(struct fixture *f)
{
    for (int i = 0; i < LADDER_MAX; i++) {
        for (int kind = 0; kind < 2; kind++) {
            struct track *track = &f->tracks[i][kind];
            for (size_t k = 0; k < track->count; k++)
                packet_unref(track->packets[k]);
            mem_free(track->packets);
            *track = (struct track){ 0 };
        }
    }
}

static inline void teardown(struct fixture *f)
{
    transcode_supervisor_destroy(f->supervisor);
    loop_stop(f->loop);
    loop_destroy(f->loop);
    capacity_destroy(f->capacity);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    forget(f);
}

static inline bool is_ready_for(const struct fixture *f, const struct packet *packet)
{
    for (int i = 0; i < f->ladder.count; i++) {
        const struct track *track = &f->tracks[i][MEDIA_VIDEO];
        int64_t last = track->count ? track->packets[track->count - 1]->dts : CLIP_START;
        if (f->ladder.renditions[i].video == TRACK_ENCODED && packet->dts - last > AHEAD)
            return false;
    }
    return true;
}

#define UNTIL(f, condition)                                                                        \
    do {                                                                                           \
        int64_t deadline_ms = clock_mono_ms() + 20000;                                             \
        while (!(condition) && clock_mono_ms() < deadline_ms)                                      \
            uv_run(loop_uv((f)->loop), UV_RUN_ONCE);                                               \
        assert_true(condition);                                                                    \
    } while (0)

static inline void push(struct fixture *f, const struct packet *from, int64_t later)
{
    struct packet *packet = packet_create(from->config, bytes_ref(from->data));

    packet->is_idr = from->is_idr;
    packet->dts = from->dts + later;
    packet->pts = from->pts + later;
    packet->arrival_us = clock_wall_us();
    transcode_supervisor_push(f->supervisor, packet, f->begins_segment);
    packet_unref(packet);
}

/* As fast as the worker answers. */
static inline void feed(struct fixture *f, const struct clip *clip)
{
    for (size_t i = 0; i < clip->count; i++) {
        UNTIL(f, is_ready_for(f, clip->packets[i]));
        push(f, clip->packets[i], 0);
    }
}

static inline void drain(struct fixture *f)
{
    transcode_supervisor_drain(f->supervisor);
    UNTIL(f, f->drained == 1);
}

static const struct track *video_of(const struct fixture *f, const char *id)
{
    for (int i = 0; i < f->ladder.count; i++)
        if (strcmp(f->ladder.renditions[i].id, id) == 0)
            return &f->tracks[i][MEDIA_VIDEO];
    fail_msg("no rendition %s", id);
    return NULL;
}

static inline size_t video_count(const struct clip *clip)
{
    size_t count = 0;

    for (size_t i = 0; i < clip->count; i++)
        count += clip->packets[i]->kind == MEDIA_VIDEO;
    return count;
}

#endif
