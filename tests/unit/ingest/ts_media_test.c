/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/ts_media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ts_recording.h"
#include "ts_writer.h"

#define FRAMES_MAX 200
#define WRAP       (INT64_C(1) << 33)

/* High profile, 320x180, and a PPS for it: as x264 writes them */
static const uint8_t sets[] = { 0,    0,    0,    1,    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9,
                                0x41, 0x41, 0x9f, 0x9f, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00,
                                0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60,
                                0,    0,    0,    1,    0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0 };
static const uint8_t delimiter[] = { 0, 0, 0, 1, 0x09, 0xf0 };
static const uint8_t idr[] = { 0, 0, 0, 1, 0x65, 0x88, 0x84, 0x21 };
static const uint8_t slice[] = { 0, 0, 0, 1, 0x41, 0x9a, 0x21, 0x6c };

struct seen {
    enum media_kind kind;
    bool is_idr;
    int64_t pts, dts;
    size_t len;
};

struct fixture {
    struct ts_media *media;
    struct ts_writer ts;
    struct seen frames[FRAMES_MAX];
    size_t count;
    int configs[2], tracks_told;
    struct demux_tracks tracks;
    enum demux_refusal refusal;
};

static void on_tracks(const struct demux_tracks *tracks, void *ctx)
{
    struct fixture *f = ctx;

    f->tracks = *tracks;
    f->tracks_told++;
}

static void on_config(struct codec_config *config, void *ctx)
{
    struct fixture *f = ctx;

    f->configs[config->kind]++;
}

static void on_packet(const struct link_packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    assert_true(f->configs[packet->kind] > 0);
    assert_true(f->count < FRAMES_MAX);
    assert_true(packet->arrival_us == 7);
    f->frames[f->count++] =
        (struct seen){ packet->kind, packet->is_idr, packet->pts, packet->dts, packet->len };
}

static void on_refused(enum demux_refusal refusal, void *ctx)
{
    struct fixture *f = ctx;

    assert_int_equal(f->refusal, DEMUX_CARRIED);
    f->refusal = refusal;
}

static int setup(void **state)
{
    static const struct ts_media_events events = { on_tracks, on_config, on_packet, on_refused };
    struct fixture *f = mem_zalloc(sizeof(*f));

    buf_init(&f->ts.out, 1 << 22);
    f->media = ts_media_create(&events, f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    ts_media_destroy(f->media);
    buf_clear(&f->ts.out);
    mem_free(f);
    return 0;
}

/* Hands over what was written since. */
static void push(struct fixture *f)
{
    ts_media_push(f->media, f->ts.out.data, f->ts.out.len, 7);
    buf_reset(&f->ts.out);
}

static void picture(struct fixture *f, const uint8_t *nal, int64_t pts, int64_t dts)
{
    struct buf unit;

    buf_init(&unit, 4096);
    buf_append(&unit, delimiter, sizeof(delimiter));
    if (nal == idr)
        buf_append(&unit, sets, sizeof(sets));
    buf_append(&unit, nal, 8);
    ts_pes_out(&f->ts, TS_VIDEO_PID, pts, dts, unit.data, unit.len);
    buf_clear(&unit);
}

/* AAC-LC, 48 kHz, stereo: `count` frames of 20 bytes with their headers. */
static size_t sound(uint8_t *out, int count)
{
    static const uint8_t header[] = { 0xff, 0xf1, 0x4c, 0x80, 0x02, 0x9f, 0xfc };

    for (int i = 0; i < count; i++) {
        memset(out + 20 * i, 0x21, 20);
        memcpy(out + 20 * i, header, sizeof(header));
    }
    return 20 * (size_t)count;
}

static void sounds(struct fixture *f, int count, int64_t pts)
{
    uint8_t data[400];

    ts_pes_out(&f->ts, TS_AUDIO_PID, pts, TS_NO_TIME, data, sound(data, count));
}

static void assert_frame(const struct fixture *f, size_t i, enum media_kind kind, int64_t pts,
                         int64_t dts)
{
    assert_true(i < f->count);
    assert_int_equal(f->frames[i].kind, kind);
    assert_true(f->frames[i].pts == pts);
    assert_true(f->frames[i].dts == dts);
}

static uint32_t damaged(const struct fixture *f)
{
    struct demux_stats stats;

    ts_media_stats(f->media, &stats);
    return stats.damaged;
}

/* ---- somebody else's stream ---- */

static const struct seen *next_of(const struct fixture *f, enum media_kind kind, size_t *at)
{
    while (*at < f->count && f->frames[*at].kind != kind)
        ++*at;
    return *at < f->count ? &f->frames[(*at)++] : NULL;
}

/* What ffprobe says of the same file: kind, pts, dts, whether it is a key frame. The last picture
 * has no end. */
static void assert_as_ffprobe_sees_it(const struct fixture *f)
{
    FILE *file = fopen(TEST_VECTORS "/ts/ffmpeg-bframes.txt", "r");
    size_t at[2] = { 0, 0 }, compared = 0;
    long long pts, dts;
    char kind[8];
    int is_key;

    assert_non_null(file);
    while (fscanf(file, "%7s %lld %lld %d", kind, &pts, &dts, &is_key) == 4) {
        bool is_video = strcmp(kind, "video") == 0;
        const struct seen *frame = next_of(f, is_video ? MEDIA_VIDEO : MEDIA_AUDIO, &at[is_video]);

        if (!frame)
            continue;
        assert_true(llabs(frame->pts - pts) <= 2); /* 44.1 kHz is no whole number of ticks */
        assert_true(llabs(frame->dts - dts) <= 2);
        assert_int_equal(frame->is_idr, is_key);
        compared++;
    }
    fclose(file);
    assert_true(compared >= 30 - 1 + 53 && compared == f->count);
}

static void sees_what_ffprobe_sees_however_it_is_cut(void **state)
{
    static const size_t steps[] = { 1, 187, 188, 1316, 1 << 20 };
    struct bytes *ts = ts_recording();

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct fixture *f;

        setup((void **)&f);
        for (size_t at = 0, n; at < ts->len; at += n) {
            n = ts->len - at < steps[i] ? ts->len - at : steps[i];
            ts_media_push(f->media, ts->data + at, n, 7);
        }
        assert_true(f->tracks.has_video && f->tracks.has_audio);
        assert_int_equal(f->tracks_told, 1);
        assert_int_equal(f->configs[MEDIA_VIDEO], 1);
        assert_int_equal(f->configs[MEDIA_AUDIO], 1);
        assert_int_equal(damaged(f), 0);
        assert_as_ffprobe_sees_it(f);
        teardown((void **)&f);
    }
    bytes_unref(ts);
}

