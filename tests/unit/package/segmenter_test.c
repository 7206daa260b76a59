/* SPDX-License-Identifier: Apache-2.0 */
/* A muxer of words stands in for the containers: a part reads "I0 v33 a40", an init "init 640x360".
 */
#include "package/segmenter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "media/segment.h"
#include "package/cut_plan.h"
#include "package/mux.h"
#include "tests/unit/packet_fixture.h"

#define MS 90

static struct muxer *words_create(const struct mux_tracks *tracks)
{
    return NULL;
}

static void words_destroy(struct muxer *m)
{
}

static struct bytes *words_init(const struct mux_tracks *tracks)
{
    struct buf buf;

    buf_init(&buf, 256);
    buf_printf(&buf, "init %dx%d", tracks->video->video.width, tracks->video->video.height);
    return bytes_from_buf(&buf);
}

static int words_part(struct muxer *m, const struct mux_part *part, struct bytes **out)
{
    struct buf buf;

    buf_init(&buf, 65536);
    for (int i = 0; i < part->tag_count; i++)
        buf_printf(&buf, "#%d ", (int)(part->tags[i].pts / MS));
    for (int i = 0; i < part->packet_count; i++) {
        const struct packet *packet = part->packets[i];
        char kind = packet->kind == MEDIA_AUDIO ? 'a' : packet->is_idr ? 'I' : 'v';

        buf_printf(&buf, "%s%c%d", i ? " " : "", kind, (int)(packet->dts / MS));
    }
    if (part->next_video_dts >= 0)
        buf_printf(&buf, " >%d", (int)(part->next_video_dts / MS));
    *out = bytes_from_buf(&buf);
    return 0;
}

static const struct mux_format words = { "words", words_create, words_destroy, words_init,
                                         words_part };

struct fixture {
    struct codec_config *video, *small, *audio;
    struct segmenter *segmenter;
    struct segment *growing[64], *whole[64];
    int growing_count, whole_count;
};

static void on_part(struct segment *growing, void *ctx)
{
    struct fixture *f = ctx;

    assert_true(f->growing_count < 64);
    f->growing[f->growing_count++] = segment_ref(growing);
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct fixture *f = ctx;

    assert_true(f->whole_count < 64);
    f->whole[f->whole_count++] = segment_ref(segment);
}

static void begin(struct fixture *f, int64_t lag_max)
{
    static const struct segmenter_events events = { on_part, on_segment };
    struct segmenter_config config = { .format = &words, .lag_max = lag_max, .tag = "test" };

    *f = (struct fixture){ 0 };
    f->video = config.video = make_video_config();
    f->audio = config.audio = make_audio_config(48000);
    f->small = make_small_video_config();
    f->segmenter = segmenter_create(&config, &events, f);
}

static void end(struct fixture *f)
{
    segmenter_destroy(f->segmenter);
    for (int i = 0; i < f->growing_count; i++)
        segment_unref(f->growing[i]);
    for (int i = 0; i < f->whole_count; i++)
        segment_unref(f->whole[i]);
    codec_config_unref(f->video);
    codec_config_unref(f->small);
    codec_config_unref(f->audio);
}

/* A cut at `ms`, numbered like the plan numbers it. */
static struct cut make_cut(int64_t segment, int part, int ms)
{
    return (struct cut){
        .segment = segment,
        .part = part,
        .start = ms * MS,
        .previous_end = ms * MS,
        .video_from = ms * MS,
        .audio_from = ms * MS,
        .wall_ms = 1790000000000 + ms,
    };
}

static void cut(struct fixture *f, int64_t segment, int part, int ms)
{
    struct cut c = make_cut(segment, part, ms);

    segmenter_cut(f->segmenter, &c);
}

static void push(struct fixture *f, struct packet *packet)
{
    assert_int_equal(segmenter_push(f->segmenter, packet), 0);
    packet_unref(packet);
}

static void idr(struct fixture *f, int ms)
{
    push(f, make_picture(f->video, ms * MS, true, 16));
}

static void video(struct fixture *f, int ms)
{
    push(f, make_picture(f->video, ms * MS, false, 16));
}

static void audio(struct fixture *f, int ms)
{
    push(f, make_sound(f->audio, ms * MS, 16));
}

