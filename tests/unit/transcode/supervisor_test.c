/* SPDX-License-Identifier: Apache-2.0 */
/* Real workers on real media: what viewers of a transcoded stream get. */
#include "supervisor_fixture.h"

/* -- what is checked of every ladder -- */

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

/* GOPs of three seconds, of which a segment begins in the middle of the second one. */
static void check_keys_at_segments(const char *type, const int64_t *expected, size_t count)
{
    struct clip *clip = clip_of("-f lavfi -i testsrc2=s=320x240:r=60:d=6 "
                                "-c:v libx264 -preset ultrafast -g 180 -bf 0");
    struct fixture f;
    const struct track *track;
    size_t keys = 0;

    setup(&f, type, clip);
    track = video_of(&f, "160p30");
    for (size_t i = 0; i < clip->count; i++) {
        UNTIL(&f, is_ready_for(&f, clip->packets[i]));
        f.begins_segment = i == 0 || i == 180 || i == 267; /* seconds 0, 3 and 4.45 */
        push(&f, clip->packets[i], 0);
    }
    drain(&f);
    for (size_t k = 0; k < track->count; k++) {
        int64_t since = track->packets[k]->pts - track->packets[0]->pts;
        if (!track->packets[k]->is_idr)
            continue;
        assert_true(keys < count);
        assert_int_equal(since, expected[keys] * MEDIA_TIMESCALE / 100);
        assert_true(track->packets[k]->dts == track->packets[k]->pts);
        keys++;
    }
    assert_int_equal(keys, count);
    clip_destroy(clip);
    teardown(&f);
}

static void keyframes_stand_where_segments_begin(void **state)
{
    static const int64_t standard[] = { 0, 300, 445 }, advanced[] = { 0, 200, 300, 445 };

    check_keys_at_segments("STANDARD", standard, ARRAY_LEN(standard));
    check_keys_at_segments("ADVANCED_SD", advanced, ARRAY_LEN(advanced));
}

static void keyframes_that_come_too_fast_are_not_all_kept(void **state)
{
    struct clip *clip = clip_of("-f lavfi -i testsrc2=s=320x240:r=60:d=2 "
                                "-c:v libx264 -preset ultrafast -g 1");
    struct fixture f;
    const struct track *track;
    size_t keys = 0;

    setup(&f, "STANDARD", clip);
    track = video_of(&f, "160p30");
    feed(&f, clip);
    drain(&f);
    for (size_t k = 0; k < track->count; k++)
        keys += track->packets[k]->is_idr;
    assert_int_equal(keys, 5); /* every 0.4 s */
    assert_int_equal(track->count, 60);
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rung_has_the_sources_frames_and_keyframes),
        cmocka_unit_test(halved_rungs_keep_every_keyframe),
        cmocka_unit_test(advanced_types_have_keyframes_at_most_two_seconds_apart),
        cmocka_unit_test(keyframes_stand_where_segments_begin),
        cmocka_unit_test(keyframes_that_come_too_fast_are_not_all_kept),
        cmocka_unit_test(sound_is_where_the_source_has_it),
        cmocka_unit_test(an_hour_does_not_drift),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
