/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/flv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct expected {
    const char *data;
    size_t len;
    int err;
    enum flv_kind kind;
    size_t offset;
    int composition_ms;
    const char *codec;
    enum video_codec video;
};
#define DATA(text) text, sizeof(text) - 1

static void check(const struct expected *e, int (*parse)(struct flv_tag *, const uint8_t *, size_t))
{
    struct flv_tag tag;

    assert_int_equal(parse(&tag, (const uint8_t *)e->data, e->len), e->err);
    if (e->codec)
        assert_string_equal(tag.codec, e->codec);
    if (e->err)
        return;
    assert_int_equal(tag.kind, e->kind);
    assert_int_equal(tag.composition_ms, e->composition_ms);
    assert_int_equal(tag.video, e->video);
    if (tag.kind != FLV_OTHER)
        assert_int_equal(tag.offset, e->offset);
}

/* The first tag of a video message, as flv_parse_audio() answers. */
static int first_video(struct flv_tag *tag, const uint8_t *data, size_t len)
{
    struct flv_video video;
    int got;

    flv_video_init(&video, data, len);
    got = flv_video_next(&video, tag);
    return got == 1 ? 0 : got;
}

static void reads_legacy_video(void **state)
{
    /* clang-format off */
    static const struct expected cases[] = {
        { DATA("\x17\x00\0\0\0\1"),          0, FLV_CONFIG, 5, 0 },
        { DATA("\x27\x01\0\0\x50\1"),        0, FLV_FRAME,  5, 80 },
        { DATA("\x27\x01\xff\xff\xb0\1"),    0, FLV_FRAME,  5, -80 },
        { DATA("\x17\x02\0\0\0"),            0, FLV_OTHER,  0, 0 }, /* end of sequence */
        { DATA("\x17\x02"),                  0, FLV_OTHER,  0, 0 },
        { DATA("\x57\x00"),                  0, FLV_OTHER,  0, 0 }, /* a command */
        { DATA(""),                          0, FLV_OTHER,  0, 0 },
        { DATA("\x17"),                      -EINVAL },
        { DATA("\x17\x01\0\0"),              -EINVAL },
        { DATA("\x12\x00"),                  -ENOTSUP, .codec = "Sorenson H.263" },
        { DATA("\x1c\x00\0\0\0"),            -ENOTSUP, .codec = "H.265 (HEVC)" },
        { DATA("\x1f"),                      -ENOTSUP, .codec = "an unknown codec" },
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(&cases[i], first_video);
}

/* Enhanced RTMP 2, "Enhanced video" */
static void reads_enhanced_video(void **state)
{
    /* clang-format off */
    static const struct expected cases[] = {
        { DATA("\x90" "avc1\1"),                     0, FLV_CONFIG, 5, 0 },
        { DATA("\xa1" "avc1\0\0\x50" "x"),           0, FLV_FRAME,  8, 80 },
        { DATA("\xa1" "avc1\xff\xff\xb0" "x"),       0, FLV_FRAME,  8, -80 },
        { DATA("\xa3" "avc1x"),                      0, FLV_FRAME,  5, 0 },
        { DATA("\x92" "avc1"),                       0, FLV_OTHER,  0, 0 },
        { DATA("\x94" "whatever"),                   0, FLV_OTHER,  0, 0 }, /* HDR metadata */
        { DATA("\xd0\x00"),                          0, FLV_OTHER,  0, 0 }, /* a command */
        { DATA("\xa7\x02" "abc\x01" "avc1\0\0\1x"),  0, FLV_FRAME, 13, 1 }, /* ModEx */
        { DATA("\xa7\x00" "a\x07\x01" "ab\x03" "avc1x"), 0, FLV_FRAME, 12, 0 }, /* two of them */
        { DATA("\xa1" "avc1\0"),                     -EINVAL },
        { DATA("\x90" "av"),                         -EINVAL },
        { DATA("\xa7\x05" "abc"),                    -EINVAL },
        { DATA("\xa7\xff\xff\xff" "abc"),            -EINVAL },
        { DATA("\x90" "hvc1\1"),                     0, FLV_CONFIG, 5, 0, .video = VIDEO_HEVC },
        { DATA("\xa1" "hvc1\0\0\x50" "x"),           0, FLV_FRAME,  8, 80, .video = VIDEO_HEVC },
        { DATA("\xa3" "hvc1x"),                      0, FLV_FRAME,  5, 0, .video = VIDEO_HEVC },
        { DATA("\xa1" "hvc1\0"),                     -EINVAL },
        { DATA("\x90" "av01"),                       -ENOTSUP, .codec = "AV1" },
        { DATA("\x90" "ab\1d"),                      -ENOTSUP, .codec = "ab?d" },
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(&cases[i], first_video);
}

struct expected_track {
    int track;
    enum flv_kind kind;
    int composition_ms;
    const char *body;
    enum video_codec video;
};

/* `message` holds these tags and no others. */
static void check_tracks(const char *message, size_t len, const struct expected_track *expected,
                         int count)
{
    const uint8_t *data = (const uint8_t *)message;
    struct flv_video video;
    struct flv_tag tag;

    flv_video_init(&video, data, len);
    for (int i = 0; i < count; i++) {
        assert_int_equal(flv_video_next(&video, &tag), 1);
        assert_int_equal(tag.track, expected[i].track);
        assert_int_equal(tag.video, expected[i].video);
        assert_int_equal(tag.kind, expected[i].kind);
        assert_int_equal(tag.composition_ms, expected[i].composition_ms);
        if (!expected[i].body)
            continue;
        assert_int_equal(tag.len, strlen(expected[i].body));
        assert_memory_equal(data + tag.offset, expected[i].body, tag.len);
    }
    assert_int_equal(flv_video_next(&video, &tag), 0);
}
#define CHECK_TRACKS(text, ...)                                                                    \
    check_tracks(text, sizeof(text) - 1, (const struct expected_track[]){ __VA_ARGS__ },           \
                 sizeof((const struct expected_track[]){ __VA_ARGS__ }) /                          \
                     sizeof(struct expected_track))

/* Enhanced RTMP 2, "ExVideoTagBody": byte by byte as its pseudo code has it. One track a message is
 * what OBS and ffmpeg send. */
static void reads_one_track(void **state)
{
    CHECK_TRACKS("\x96\x00"
                 "avc1\x01"
                 "record",
                 { 1, FLV_CONFIG, 0, "record" });
    CHECK_TRACKS("\xa6\x01"
                 "avc1\x02"
                 "\0\0\x50"
                 "units",
                 { 2, FLV_FRAME, 80, "units" });
    CHECK_TRACKS("\xa6\x03"
                 "avc1\x04"
                 "units",
                 { 4, FLV_FRAME, 0, "units" });
    CHECK_TRACKS("\xa6\x02"
                 "avc1\x01",
                 { 1, FLV_OTHER, 0, NULL });
    CHECK_TRACKS("\xa6\x04"
                 "avc1\x01"
                 "colours",
                 { 1, FLV_OTHER, 0, NULL });
    CHECK_TRACKS("\xa7\x00"
                 "a\x06\x03"
                 "avc1\x01"
                 "x",
                 { 1, FLV_FRAME, 0, "x" }); /* ModEx */
}

static void reads_many_tracks(void **state)
{
    CHECK_TRACKS("\x96\x10"
                 "avc1"
                 "\0\0\0\3one"
                 "\1\0\0\2to",
                 { 0, FLV_CONFIG, 0, "one" }, { 1, FLV_CONFIG, 0, "to" });
    CHECK_TRACKS("\xa6\x11"
                 "avc1"
                 "\0\0\0\4\0\0\x28"
                 "a"
                 "\3\0\0\5\xff\xff\xff"
                 "bc",
                 { 0, FLV_FRAME, 40, "a" }, { 3, FLV_FRAME, -1, "bc" });
    CHECK_TRACKS("\xa6\x23"
                 "avc1\1\0\0\1a"
                 "avc1\2\0\0\0",
                 { 1, FLV_FRAME, 0, "a" }, { 2, FLV_FRAME, 0, "" });
    CHECK_TRACKS("\xa6\x23"
                 "avc1\1\0\0\1a"
                 "hvc1\2\0\0\1b",
                 { 1, FLV_FRAME, 0, "a" }, { 2, FLV_FRAME, 0, "b", VIDEO_HEVC });
}

static void refuses_broken_tracks(void **state)
{
    /* clang-format off */
    static const struct expected cases[] = {
        { DATA("\x96"),                          -EINVAL },
        { DATA("\x96\x06" "avc1\0"),             -EINVAL }, /* multitrack in multitrack */
        { DATA("\x96\x30" "avc1\0"),             -EINVAL }, /* reserved */
        { DATA("\x96\x00" "avc"),                -EINVAL },
        { DATA("\x96\x00" "avc1"),               -EINVAL }, /* which one? */
        { DATA("\xa6\x01" "avc1\x01\0\0"),       -EINVAL },
        { DATA("\x96\x10" "avc1\0\0\0\2x"),      -EINVAL }, /* a size beyond the end */
        { DATA("\xa6\x11" "avc1\0\0\0\2xyz"),    -EINVAL }, /* shorter than a frame's head */
        { DATA("\x96\x20" "vp09\1\0\0\1x"),      -ENOTSUP, .codec = "VP9" },
        { DATA("\x96\x00" "av01\1x"),           -ENOTSUP, .codec = "AV1" },
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(&cases[i], first_video);
}

static void reads_audio(void **state)
{
    /* clang-format off */
    static const struct expected cases[] = {
        { DATA("\xaf\x00\x12\x10"),   0, FLV_CONFIG, 2, 0 },
        { DATA("\xaf\x01x"),          0, FLV_FRAME,  2, 0 },
        { DATA("\xaf\x01"),           0, FLV_OTHER,  0, 0 }, /* an empty frame */
        { DATA("\xaf\x05"),           0, FLV_OTHER,  0, 0 },
        { DATA(""),                   0, FLV_OTHER,  0, 0 },
        { DATA("\x90" "mp4a\x12\x10"),0, FLV_CONFIG, 5, 0 },
        { DATA("\x91" "mp4ax"),       0, FLV_FRAME,  5, 0 },
        { DATA("\x94" "mp4a\1\2"),    0, FLV_OTHER,  0, 0 }, /* channel order */
        { DATA("\xaf"),               -EINVAL },
        { DATA("\x91" "mp"),          -EINVAL },
        { DATA("\x2f\x01"),           -ENOTSUP, .codec = "MP3" },
        { DATA("\x90" "Opus"),        -ENOTSUP, .codec = "Opus" },
        { DATA("\x95\x00" "mp4a"),    -ENOTSUP, .codec = "multitrack audio" },
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        check(&cases[i], flv_parse_audio);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_legacy_video),    cmocka_unit_test(reads_enhanced_video),
        cmocka_unit_test(reads_one_track),       cmocka_unit_test(reads_many_tracks),
        cmocka_unit_test(refuses_broken_tracks), cmocka_unit_test(reads_audio),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