/* The newest part says `text`. */
static void expect_part(const struct fixture *f, int count, const char *text)
{
    const struct segment *view;
    const struct part *part;

    assert_int_equal(f->growing_count, count);
    view = f->growing[count - 1];
    part = view->parts[view->part_count - 1];
    assert_int_equal(part->number, count - 1);
    assert_int_equal(part->data->len, strlen(text));
    assert_memory_equal(part->data->data, text, part->data->len);
}

static void cuts_where_the_plan_says(void **state)
{
    struct fixture f;

    begin(&f, 0);
    cut(&f, 7, 0, 0);
    idr(&f, 0);
    audio(&f, 0);
    video(&f, 33);
    cut(&f, 7, 1, 66);
    assert_int_equal(f.growing_count, 0);
    video(&f, 66);
    expect_part(&f, 1, "I0 a0 v33 >66");
    assert_true(f.growing[0]->parts[0]->is_independent);
    assert_int_equal(f.growing[0]->number, 7);
    cut(&f, 8, 0, 100);
    idr(&f, 100);
    expect_part(&f, 2, "v66 >100");
    assert_false(f.growing[1]->parts[1]->is_independent);
    assert_int_equal(f.whole_count, 1);
    assert_int_equal(f.whole[0]->part_count, 2);
    assert_int_equal(f.whole[0]->duration, 100 * MS);
    assert_int_equal(f.whole[0]->wall_ms, 1790000000000);
    assert_true(f.whole[0]->is_independent);
    end(&f);
}

/* A view that was handed out never changes: whoever holds it reads it on another thread. */
static void grows_by_views_that_stay_as_they_are(void **state)
{
    struct fixture f;

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    for (int k = 1; k < 20; k++) {
        cut(&f, 0, k, 33 * k);
        video(&f, 33 * k);
        assert_int_equal(f.growing[k - 1]->part_count, k);
        assert_int_equal(f.growing[k - 1]->duration, k * 33 * MS);
        assert_ptr_equal(f.growing[k - 1]->parts[0], f.growing[0]->parts[0]);
    }
    end(&f);
}

static void is_not_independent_without_an_idr(void **state)
{
    struct fixture f;

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    cut(&f, 1, 0, 100);
    video(&f, 100);
    cut(&f, 1, 1, 200);
    idr(&f, 200);
    cut(&f, 2, 0, 300);
    idr(&f, 300);
    assert_int_equal(f.whole_count, 2);
    assert_false(f.whole[1]->is_independent);
    assert_false(f.whole[1]->parts[0]->is_independent);
    assert_true(f.whole[1]->parts[1]->is_independent);
    end(&f);
}

static void makes_gaps_of_what_it_lacks(void **state)
{
    struct fixture f;

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    for (int k = 1; k < 4; k++)
        cut(&f, 0, k, 100 * k);
    cut(&f, 1, 0, 400);
    cut(&f, 1, 1, 500);
    cut(&f, 2, 0, 600);
    idr(&f, 600);
    assert_int_equal(f.whole_count, 2);
    assert_int_equal(f.whole[0]->part_count, 4);
    assert_false(f.whole[0]->is_gap);
    assert_true(f.whole[0]->parts[1]->is_gap);
    assert_null(f.whole[0]->parts[1]->data);
    assert_int_equal(f.whole[0]->parts[1]->start, 100 * MS);
    assert_true(f.whole[1]->is_gap);
    assert_false(f.whole[1]->is_independent);
    assert_int_equal(f.whole[1]->parts[1]->number, 5);
    assert_int_equal(segmenter_counts(f.segmenter).gap_parts, 5);
    end(&f);
}

/* A worker was lost: players are told at once, not when the next one has something. */
static void tells_gaps_at_once_while_it_is_interrupted(void **state)
{
    struct fixture f;

    begin(&f, 9000 * MS);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    cut(&f, 0, 1, 300);
    assert_int_equal(f.growing_count, 0);
    segmenter_interrupt(f.segmenter);
    assert_int_equal(f.growing_count, 1);
    assert_false(f.growing[0]->parts[0]->is_gap);
    cut(&f, 0, 2, 600);
    assert_int_equal(f.growing_count, 2);
    assert_true(f.growing[1]->parts[1]->is_gap);
    cut(&f, 1, 0, 1000);
    assert_int_equal(f.whole_count, 1);
    segmenter_resume(f.segmenter);
    cut(&f, 1, 1, 1300);
    cut(&f, 1, 2, 1600);
    assert_int_equal(f.growing_count, 3);
    idr(&f, 1000);
    video(&f, 1033);
    video(&f, 1300);
    expect_part(&f, 4, "I1000 v1033 >1300");
    end(&f);
}