/* ---- times ---- */

static void times_are_33_bits_and_wrap(void **state)
{
    struct fixture *f = *state;

    ts_tables_out(&f->ts, 0x1b, 0x0f, TS_AUDIO_PID, NULL);
    picture(f, idr, WRAP - 3000 + 6000, WRAP - 3000);
    picture(f, slice, 3000, 0);
    picture(f, slice, 9000, 3000);
    sounds(f, 3, WRAP - 1920);
    push(f);
    assert_int_equal(f->count, 5);
    assert_frame(f, 0, MEDIA_VIDEO, 3000, WRAP - 3000);
    assert_frame(f, 1, MEDIA_VIDEO, 3000, 0);
    assert_frame(f, 2, MEDIA_AUDIO, WRAP - 1920, WRAP - 1920);
    assert_frame(f, 3, MEDIA_AUDIO, 0, 0);
    assert_frame(f, 4, MEDIA_AUDIO, 1920, 1920);
}

static void an_absurd_delay_is_none(void **state)
{
    struct fixture *f = *state;

    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, idr, 90000 * 60, 90000);
    picture(f, slice, 3000, 93000); /* shown before it is decoded */
    picture(f, slice, 96000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 2);
    assert_frame(f, 0, MEDIA_VIDEO, 90000, 90000);
    assert_frame(f, 1, MEDIA_VIDEO, 93000, 93000);
}

static void pictures_with_one_time_follow_at_their_pace(void **state)
{
    struct fixture *f = *state;
    uint8_t two[2 * 14];

    memcpy(two, delimiter, 6);
    memcpy(two + 6, slice, 8);
    memcpy(two + 14, two, 14);
    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, idr, 90000, TS_NO_TIME);
    picture(f, slice, 93600, TS_NO_TIME);
    ts_pes_out(&f->ts, TS_VIDEO_PID, 97200, TS_NO_TIME, two, sizeof(two));
    picture(f, slice, 104400, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 4);
    assert_frame(f, 2, MEDIA_VIDEO, 97200, 97200);
    assert_frame(f, 3, MEDIA_VIDEO, 100800, 100800);
    assert_int_equal(f->frames[3].len, 8);
}

static void sound_across_packets_keeps_its_times(void **state)
{
    struct fixture *f = *state;
    uint8_t data[60];

    sound(data, 3);
    ts_tables_out(&f->ts, 0x1b, 0x0f, TS_AUDIO_PID, NULL);
    ts_pes_out(&f->ts, TS_AUDIO_PID, 9000, TS_NO_TIME, data, 27);
    ts_pes_out(&f->ts, TS_AUDIO_PID, 9000 + 2 * 1920, TS_NO_TIME, data + 27, 33);
    push(f);
    assert_int_equal(f->count, 3);
    for (int i = 0; i < 3; i++) {
        assert_frame(f, (size_t)i, MEDIA_AUDIO, 9000 + i * 1920, 9000 + i * 1920);
        assert_int_equal(f->frames[i].len, 13);
    }
}

