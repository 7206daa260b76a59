/* SPDX-License-Identifier: Apache-2.0 */
/* Several renditions that follow one plan: the source, a rung at half the frame rate that comes out
 * of a transcoder later, and sound alone. A player that switches between them must find the same
 * numbers and times, and neither miss nor hear twice a frame of sound. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/package_chain.h"
#include "tests/unit/packet_fixture.h"

#define SEGMENTS_MAX 64
#define RUNG_LAG     (2 * MEDIA_TIMESCALE)

/* A muxer that keeps nothing but the number of pictures and the times of the sound. */
struct content {
    int pictures, sounds;
    int64_t first_sound, last_sound;
};

static struct muxer *count_create(const struct mux_tracks *tracks)
{
    return NULL;
}

static void count_destroy(struct muxer *m)
{
}

static int count_part(struct muxer *m, const struct mux_part *part, struct bytes **out)
{
    struct content content = { 0 };

    for (int i = 0; i < part->packet_count; i++) {
        const struct packet *packet = part->packets[i];

        if (packet->kind == MEDIA_VIDEO) {
            content.pictures++;
            continue;
        }
        if (!content.sounds++)
            content.first_sound = packet->dts;
        content.last_sound = packet->dts;
    }
    *out = bytes_copy(&content, sizeof(content));
    return 0;
}

static const struct mux_format count_format = {
    .create = count_create,
    .destroy = count_destroy,
    .write_part = count_part,
};

struct rendition {
    struct segment *segments[SEGMENTS_MAX];
    int count;
};

struct fixture {
    struct package_chain chain;
    struct codec_config *video, *audio, *rung_video;
    struct rendition source, sound, rung;
    struct interleave *rung_order;
    struct segmenter *rung_segmenter;
};

static void on_part(struct segment *growing, void *ctx)
{
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct rendition *rendition = ctx;

    assert_true(rendition->count < SEGMENTS_MAX);
    rendition->segments[rendition->count++] = segment_ref(segment);
}

static const struct segmenter_events events = { on_part, on_segment };

static void on_rung_packet(struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    assert_int_equal(segmenter_push(f->rung_segmenter, packet), 0);
}

static void on_cut(const struct cut *cut, void *ctx)
{
    struct fixture *f = ctx;

    chain_cut(cut, &f->chain);
    segmenter_cut(f->rung_segmenter, cut);
}

static void begin(struct fixture *f)
{
    const struct interleave_config order = { true, true, RUNG_LAG };
    struct segmenter_config config = { .format = &count_format,
                                       .lag_max = RUNG_LAG,
                                       .tag = "rung" };

    *f = (struct fixture){ 0 };
    f->video = make_video_config();
    f->audio = make_audio_config(48000);
    f->rung_video = make_small_video_config();
    config.video = f->rung_video;
    config.audio = f->audio;
    chain_init(&f->chain, &count_format, &events, &f->source);
    f->chain.audio_events = events;
    f->chain.audio_ctx = &f->sound;
    f->chain.on_cut = on_cut;
    f->chain.cut_ctx = f;
    f->rung_order = interleave_create(&order, on_rung_packet, f);
    f->rung_segmenter = segmenter_create(&config, &events, &f->rung);
}

static void drop_segments(struct rendition *rendition)
{
    while (rendition->count)
        segment_unref(rendition->segments[--rendition->count]);
}

static void end(struct fixture *f)
{
    chain_clear(&f->chain);
    interleave_destroy(f->rung_order);
    segmenter_destroy(f->rung_segmenter);
    drop_segments(&f->source);
    drop_segments(&f->sound);
    drop_segments(&f->rung);
    codec_config_unref(f->video);
    codec_config_unref(f->audio);
    codec_config_unref(f->rung_video);
}

/* What happens to the rung's pictures, by index of the source's. */
typedef bool keeps_fn(int i);

static bool keeps_all(int i)
{
    return true;
}

/* The encoder's clock: RTMP's milliseconds. */
static int64_t video_time(int i)
{
    return llround(i * 1000 / 60.0) * 90;
}

static void push_rung(struct fixture *f, int64_t dts, bool is_idr, bool is_sound)
{
    struct packet *packet =
        is_sound ? make_sound(f->audio, dts, 16) : make_picture(f->rung_video, dts, is_idr, 16);

    interleave_push(f->rung_order, packet);
    packet_unref(packet);
}

/* The rung has every other picture, and the sound up to it. */
static void run_rung(struct fixture *f, int i, keeps_fn *keeps, int *sounds)
{
    for (; *sounds * 1920 <= video_time(i); ++*sounds)
        push_rung(f, TIMELINE_START + *sounds * 1920, false, true);
    if (i % 2 == 0 && keeps(i))
        push_rung(f, TIMELINE_START + video_time(i), i % 60 == 0, false);
}

/* 60 pictures a second, an IDR each second. The transcoder is fed from going live on and takes
 * 150 ms. */