/* Cuts far ahead of a rendition that takes its time, as behind a transcoder. */
static void waits_for_a_rendition_that_is_behind(void **state)
{
    struct fixture f;

    begin(&f, 2000 * MS);
    for (int k = 0; k < 6; k++)
        cut(&f, 0, k, 300 * k);
    assert_int_equal(f.growing_count, 0);
    idr(&f, 0);
    video(&f, 299);
    assert_int_equal(f.growing_count, 0);
    video(&f, 300);
    expect_part(&f, 1, "I0 v299 >300");
    end(&f);
}

static void does_not_wait_longer_than_it_may(void **state)
{
    struct fixture f;

    begin(&f, 1000 * MS);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    for (int k = 1; k < 8; k++)
        cut(&f, 0, k, 300 * k);
    /* the cut at 2100 is told: those before 1100 are passed */
    assert_int_equal(f.growing_count, 3);
    assert_true(f.growing[2]->parts[1]->is_gap);
    end(&f);
}

static void drops_what_comes_too_late_up_to_an_idr(void **state)
{
    struct fixture f;

    begin(&f, 1000 * MS);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    for (int k = 1; k < 8; k++)
        cut(&f, 0, k, 300 * k);
    video(&f, 400); /* its part was closed 500 ms ago */
    video(&f, 950); /* in time, but not to be decoded */
    audio(&f, 960); /* sound needs nothing before */
    idr(&f, 1000);
    video(&f, 1033);
    video(&f, 1200);
    expect_part(&f, 4, "a960 I1000 v1033 >1200");
    assert_int_equal(segmenter_counts(f.segmenter).late_packets, 2);
    end(&f);
}

/* The source's IDR came late and its sound had gone out: every rendition leaves it where it was. */
static void sorts_sound_as_the_source_did(void **state)
{
    struct cut c = make_cut(1, 0, 1000);
    struct fixture f;

    begin(&f, 2000 * MS);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    c.audio_from = 1100 * MS;
    segmenter_cut(f.segmenter, &c);
    video(&f, 967);
    audio(&f, 990);
    idr(&f, 1000);
    audio(&f, 1011);
    video(&f, 1033);
    audio(&f, 1090);
    assert_int_equal(f.growing_count, 0);
    audio(&f, 1111);
    expect_part(&f, 1, "I0 v967 a990 a1011 a1090 >1000");
    cut(&f, 2, 0, 2000);
    idr(&f, 2000);
    expect_part(&f, 2, "I1000 v1033 a1111 >2000");
    end(&f);
}

static void takes_another_init_only_when_it_differs(void **state)
{
    struct fixture f;
    struct cut c = make_cut(2, 0, 2000);

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    cut(&f, 1, 0, 1000);
    idr(&f, 1000);
    c.is_discontinuity = true;
    segmenter_cut(f.segmenter, &c);
    push(&f, make_picture(f.small, 2000 * MS, true, 16));
    cut(&f, 3, 0, 3000);
    push(&f, make_picture(f.small, 3000 * MS, true, 16));
    assert_int_equal(f.whole_count, 3);
    assert_int_equal(f.whole[0]->init_number, 0);
    assert_memory_equal(f.whole[0]->init->data, "init 640x360", 12);
    assert_ptr_equal(f.whole[1]->init, f.whole[0]->init);
    assert_int_equal(f.whole[2]->init_number, 1);
    assert_memory_equal(f.whole[2]->init->data, "init 128x96", 11);
    assert_true(f.whole[2]->is_discontinuity);
    end(&f);
}

static void ends_what_is_in_production_when_flushed(void **state)
{
    struct cut last = make_cut(1, 0, 90);
    struct fixture f;

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    video(&f, 33);
    last.is_end = true;
    segmenter_cut(f.segmenter, &last);
    segmenter_flush(f.segmenter);
    expect_part(&f, 1, "I0 v33");
    assert_int_equal(f.whole_count, 1);
    assert_int_equal(f.whole[0]->duration, 90 * MS);
    video(&f, 100); /* belongs nowhere */
    cut(&f, 1, 0, 5000);
    idr(&f, 5000);
    cut(&f, 1, 1, 5100);
    video(&f, 5100);
    expect_part(&f, 2, "I5000 >5100");
    end(&f);
}

