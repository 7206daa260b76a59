/* SPDX-License-Identifier: Apache-2.0 */
/* Playlists against the files in golden/. After an intended change: run with GOLDEN_UPDATE=1 and
 * read the difference. */
#include "media/playlist.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "media/multivariant.h"
#include "segment_fixture.h"

#define MANY 30

static struct segment *segments[MANY];

/* Whole segments of `parts` parts each, the first of them with this number. */
static struct media_playlist playlist_of(int64_t first, size_t count, int parts)
{
    for (size_t i = 0; i < count; i++)
        segments[i] = make_segment(first + (int64_t)i, parts, parts);
    return (struct media_playlist){
        .is_low_latency = true,
        .target_duration_s = 2,
        .part_target = FIXTURE_PART + 3000,
        .elapsed = first * parts * FIXTURE_PART,
        .source_wall_ms = FIXTURE_FIRST_MS,
        .now_wall_ms = INT64_C(1790000020471),
        .segments = segments,
        .segment_count = count,
        .next_part = (first + (int64_t)count) * parts,
    };
}

static void release(const struct media_playlist *p)
{
    for (size_t i = 0; i < p->segment_count; i++)
        segment_unref(p->segments[i]);
    segment_unref((struct segment *)p->growing);
}

static void golden_path(char path[512], const char *name)
{
    snprintf(path, 512, "%s/media/golden/%s.m3u8", TEST_UNIT, name);
}