static void run(struct fixture *f, int seconds, keeps_fn *keeps, int sound_ahead_ms)
{
    int sounds = 0, rung_sounds = 0, rung = 0;

    for (int i = 0; i < seconds * 60; i++) {
        int64_t time = video_time(i);

        chain_push(&f->chain, make_picture(f->video, time, i % 60 == 0, 16));
        for (; sounds * 1920 <= time + sound_ahead_ms * 90; sounds++)
            chain_push(&f->chain, make_sound(f->audio, sounds * 1920, 16));
        for (; f->chain.is_live && rung <= i - 9; rung++)
            run_rung(f, rung, keeps, &rung_sounds);
    }
    chain_pause(&f->chain);
    interleave_flush(f->rung_order);
    segmenter_flush(f->rung_segmenter);
}

static struct content content_of(const struct segment *segment)
{
    struct content all = { 0 };

    for (int i = 0; i < segment->part_count; i++) {
        struct content part;

        if (segment->parts[i]->is_gap)
            continue;
        memcpy(&part, segment->parts[i]->data->data, sizeof(part));
        if (part.sounds && !all.sounds)
            all.first_sound = part.first_sound;
        if (part.sounds)
            all.last_sound = part.last_sound;
        all.pictures += part.pictures;
        all.sounds += part.sounds;
    }
    return all;
}

static void expect_same_cuts(const struct rendition *a, const struct rendition *b)
{
    assert_int_equal(a->count, b->count);
    for (int i = 0; i < a->count; i++) {
        const struct segment *x = a->segments[i], *y = b->segments[i];

        assert_int_equal(x->number, y->number);
        assert_int_equal(x->start, y->start);
        assert_int_equal(x->duration, y->duration);
        assert_int_equal(x->wall_ms, y->wall_ms);
        assert_int_equal(x->is_discontinuity, y->is_discontinuity);
        assert_int_equal(x->part_count, y->part_count);
        for (int k = 0; k < x->part_count; k++) {
            assert_int_equal(x->parts[k]->number, y->parts[k]->number);
            assert_int_equal(x->parts[k]->start, y->parts[k]->start);
            assert_int_equal(x->parts[k]->duration, y->parts[k]->duration);
        }
    }
}

static void expect_same_sound(const struct rendition *a, const struct rendition *b, int count)
{
    for (int i = 0; i < count; i++) {
        struct content x = content_of(a->segments[i]), y = content_of(b->segments[i]);

        assert_int_equal(x.sounds, y.sounds);
        assert_int_equal(x.first_sound, y.first_sound);
        assert_int_equal(x.last_sound, y.last_sound);
    }
}

static void cuts_all_renditions_alike(void **state)
{
    struct fixture f;

    begin(&f);
    run(&f, 12, keeps_all, 0);
    assert_int_equal(f.source.count, 12);
    expect_same_cuts(&f.source, &f.sound);
    expect_same_cuts(&f.source, &f.rung);
    expect_same_sound(&f.source, &f.sound, 12);
    expect_same_sound(&f.source, &f.rung, 11); /* the last 150 ms never came */
    for (int i = 0; i < 11; i++) {
        assert_int_equal(content_of(f.source.segments[i]).pictures, 60);
        assert_int_equal(content_of(f.rung.segments[i]).pictures, 30);
        assert_true(f.rung.segments[i]->is_independent);
    }
    assert_int_equal(segmenter_counts(f.rung_segmenter).gap_parts, 0);
    end(&f);
}

/* An encoder that does not interleave: its sound is far ahead, more than anybody waits for. */
static void sorts_sound_alike_behind_a_careless_encoder(void **state)
{
    struct fixture f;

    begin(&f);
    run(&f, 12, keeps_all, 450);
    expect_same_cuts(&f.source, &f.rung);
    expect_same_sound(&f.source, &f.sound, 11);
    expect_same_sound(&f.source, &f.rung, 11);
    end(&f);
}

static bool misses_five_seconds(int i)
{
    return i < 180 || i >= 480;
}

/* The worker died and came back: sound went on, pictures did not. */
static void goes_on_with_sound_where_a_rung_lacks_pictures(void **state)
{
    struct fixture f;

    begin(&f);
    run(&f, 12, misses_five_seconds, 0);
    expect_same_cuts(&f.source, &f.rung);
    for (int i = 0; i < 11; i++) {
        assert_int_equal(content_of(f.rung.segments[i]).pictures, i >= 3 && i < 8 ? 0 : 30);
        assert_int_equal(f.rung.segments[i]->is_independent, i < 3 || i >= 8);
        assert_false(f.rung.segments[i]->is_gap);
    }
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_all_renditions_alike),
        cmocka_unit_test(sorts_sound_alike_behind_a_careless_encoder),
        cmocka_unit_test(goes_on_with_sound_where_a_rung_lacks_pictures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