static void puts_tags_into_the_part_of_their_time(void **state)
{
    struct fixture f;

    begin(&f, 0);
    segmenter_add_tag(f.segmenter, 350 * MS, (const uint8_t *)"x", 1);
    segmenter_add_tag(f.segmenter, 50 * MS, (const uint8_t *)"y", 1);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    cut(&f, 0, 1, 300);
    video(&f, 300);
    expect_part(&f, 1, "#50 I0 >300");
    segmenter_add_tag(f.segmenter, 10 * MS, (const uint8_t *)"late", 4);
    cut(&f, 0, 2, 600);
    video(&f, 600);
    expect_part(&f, 2, "#300 #350 v300 >600");
    end(&f);
}

static void keeps_tags_over_a_gap(void **state)
{
    struct fixture f;

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    segmenter_add_tag(f.segmenter, 350 * MS, (const uint8_t *)"x", 1);
    cut(&f, 0, 1, 300);
    cut(&f, 0, 2, 600);
    video(&f, 600);
    cut(&f, 0, 3, 900);
    video(&f, 900);
    expect_part(&f, 3, "#600 v600 >900");
    end(&f);
}

/* Not when it is decoded: with reordered pictures that is earlier. */
static void puts_the_segment_tag_where_the_first_picture_is_shown(void **state)
{
    static const struct segmenter_events events = { on_part, on_segment };
    struct segmenter_config config = { .format = &words,
                                       .writes_segment_tags = true,
                                       .tag = "test" };
    struct packet *packet;
    struct fixture f;

    begin(&f, 0);
    segmenter_destroy(f.segmenter);
    config.video = f.video;
    f.segmenter = segmenter_create(&config, &events, &f);
    cut(&f, 0, 0, 0);
    packet = make_picture(f.video, 0, true, 16);
    packet->pts = 67 * MS;
    push(&f, packet);
    cut(&f, 0, 1, 300);
    video(&f, 300);
    expect_part(&f, 1, "#67 I0 >300");
    cut(&f, 0, 2, 600);
    video(&f, 600);
    expect_part(&f, 2, "v300 >600"); /* one in each segment */
    end(&f);
}

static void ignores_what_it_has_no_track_for(void **state)
{
    static const struct segmenter_events events = { on_part, on_segment };
    struct segmenter_config config = { .format = &words, .tag = "test" };
    struct fixture f;

    begin(&f, 0);
    segmenter_destroy(f.segmenter);
    config.video = f.video;
    f.segmenter = segmenter_create(&config, &events, &f);
    cut(&f, 0, 0, 0);
    idr(&f, 0);
    audio(&f, 10);
    cut(&f, 0, 1, 300);
    video(&f, 300);
    expect_part(&f, 1, "I0 >300");
    end(&f);
}

static void refuses_a_part_beyond_its_limit(void **state)
{
    struct packet *packet;
    struct fixture f;
    int err = 0, pushed = 0;

    begin(&f, 0);
    cut(&f, 0, 0, 0);
    packet = make_picture(f.video, 0, true, 60000);
    for (; !err && pushed < 1000; pushed++)
        err = segmenter_push(f.segmenter, packet);
    packet_unref(packet);
    assert_int_equal(err, -EMSGSIZE);
    assert_in_range(pushed, 200, 300);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_where_the_plan_says),
        cmocka_unit_test(grows_by_views_that_stay_as_they_are),
        cmocka_unit_test(is_not_independent_without_an_idr),
        cmocka_unit_test(makes_gaps_of_what_it_lacks),
        cmocka_unit_test(tells_gaps_at_once_while_it_is_interrupted),
        cmocka_unit_test(waits_for_a_rendition_that_is_behind),
        cmocka_unit_test(does_not_wait_longer_than_it_may),
        cmocka_unit_test(drops_what_comes_too_late_up_to_an_idr),
        cmocka_unit_test(sorts_sound_as_the_source_did),
        cmocka_unit_test(takes_another_init_only_when_it_differs),
        cmocka_unit_test(ends_what_is_in_production_when_flushed),
        cmocka_unit_test(puts_tags_into_the_part_of_their_time),
        cmocka_unit_test(keeps_tags_over_a_gap),
        cmocka_unit_test(puts_the_segment_tag_where_the_first_picture_is_shown),
        cmocka_unit_test(ignores_what_it_has_no_track_for),
        cmocka_unit_test(refuses_a_part_beyond_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