static void write_golden(const char *name, const struct buf *out)
{
    char path[512];
    FILE *file;

    golden_path(path, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fwrite(out->data, 1, out->len, file);
    fclose(file);
}

static void expect_golden(const char *name, struct buf *out)
{
    char path[512], *expected = mem_zalloc(PLAYLIST_MAX_BYTES);
    FILE *file;

    if (getenv("GOLDEN_UPDATE"))
        write_golden(name, out);
    golden_path(path, name);
    file = fopen(path, "r");
    assert_non_null(file);
    fread(expected, 1, PLAYLIST_MAX_BYTES - 1, file);
    fclose(file);
    assert_string_equal(buf_str(out), expected);
    mem_free(expected);
    buf_clear(out);
}

static void expect_playlist(const char *name, const struct media_playlist *p, bool is_delta)
{
    struct buf out;

    buf_init(&out, PLAYLIST_MAX_BYTES);
    assert_int_equal(playlist_render(&out, p, is_delta), 0);
    expect_golden(name, &out);
    release(p);
}

static void lists_parts_near_the_live_edge_of_ts(void **state)
{
    struct media_playlist p = playlist_of(4, 10, 3);

    p.growing = make_segment(14, 2, 3);
    p.next_part = 44;
    expect_playlist("low_ts", &p, false);
}

static void names_the_init_section_once_while_it_is_the_same(void **state)
{
    struct playlist_report reports[] = {
        { "../480p30/index.m3u8", 10, 0 },
        { "../160p30/index.m3u8", 9, 5 },
    };
    struct media_playlist p = playlist_of(4, 6, 6);
    struct bytes *init = bytes_copy("init", 4);

    p.container = CONTAINER_FMP4;
    p.reports = reports;
    p.report_count = ARRAY_LEN(reports);
    for (size_t i = 0; i < p.segment_count; i++)
        give_init(segments[i], init, i < 4 ? 0 : 1);
    segments[4]->is_discontinuity = true;
    p.growing = make_segment(10, 1, 6);
    give_init((struct segment *)p.growing, init, 1);
    p.next_part = 61;
    expect_playlist("low_fmp4", &p, false);
    bytes_unref(init);
}

static void leaves_low_latency_tags_out_when_normal(void **state)
{
    struct media_playlist p = playlist_of(0, 6, 6);

    p.is_low_latency = false;
    expect_playlist("normal_ts", &p, false);
}

static void skips_what_lies_beyond_the_boundary(void **state)
{
    struct media_playlist p = playlist_of(100, 16, 6);

    expect_playlist("delta", &p, true);
}

static void delta_of_a_short_playlist_is_the_whole(void **state)
{
    struct media_playlist p = playlist_of(0, 6, 6);

    expect_playlist("delta_whole", &p, true);
}

static void offers_no_delta_where_the_window_is_within_the_boundary(void **state)
{
    struct media_playlist p = playlist_of(0, 6, 18);

    p.target_duration_s = 6;
    expect_playlist("long_segments", &p, true);
}

static void marks_what_a_rendition_lacks(void **state)
{
    struct media_playlist p = playlist_of(7, 6, 6);

    make_segment_gap(segments[4]);
    make_part_gap(segments[5]->parts[1]);
    expect_playlist("gap", &p, false);
}

static void counts_discontinuities_that_have_left(void **state)
{
    struct media_playlist p = playlist_of(50, 6, 6);

    p.discontinuity_sequence = 3;
    segments[2]->is_discontinuity = true;
    segments[2]->wall_ms += 17000;
    expect_playlist("discontinuity", &p, false);
}

static void ended_playlist_promises_nothing_more(void **state)
{
    struct playlist_report report = { "../480p30/index.m3u8", 25, 5 };
    struct media_playlist p = playlist_of(20, 6, 6);

    p.is_ended = true;
    p.reports = &report;
    p.report_count = 1;
    expect_playlist("ended", &p, true);
}

static void refuses_what_does_not_fit(void **state)
{
    struct media_playlist p = playlist_of(0, 6, 6);
    struct buf out;

    buf_init(&out, 100);
    assert_int_equal(playlist_render(&out, &p, false), -EMSGSIZE);
    buf_clear(&out);
    release(&p);
}

static void expect_multivariant(const char *name, const struct multivariant_playlist *p)
{
    struct buf out;

    buf_init(&out, PLAYLIST_MAX_BYTES);
    assert_int_equal(multivariant_render(&out, p), 0);
    expect_golden(name, &out);
}

/* clang-format off */
static const struct multivariant_rendition ladder[] = {
    { .uri = "https://live.example.com/v1/live/st-1/0/1080p60/index.m3u8", .id = "1080p60", .name = "1080p60",
      .codecs = "avc1.64002A,mp4a.40.2", .width = 1920, .height = 1080, .fps = 60,
      .peak_bps = 8100321, .average_bps = 7012345 },
    { .uri = "https://live.example.com/v1/live/st-1/0/480p30/index.m3u8", .id = "480p30", .name = "480p",
      .codecs = "avc1.4D401F,mp4a.40.2", .width = 852, .height = 480, .fps = 30000.0 / 1001,
      .peak_bps = 1427999 },
    { .uri = "https://live.example.com/v1/live/st-1/0/audio_only/index.m3u8", .id = "audio_only",
      .name = "audio_only", .codecs = "mp4a.40.2", .is_audio_only = true, .peak_bps = 70000 },
};
/* clang-format on */

static void tells_each_rendition_as_a_pair_of_tags(void **state)
{
    struct multivariant_playlist p = {
        .node = "edge-1.example",
        .now_wall_ms = INT64_C(1790000000125),
        .stream_ms = 81231,
        .tells_next_segment = true,
        .renditions = ladder,
        .rendition_count = ARRAY_LEN(ladder),
    };

    expect_multivariant("multivariant", &p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_parts_near_the_live_edge_of_ts),
        cmocka_unit_test(names_the_init_section_once_while_it_is_the_same),
        cmocka_unit_test(leaves_low_latency_tags_out_when_normal),
        cmocka_unit_test(skips_what_lies_beyond_the_boundary),
        cmocka_unit_test(delta_of_a_short_playlist_is_the_whole),
        cmocka_unit_test(offers_no_delta_where_the_window_is_within_the_boundary),
        cmocka_unit_test(marks_what_a_rendition_lacks),
        cmocka_unit_test(counts_discontinuities_that_have_left),
        cmocka_unit_test(ended_playlist_promises_nothing_more),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(tells_each_rendition_as_a_pair_of_tags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
