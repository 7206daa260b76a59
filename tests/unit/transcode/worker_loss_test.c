/* SPDX-License-Identifier: Apache-2.0 */
/* Workers that crash, hang, say nothing, are replaced or not wanted any longer. */
#include "supervisor_fixture.h"

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

static void replaces_a_worker_that_says_nothing(void **state)
{
    struct clip *clip = small_clip("320x240");
    const struct track *track;
    struct fixture f;
    int pid;

    setup(&f, "STANDARD", clip);
    transcode_supervisor_destroy(f.supervisor);
    assert_int_equal(start_program(&f, ODD_WORKER), 0);
    pid = worker_pid(&f);
    for (size_t i = 0; i < clip->count * 4; i++)
        push(&f, clip->packets[i % clip->count], (int64_t)(i / clip->count) * 5 * MEDIA_TIMESCALE);
    track = video_of(&f, "160p30");
    UNTIL(&f, worker_pid(&f) != pid);
    assert_int_equal(track->count, 0);
    assert_int_equal(f.failed, 0);
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

static void push_gop(struct fixture *f, const struct clip *clip, int64_t number)
{
    int pictures = 0;

    for (size_t i = 0; i < clip->count && pictures < 15; i++) {
        pictures += clip->packets[i]->kind == MEDIA_VIDEO;
        push(f, clip->packets[i], number * MEDIA_TIMESCALE);
    }
}

/* The third worker starts while the first one still drains. */
static void changes_may_follow_each_other_at_once(void **state)
{
    struct clip *clips[2] = { small_clip("320x240"), small_clip("240x320") };
    struct transcode_supervisor_stats stats;
    struct fixture f;
    struct ladder ladder;
    const struct track *track;

    setup(&f, "STANDARD", clips[0]);
    track = video_of(&f, "160p30");
    push_gop(&f, clips[0], 0);
    for (int i = 1; i < 4; i++) {
        build_ladder(&ladder, "STANDARD", clips[i % 2]);
        transcode_supervisor_change(f.supervisor, &ladder);
        push_gop(&f, clips[i % 2], i);
    }
    UNTIL(&f, track->count &&
                  track->packets[track->count - 1]->dts >= CLIP_START + 3 * MEDIA_TIMESCALE);
    transcode_supervisor_stats(f.supervisor, &stats);
    assert_int_equal(stats.restarts, 0);
    assert_int_equal(track->packets[track->count - 1]->config->video.width, 160);
    drain(&f);
    clip_destroy(clips[0]);
    clip_destroy(clips[1]);
    teardown(&f);
}

static void changes_without_end_wait(void **state)
{
    struct clip *clip = small_clip("320x240");
    struct fixture f;
    const struct track *track;
    int workers = 0, last_pid = 0;

    setup(&f, "STANDARD", clip);
    track = video_of(&f, "160p30");
    push_gop(&f, clip, 0);
    UNTIL(&f, track->count > 0);
    for (int i = 1; i < 20; i++) {
        transcode_supervisor_change(f.supervisor, &f.ladder);
        push_gop(&f, clip, i);
        workers += worker_pid(&f) && worker_pid(&f) != last_pid;
        last_pid = worker_pid(&f);
    }
    assert_int_equal(workers, 4);
    assert_int_equal(worker_pid(&f), 0);
    UNTIL(&f, track->lost == 1);
    assert_int_equal(f.interrupted, 1);
    UNTIL(&f, worker_pid(&f) != 0); /* when its time has come */
    drain(&f);
    clip_destroy(clip);
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
        transcode_supervisor_push(f.supervisor, broken, false);
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
        cmocka_unit_test(goes_on_at_a_keyframe_when_the_worker_is_killed),
        cmocka_unit_test(replaces_a_worker_that_hangs),
        cmocka_unit_test(replaces_a_worker_that_says_nothing),
        cmocka_unit_test(gives_up_after_five_crashes),
        cmocka_unit_test(delivers_the_old_before_the_new),
        cmocka_unit_test(changes_may_follow_each_other_at_once),
        cmocka_unit_test(changes_without_end_wait),
        cmocka_unit_test(may_be_destroyed_in_its_own_callback),
        cmocka_unit_test(refuses_when_the_machine_is_full),
        cmocka_unit_test(one_that_follows_another_has_its_place),
        cmocka_unit_test(survives_broken_pictures_and_sound),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