/* ---- forms ---- */

static void a_large_picture_may_fill_several_packets(void **state)
{
    struct fixture *f = *state;
    uint8_t large[2000];

    memset(large, 0xaa, sizeof(large));
    memcpy(large, idr, sizeof(idr));
    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, idr, 90000, TS_NO_TIME);
    ts_pes_out(&f->ts, TS_VIDEO_PID, 93000, TS_NO_TIME, large, 1000);
    ts_pes_out(&f->ts, TS_VIDEO_PID, TS_NO_TIME, TS_NO_TIME, large + 1000, 1000);
    picture(f, slice, 96000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 2);
    assert_int_equal(f->frames[1].len, sizeof(large)); /* a start code is as long as a length */
}

static void delimiters_may_be_missing(void **state)
{
    struct fixture *f = *state;
    uint8_t first[sizeof(sets) + sizeof(idr)];

    memcpy(first, sets, sizeof(sets));
    memcpy(first + sizeof(sets), idr, sizeof(idr));
    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    ts_pes_out(&f->ts, TS_VIDEO_PID, 90000, TS_NO_TIME, first, sizeof(first));
    ts_pes_out(&f->ts, TS_VIDEO_PID, 93000, TS_NO_TIME, slice, sizeof(slice));
    ts_pes_out(&f->ts, TS_VIDEO_PID, 96000, TS_NO_TIME, slice, sizeof(slice));
    push(f);
    assert_int_equal(f->count, 2);
    assert_true(f->frames[0].is_idr && !f->frames[1].is_idr);
    assert_false(f->tracks.has_audio);
}

static void a_new_map_moves_a_track(void **state)
{
    struct fixture *f = *state;
    uint8_t data[20];

    ts_tables_out(&f->ts, 0x1b, 0x0f, TS_AUDIO_PID, NULL);
    sounds(f, 1, 9000);
    ts_tables_out(&f->ts, 0x1b, 0x0f, 0x200, NULL);
    sounds(f, 1, 18000); /* nobody's any more */
    ts_pes_out(&f->ts, 0x200, 27000, TS_NO_TIME, data, sound(data, 1));
    ts_tables_out(&f->ts, 0x1b, 0x0f, 0x200, NULL); /* the same again */
    push(f);
    assert_int_equal(f->tracks_told, 2);
    assert_int_equal(f->count, 2);
    assert_frame(f, 1, MEDIA_AUDIO, 27000, 27000);
    assert_int_equal(f->configs[MEDIA_AUDIO], 1);
}

static void pictures_wait_for_their_parameter_sets(void **state)
{
    struct fixture *f = *state;

    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, slice, 90000, TS_NO_TIME);
    picture(f, slice, 93000, TS_NO_TIME);
    picture(f, idr, 96000, TS_NO_TIME);
    picture(f, slice, 99000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 1);
    assert_true(f->frames[0].is_idr);
}

/* ---- damage ---- */

/* An IDR, and a picture whose second packet is missing. */
static void picture_with_a_hole(struct fixture *f)
{
    uint8_t large[1000];

    memset(large, 0xaa, sizeof(large));
    memcpy(large, slice, sizeof(slice));
    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, idr, 90000, TS_NO_TIME);
    push(f);
    ts_pes_out(&f->ts, TS_VIDEO_PID, 93000, TS_NO_TIME, large, sizeof(large));
    memmove(f->ts.out.data + 188, f->ts.out.data + 2 * 188, f->ts.out.len - 2 * 188);
    buf_truncate(&f->ts.out, f->ts.out.len - 188);
}

static void a_lost_packet_costs_its_picture(void **state)
{
    struct fixture *f = *state;

    picture_with_a_hole(f);
    push(f);
    picture(f, slice, 96000, TS_NO_TIME);
    picture(f, slice, 99000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 2);
    assert_frame(f, 0, MEDIA_VIDEO, 90000, 90000);
    assert_frame(f, 1, MEDIA_VIDEO, 96000, 96000);
    assert_int_equal(damaged(f), 1);
}

static void what_goes_on_with_a_lost_picture_is_lost_with_it(void **state)
{
    struct fixture *f = *state;

    picture_with_a_hole(f);
    ts_pes_out(&f->ts, TS_VIDEO_PID, TS_NO_TIME, TS_NO_TIME, slice, sizeof(slice));
    picture(f, slice, 96000, TS_NO_TIME);
    picture(f, slice, 99000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 2);
    assert_frame(f, 1, MEDIA_VIDEO, 96000, 96000);
    assert_int_equal(damaged(f), 1);
}

