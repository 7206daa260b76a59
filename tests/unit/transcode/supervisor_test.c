/* SPDX-License-Identifier: Apache-2.0 */
/* Real workers on real media: what viewers of a transcoded stream get. */
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
};

/* -- fixture -- */

static void on_packet(int rendition, struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;
    struct track *track = &f->tracks[rendition][packet->kind];

    track->packets = mem_realloc(track->packets, (track->count + 1) * sizeof(*track->packets));
    track->packets[track->count++] = packet_ref(packet);
    if (f->destroys_inside) {
        transcode_supervisor_destroy(f->supervisor);
        f->supervisor = NULL;
    }
}

static void on_lost(int rendition, enum media_kind kind, int64_t dts, void *ctx)
{
    struct fixture *f = ctx;

    f->tracks[rendition][kind].lost++;
}

static void on_interrupted(void *ctx)
{
    struct fixture *f = ctx;

    f->interrupted++;
}

static void on_resumed(void *ctx)
{
    struct fixture *f = ctx;

    f->resumed++;
}

static void on_failed(const char *reason, void *ctx)
{
    struct fixture *f = ctx;

    f->failed++;
    snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

static void on_drained(void *ctx)
{
    struct fixture *f = ctx;

    f->drained++;
}

static void build_ladder(struct ladder *ladder, const char *type, const struct clip *clip)
{
    struct ladder_input input = {
        type, "", clip->video->video.width, clip->video->video.height, clip_fps(clip), clip->audio
    };

    assert_int_equal(ladder_build(ladder, &input), 0);
}

static int start_program(struct fixture *f, const char *program)
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

static void setup(struct fixture *f, const char *type, const struct clip *clip)
{
    *f = (struct fixture){ .loop = loop_create(0), .capacity = capacity_create(100) };
    build_ladder(&f->ladder, type, clip);
    assert_int_equal(start_program(f, WEIR_MEDIA), 0);
}

static void forget(struct fixture *f)
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

static void teardown(struct fixture *f)
{
    transcode_supervisor_destroy(f->supervisor);
    loop_stop(f->loop);
    loop_destroy(f->loop);
    capacity_destroy(f->capacity);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    forget(f);
}

static bool is_ready_for(const struct fixture *f, const struct packet *packet)
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

static void push(struct fixture *f, const struct packet *from, int64_t later)
{
    struct packet *packet = packet_create(from->config, bytes_ref(from->data));

    packet->is_idr = from->is_idr;
    packet->dts = from->dts + later;
    packet->pts = from->pts + later;
    packet->arrival_us = clock_wall_us();
    transcode_supervisor_push(f->supervisor, packet);
    packet_unref(packet);
}

/* As fast as the worker answers. */
static void feed(struct fixture *f, const struct clip *clip)
{
    for (size_t i = 0; i < clip->count; i++) {
        UNTIL(f, is_ready_for(f, clip->packets[i]));
        push(f, clip->packets[i], 0);
    }
}

static void drain(struct fixture *f)
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

/* -- what is checked of every ladder -- */

static size_t video_count(const struct clip *clip)
{
    size_t count = 0;

    for (size_t i = 0; i < clip->count; i++)
        count += clip->packets[i]->kind == MEDIA_VIDEO;
    return count;
}

/* The source's IDRs: decode and presentation times agree with the rung's, frame for frame. */
static void check_keyframes(const struct clip *clip, const struct track *track)
{
    size_t at = 0, keys = 0;

    for (size_t i = 0; i < clip->count; i++) {
        const struct packet *key = clip->packets[i];
        if (key->kind != MEDIA_VIDEO || !key->is_idr)
            continue;
        while (at < track->count && !track->packets[at]->is_idr)
            at++;
        assert_true(at < track->count);
        assert_true(track->packets[at]->pts == key->pts);
        assert_true(track->packets[at]->dts == key->dts);
        at++;
        keys++;
    }
    for (; at < track->count; at++)
        assert_false(track->packets[at]->is_idr);
    assert_true(keys >= 2);
}

static void check_order(const struct track *track)
{
    for (size_t i = 1; i < track->count; i++) {
        assert_true(track->packets[i]->dts > track->packets[i - 1]->dts);
        assert_true(track->packets[i]->pts > track->packets[i - 1]->pts); /* no B-frames */
        assert_ptr_equal(track->packets[i]->config, track->packets[0]->config);
    }
}

static void check_rungs(const struct fixture *f, const struct clip *clip)
{
    for (int i = 0; i < f->ladder.count; i++) {
        const struct rendition *r = &f->ladder.renditions[i];
        const struct track *track = &f->tracks[i][MEDIA_VIDEO];
        if (r->video != TRACK_ENCODED) {
            assert_int_equal(track->count, 0);
            continue;
        }
        check_order(track);
        check_keyframes(clip, track);
        assert_int_equal(track->lost, 0);
        assert_int_equal(track->packets[0]->config->video.width, r->width);
        assert_int_equal(track->packets[0]->config->video.height, r->height);
        assert_int_equal(track->packets[0]->config->video.profile_idc, 77);
    }
}

/* -- tests -- */

static void every_rung_has_the_sources_frames_and_keyframes(void **state)
{
    struct clip *clip =
        clip_of("-f lavfi -i testsrc2=s=854x480:r=30:d=3 -f lavfi -i sine=d=3:r=48000 "
                "-c:v libx264 -preset ultrafast -g 30 -bf 2 -c:a aac -b:a 96k");
    struct fixture f;

    setup(&f, "STANDARD", clip);
    feed(&f, clip);
    drain(&f);
    check_rungs(&f, clip);
    assert_int_equal(video_of(&f, "480p30")->count, video_count(clip));
    assert_int_equal(video_of(&f, "160p30")->count, video_count(clip));
    clip_destroy(clip);
    teardown(&f);
}

static void halved_rungs_keep_every_keyframe(void **state)
{
    /* A GOP of 45 frames: every other keyframe has an odd number. */
    struct clip *clip = clip_of("-f lavfi -i testsrc2=s=640x360:r=60:d=3 "
                                "-c:v libx264 -preset ultrafast -g 45 -bf 0");
    struct fixture f;

    setup(&f, "STANDARD", clip);
    feed(&f, clip);
    drain(&f);
    check_rungs(&f, clip);
    assert_int_equal(video_of(&f, "160p30")->count, 4 * 23);
    clip_destroy(clip);
    teardown(&f);
}

static void advanced_types_have_keyframes_at_most_two_seconds_apart(void **state)
{
    struct clip *clip = clip_of("-f lavfi -i testsrc2=s=320x240:r=25:d=8 "
                                "-c:v libx264 -preset ultrafast -g 125 -bf 0");
    struct fixture f;
    const struct track *tracks[2];

    setup(&f, "ADVANCED_SD", clip);
    feed(&f, clip);
    drain(&f);
    tracks[0] = &f.tracks[0][MEDIA_VIDEO];
    tracks[1] = &f.tracks[1][MEDIA_VIDEO];
    for (int i = 0; i < 2; i++) {
        /* at 0, 2, 4 by themselves, at 5 with the source, at 7 again */
        static const int64_t expected[] = { 0, 2, 4, 5, 7 };
        size_t keys = 0;
        for (size_t k = 0; k < tracks[i]->count; k++) {
            if (!tracks[i]->packets[k]->is_idr)
                continue;
            assert_true(keys < ARRAY_LEN(expected));
            assert_true(tracks[i]->packets[k]->pts - tracks[i]->packets[0]->pts ==
                        expected[keys] * MEDIA_TIMESCALE);
            keys++;
        }
        assert_int_equal(keys, ARRAY_LEN(expected));
    }
    clip_destroy(clip);
    teardown(&f);
}

static void sound_is_where_the_source_has_it(void **state)
{
    struct clip *clip =
        clip_of("-f lavfi -i testsrc2=s=320x240:r=30:d=3 -f lavfi -i sine=d=3:r=44100 "
                "-c:v libx264 -preset ultrafast -g 30 -c:a aac -b:a 96k");
    struct fixture f;
    int64_t first = INT64_MAX;
    const struct track *track;

    setup(&f, "ADVANCED_SD", clip);
    feed(&f, clip);
    drain(&f);
    for (size_t i = 0; i < clip->count; i++)
        if (clip->packets[i]->kind == MEDIA_AUDIO && clip->packets[i]->pts < first &&
            clip->packets[i]->pts >= CLIP_START)
            first = clip->packets[i]->pts;
    for (int i = 0; i < f.ladder.count; i++) {
        track = &f.tracks[i][MEDIA_AUDIO];
        assert_in_range(track->count, 125, 132);
        assert_in_range(track->packets[0]->pts, first - 100, first + 2100);
        assert_int_equal(track->packets[0]->config->audio.sample_rate, 44100);
        for (size_t k = 0; k < track->count; k++)
            assert_in_range(track->packets[k]->pts - track->packets[0]->pts + 1,
                            k * 1024 * 90000 / 44100, k * 1024 * 90000 / 44100 + 2);
    }
    clip_destroy(clip);
    teardown(&f);
}

/* The n-th packet of a track, the clip over and over. */
static const struct packet *nth(const struct clip *clip, enum media_kind kind, size_t n)
{
    static const struct packet *found[2][4096];
    static size_t count[2];

    if (n == 0) {
        count[kind] = 0;
        for (size_t i = 0; i < clip->count && count[kind] < 4096; i++)
            if (clip->packets[i]->kind == kind)
                found[kind][count[kind]++] = clip->packets[i];
    }
    return found[kind][n % count[kind]];
}

static void push_at(struct fixture *f, const struct packet *from, int64_t time)
{
    push(f, from, time - from->dts);
}

#define HOUR_PICTURES (3600 * 5)

/* Sound as RTMP brings it: times of whole milliseconds, which fit no AAC frame. */
static int64_t sound_time(int64_t frame)
{
    return CLIP_START + frame * 1024 * 1000 / 44100 * 90;
}

static bool has_sound_until(const struct fixture *f, int64_t time)
{
    for (int i = 0; i < f->ladder.count; i++) {
        const struct track *track = &f->tracks[i][MEDIA_AUDIO];
        int64_t last = track->count ? track->packets[track->count - 1]->dts : CLIP_START;
        if (last < time)
            return false;
    }
    return true;
}

static size_t feed_an_hour(struct fixture *f, const struct clip *clip)
{
    size_t sounds = 0;

    for (size_t i = 0; i < HOUR_PICTURES; i++) {
        int64_t time = CLIP_START + (int64_t)i * MEDIA_TIMESCALE / 5;
        const struct packet *picture = nth(clip, MEDIA_VIDEO, i);
        struct packet probe = { .dts = time };
        UNTIL(f, is_ready_for(f, &probe) && has_sound_until(f, time - 2 * MEDIA_TIMESCALE));
        push_at(f, picture, time);
        for (; sound_time((int64_t)sounds) < time + MEDIA_TIMESCALE / 5; sounds++)
            push_at(f, nth(clip, MEDIA_AUDIO, sounds), sound_time((int64_t)sounds));
    }
    return sounds;
}

static void an_hour_does_not_drift(void **state)
{
    struct clip *clip = clip_of("-f lavfi -i testsrc2=s=64x36:r=5:d=20 "
                                "-f lavfi -i anullsrc=r=44100:cl=mono -t 20 -c:v libx264 "
                                "-preset ultrafast -g 10 -bf 0 -c:a aac -b:a 32k");
    const struct track *video, *audio;
    struct fixture f;
    size_t sounds;

    setup(&f, "ADVANCED_SD", clip);
    sounds = feed_an_hour(&f, clip);
    drain(&f);
    video = &f.tracks[0][MEDIA_VIDEO];
    assert_int_equal(video->count, HOUR_PICTURES);
    for (size_t i = 0; i < video->count; i++)
        assert_true(video->packets[i]->pts == CLIP_START + (int64_t)i * MEDIA_TIMESCALE / 5);
    for (int i = 0; i < f.ladder.count; i++) {
        audio = &f.tracks[i][MEDIA_AUDIO];
        assert_int_equal(audio->lost, 0);
        assert_in_range(audio->count, sounds - 1, sounds + 1);
        for (size_t k = 0; k < audio->count; k++) {
            int64_t since = audio->packets[k]->pts - audio->packets[0]->pts;
            assert_in_range(since + 1, k * 1024 * 90000 / 44100, k * 1024 * 90000 / 44100 + 2);
        }
        assert_in_range(audio->packets[audio->count - 1]->pts + MEDIA_TIMESCALE / 50,
                        sound_time((int64_t)sounds - 2),
                        sound_time((int64_t)sounds) + MEDIA_TIMESCALE / 25);
    }
    clip_destroy(clip);
    teardown(&f);
}

static struct clip *small_clip(const char *size)
{
    char arguments[256];

    snprintf(arguments, sizeof(arguments),
             "-f lavfi -i testsrc2=s=%s:r=30:d=4 -f lavfi -i sine=d=4:r=48000 "
             "-c:v libx264 -preset ultrafast -g 15 -bf 0 -c:a aac",
             size);
    return clip_of(arguments);
}

static int worker_pid(const struct fixture *f)
{
    struct transcode_supervisor_stats stats;

    transcode_supervisor_stats(f->supervisor, &stats);
    return stats.pid;
}

/* Sends the clip over and over until `condition`; a little slower than the media runs. */
#define FEED_UNTIL(f, clip, condition)                                                             \
    for (int64_t turn_ = 0; !(condition); turn_++) {                                               \
        assert_true(turn_ < 20);                                                                   \
        for (size_t i_ = 0; i_ < (clip)->count && !(condition); i_++) {                            \
            int64_t until_ms_ = clock_mono_ms() + 10;                                              \
            push(f, (clip)->packets[i_], turn_ * 5 * MEDIA_TIMESCALE);                             \
            while (clock_mono_ms() < until_ms_)                                                    \
                uv_run(loop_uv((f)->loop), UV_RUN_NOWAIT);                                         \
        }                                                                                          \
    }

static void goes_on_at_a_keyframe_when_the_worker_is_killed(void **state)
{
    struct clip *clip = small_clip("320x240");
    const struct track *track;
    struct fixture f;
    size_t before;
    int pid;

    setup(&f, "STANDARD", clip);
    track = video_of(&f, "160p30");
    FEED_UNTIL(&f, clip, track->count > 20);
    pid = worker_pid(&f);
    kill(pid, SIGKILL);
    before = track->count;
    assert_int_equal(f.resumed, 1);
    FEED_UNTIL(&f, clip, track->lost == 1);
    assert_int_equal(f.interrupted, 1);
    before = track->count;
    FEED_UNTIL(&f, clip, f.resumed == 2);
    assert_int_equal(track->count, before);
    FEED_UNTIL(&f, clip, track->count > before);
    assert_int_equal(f.interrupted, 1);
    assert_int_not_equal(worker_pid(&f), pid);
    assert_true(track->packets[before]->is_idr);
    assert_ptr_equal(track->packets[before]->config, track->packets[0]->config);
    clip_destroy(clip);
    teardown(&f);
}

static void replaces_a_worker_that_hangs(void **state)
{
    struct clip *clip = small_clip("320x240");
    const struct track *track;
    struct fixture f;
    size_t before;

    setup(&f, "STANDARD", clip);
    track = video_of(&f, "160p30");
    FEED_UNTIL(&f, clip, track->count > 20);
    kill(worker_pid(&f), SIGSTOP);
    FEED_UNTIL(&f, clip, track->lost > 0);
    before = track->count;
    FEED_UNTIL(&f, clip, track->count > before);
    assert_true(track->packets[before]->is_idr);
    clip_destroy(clip);
    teardown(&f);
}

static void gives_up_after_five_crashes(void **state)
{
    struct clip *clip = small_clip("320x240");
    struct transcode_supervisor_stats stats;
    struct fixture f;

    setup(&f, "STANDARD", clip);
    transcode_supervisor_destroy(f.supervisor);
    assert_int_equal(start_program(&f, "/bin/false"), 0);
    UNTIL(&f, f.failed == 1);
    transcode_supervisor_stats(f.supervisor, &stats);
    assert_int_equal(stats.restarts, 5);
    assert_int_equal(stats.pid, 0);
    push(&f, clip->packets[0], 0); /* harmless */
    clip_destroy(clip);
    teardown(&f);
}

static void delivers_the_old_before_the_new(void **state)
{
    struct clip *landscape = small_clip("320x240"), *portrait = small_clip("240x320");
    const struct track *track;
    struct ladder ladder;
    struct fixture f;
    size_t seams = 0;

    setup(&f, "STANDARD", landscape);
    track = video_of(&f, "160p30");
    feed(&f, landscape);
    build_ladder(&ladder, "STANDARD", portrait);
    assert_true(ladder_has_same_renditions(&ladder, &f.ladder));
    transcode_supervisor_change(f.supervisor, &ladder);
    for (size_t i = 0, pictures = video_count(landscape); i < portrait->count; i++) {
        pictures += portrait->packets[i]->kind == MEDIA_VIDEO;
        UNTIL(&f, track->count + PICTURES_AHEAD >= pictures);
        push(&f, portrait->packets[i], 10 * MEDIA_TIMESCALE);
    }
    UNTIL(&f, track->count >= video_count(landscape) + video_count(portrait));
    drain(&f);
    assert_int_equal(track->count, video_count(landscape) + video_count(portrait));
    for (size_t i = 1; i < track->count; i++) {
        assert_true(track->packets[i]->dts > track->packets[i - 1]->dts);
        if (track->packets[i]->config == track->packets[i - 1]->config)
            continue;
        seams++;
        assert_int_equal(i, video_count(landscape));
        assert_true(track->packets[i]->is_idr);
        assert_int_equal(track->packets[i]->config->video.width, 160);
    }
    assert_int_equal(seams, 1);
    clip_destroy(landscape);
    clip_destroy(portrait);
    teardown(&f);
}

static void may_be_destroyed_in_its_own_callback(void **state)
{
    struct clip *clip = small_clip("320x240");
    struct fixture f;

    setup(&f, "STANDARD", clip);
    f.destroys_inside = true;
    for (size_t i = 0; i < 60; i++)
        push(&f, clip->packets[i], 0);
    UNTIL(&f, !f.supervisor);
    clip_destroy(clip);
    teardown(&f);
}

static void refuses_when_the_machine_is_full(void **state)
{
    struct clip *clip = small_clip("320x240");
    struct fixture f;

    setup(&f, "STANDARD", clip);
    transcode_supervisor_destroy(f.supervisor);
    f.supervisor = NULL;
    capacity_destroy(f.capacity);
    f.capacity = capacity_create(0.001);
    assert_int_equal(start_program(&f, WEIR_MEDIA), -EBUSY);
    clip_destroy(clip);
    teardown(&f);
}

/* Nobody else would be let in now. */
static void one_that_follows_another_has_its_place(void **state)
{
    struct clip *clip = small_clip("320x240");
    struct fixture f;

    setup(&f, "STANDARD", clip);
    f.place = transcode_supervisor_retire(f.supervisor);
    f.supervisor = NULL;
    capacity_report_late(f.place);
    assert_int_equal(start_program(&f, WEIR_MEDIA), 0);
    transcode_supervisor_destroy(f.supervisor);
    f.supervisor = NULL;
    assert_int_equal(start_program(&f, WEIR_MEDIA), -EBUSY);
    clip_destroy(clip);
    teardown(&f);
}

static void survives_broken_pictures_and_sound(void **state)
{
    struct clip *clip = small_clip("640x360");
    struct transcode_supervisor_stats stats;
    const struct track *track;
    struct fixture f;
    unsigned seed = 1;

    setup(&f, "ADVANCED_SD", clip);
    track = &f.tracks[0][MEDIA_VIDEO];
    for (size_t i = 0; i < clip->count; i++) {
        struct packet *packet = clip->packets[i];
        struct bytes *copy = bytes_copy(packet->data->data, packet->data->len);
        struct packet *broken = packet_create(packet->config, copy);
        for (size_t k = 4; k < copy->len; k++)
            if ((seed = seed * 1103515245 + 12345) >> 25 == 0)
                copy->data[k] ^= (uint8_t)(seed >> 16);
        broken->is_idr = packet->is_idr;
        broken->dts = packet->dts;
        broken->pts = packet->pts;
        transcode_supervisor_push(f.supervisor, broken);
        packet_unref(broken);
    }
    drain(&f);
    transcode_supervisor_stats(f.supervisor, &stats);
    assert_int_equal(stats.restarts, 0);
    assert_true(stats.decode_errors > 0);
    assert_true(track->count > video_count(clip) / 2);
    clip_destroy(clip);
    teardown(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rung_has_the_sources_frames_and_keyframes),
        cmocka_unit_test(halved_rungs_keep_every_keyframe),
        cmocka_unit_test(advanced_types_have_keyframes_at_most_two_seconds_apart),
        cmocka_unit_test(sound_is_where_the_source_has_it),
        cmocka_unit_test(an_hour_does_not_drift),
        cmocka_unit_test(goes_on_at_a_keyframe_when_the_worker_is_killed),
        cmocka_unit_test(replaces_a_worker_that_hangs),
        cmocka_unit_test(gives_up_after_five_crashes),
        cmocka_unit_test(delivers_the_old_before_the_new),
        cmocka_unit_test(may_be_destroyed_in_its_own_callback),
        cmocka_unit_test(refuses_when_the_machine_is_full),
        cmocka_unit_test(one_that_follows_another_has_its_place),
        cmocka_unit_test(survives_broken_pictures_and_sound),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