static void a_repeated_packet_counts_once(void **state)
{
    struct fixture *f = *state;

    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, idr, 90000, TS_NO_TIME);
    buf_append(&f->ts.out, f->ts.out.data + f->ts.out.len - 188, 188);
    picture(f, slice, 93000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 1);
    assert_int_equal(damaged(f), 0);
}

static void finds_packets_again_behind_garbage(void **state)
{
    struct fixture *f = *state;

    buf_append_str(&f->ts.out, "G\x47 no transport stream");
    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    picture(f, idr, 90000, TS_NO_TIME);
    buf_append_str(&f->ts.out, "GGG");
    picture(f, slice, 93000, TS_NO_TIME);
    picture(f, slice, 96000, TS_NO_TIME);
    push(f);
    assert_int_equal(f->count, 2);
}

static void broken_sound_is_passed_over(void **state)
{
    struct fixture *f = *state;
    uint8_t data[60];

    sound(data, 3);
    data[20] = 0; /* the second header */
    ts_tables_out(&f->ts, 0x1b, 0x0f, TS_AUDIO_PID, NULL);
    ts_pes_out(&f->ts, TS_AUDIO_PID, 9000, TS_NO_TIME, data, sizeof(data));
    push(f);
    assert_int_equal(f->count, 2);
    assert_int_equal(damaged(f), 1);
}

/* ---- refusals ---- */

static void says_by_name_what_is_not_carried(void **state)
{
    /* clang-format off */
    static const struct {
        int video, audio;
        const char *descriptors, *text;
    } cases[] = {
        { 0x24, 0x0f, NULL, "H.265 is not supported: send H.264" },
        { 0x02, 0x0f, NULL, "MPEG-1 or MPEG-2 video is not supported: send H.264" },
        { 0x1b, 0x03, NULL, "MP2 or MP3 is not supported: send AAC" },
        { 0x1b, 0x11, NULL, "AAC in LATM is not supported: send AAC in ADTS" },
        { 0x1b, 0x81, NULL, "AC-3 is not supported: send AAC" },
        { 0x1b, 0x06, "\x05\x04Opus", "Opus is not supported: send AAC" },
        { 0x1b, 0x06, "\x0a\x04""deu\x01\x6a\x01\x80", "AC-3 is not supported: send AAC" },
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture *f;

        setup((void **)&f);
        ts_tables_out(&f->ts, cases[i].video, cases[i].audio, TS_AUDIO_PID, cases[i].descriptors);
        picture(f, idr, 90000, TS_NO_TIME);
        picture(f, slice, 93000, TS_NO_TIME);
        push(f);
        assert_string_equal(demux_refusal_text(f->refusal), cases[i].text);
        assert_int_equal(f->count, 0);
        assert_int_equal(f->tracks_told, 0);
        teardown((void **)&f);
    }
}

static void data_beside_the_media_is_ignored(void **state)
{
    struct fixture *f = *state;

    ts_tables_out(&f->ts, 0x1b, 0x06, TS_AUDIO_PID, "\x56\x00"); /* teletext */
    push(f);
    assert_int_equal(f->refusal, DEMUX_CARRIED);
    assert_true(f->tracks.has_video && !f->tracks.has_audio);
}

static void scrambled_media_is_refused(void **state)
{
    struct fixture *f = *state;

    ts_tables_out(&f->ts, 0x1b, 0, 0, NULL);
    push(f);
    picture(f, idr, 90000, TS_NO_TIME);
    f->ts.out.data[3] |= 0x80;
    push(f);
    assert_int_equal(f->refusal, DEMUX_SCRAMBLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_what_ffprobe_sees_however_it_is_cut),
        TEST(times_are_33_bits_and_wrap),
        TEST(an_absurd_delay_is_none),
        TEST(pictures_with_one_time_follow_at_their_pace),
        TEST(sound_across_packets_keeps_its_times),
        TEST(a_large_picture_may_fill_several_packets),
        TEST(delimiters_may_be_missing),
        TEST(a_new_map_moves_a_track),
        TEST(pictures_wait_for_their_parameter_sets),
        TEST(a_lost_packet_costs_its_picture),
        TEST(what_goes_on_with_a_lost_picture_is_lost_with_it),
        TEST(a_repeated_packet_counts_once),
        TEST(finds_packets_again_behind_garbage),
        TEST(broken_sound_is_passed_over),
        cmocka_unit_test(says_by_name_what_is_not_carried),
        TEST(data_beside_the_media_is_ignored),
        TEST(scrambled_media_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
