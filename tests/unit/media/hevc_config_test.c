/* SPDX-License-Identifier: Apache-2.0 */
/* What HEVC records and parameter sets say: those of libx265, and hostile ones. */
#include "media/codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/access_unit.h"
#include "media/hevc_sets.h"
#include "media/hevc_sps.h"
#include "media/hevc_vps.h"
#include "tests/unit/hevc_records.h"

#define RECORD(name) hevc_##name, sizeof(hevc_##name)

struct expected {
    const uint8_t *record;
    size_t len;
    int width, height;
    double fps;
    int sar_width, sar_height;
    struct video_colour colour;
    const char *name, *profile, *level;
};

/* As ffprobe has them; the names by ISO/IEC 14496-15, annex E. */
static void says_what_the_encoder_set(void **state)
{
    static const struct expected cases[] = {
        { RECORD(main_360), 640, 360, 30, 1, 1, { 0 }, "hvc1.1.6.L63.90", "Main", "2.1" },
        { RECORD(main10_1080_bt709),
          1920,
          1080,
          60,
          1,
          1,
          { 1, 1, 1, false },
          "hvc1.2.4.L123.90",
          "Main 10",
          "4.1" },
        { RECORD(cropped_444_anamorphic),
          322,
          182,
          25,
          4,
          3,
          { 0 },
          "hvc1.4.10.L60.9E.8",
          "Format Range Extensions",
          "2.0" },
        { RECORD(film_scaling_lists),
          1280,
          720,
          24000 / 1001.0,
          1,
          1,
          { 0 },
          "hvc1.1.6.L123.90",
          "Main",
          "4.1" },
        { RECORD(temporal_layers), 320, 180, 50, 1, 1, { 0 }, "hvc1.1.6.L60.90", "Main", "2.0" },
        { RECORD(grey),
          640,
          360,
          30,
          1,
          1,
          { 0, 0, 0, true },
          "hvc1.4.10.L63.9F.C8",
          "Format Range Extensions",
          "2.1" },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct expected *e = &cases[i];
        char level[VIDEO_LEVEL_SIZE];
        struct codec_config *config;
        const struct video_config *video;

        assert_int_equal(codec_config_from_hvcc(&config, e->record, e->len), 0);
        video = &config->video;
        assert_int_equal(video->codec, VIDEO_HEVC);
        assert_int_equal(video->width, e->width);
        assert_int_equal(video->height, e->height);
        assert_true(video->fps > e->fps - 0.001 && video->fps < e->fps + 0.001);
        assert_int_equal(video->sar_width, e->sar_width);
        assert_int_equal(video->sar_height, e->sar_height);
        assert_int_equal(video->colour.primaries, e->colour.primaries);
        assert_int_equal(video->colour.transfer, e->colour.transfer);
        assert_int_equal(video->colour.matrix, e->colour.matrix);
        assert_int_equal(video->colour.is_full_range, e->colour.is_full_range);
        assert_string_equal(config->rfc6381, e->name);
        assert_string_equal(video_profile_name(video), e->profile);
        assert_string_equal(video_level_name(level, video), e->level);
        codec_config_unref(config);
    }
}

/* Our record and ffmpeg's are the same but for what neither has to say alike: bytes 13 to 20
 * (rates, segmentation, parallelism) and whether sets are complete. */
static void writes_the_record_anew(void **state)
{
    struct codec_config *config;
    const struct bytes *ours;

    assert_int_equal(codec_config_from_hvcc(&config, RECORD(main_360)), 0);
    ours = config->video.hvcc;
    assert_int_equal(ours->len, sizeof(hevc_main_360));
    assert_memory_equal(ours->data, hevc_main_360, 13);
    assert_memory_equal(ours->data + 16, hevc_main_360 + 16, 3); /* chroma, bit depths */
    assert_int_equal(ours->data[21], hevc_main_360[21]); /* layers, nesting, four-byte lengths */
    assert_int_equal(ours->data[22], 3);
    assert_int_equal(ours->data[23], 0x80 | 32);
    assert_memory_equal(ours->data + 24, hevc_main_360 + 24, 28); /* the VPS */
    codec_config_unref(config);
}

static void names_tiers_spaces_and_constraints(void **state)
{
    static const struct {
        struct hevc_profile profile;
        const char *name;
    } cases[] = {
        { { { 0x01, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93 } }, "hvc1.1.6.L93.B0" },
        { { { 0x62, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 153 } }, "hvc1.A2.4.H153" },
        { { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff, 0xff, 255 } },
          "hvc1.C31.FFFFFFFF.H255.FF.0.FF.FF.FF.FF" },
    };
    char name[HEVC_CODEC_NAME_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        hevc_profile_codec_name(name, &cases[i].profile);
        assert_string_equal(name, cases[i].name);
    }
}

/* Every cut of every record, and every byte changed: an answer, and no byte read beyond. */
static void withstands_damage(void **state)
{
    static const struct {
        const uint8_t *record;
        size_t len;
    } records[] = { { RECORD(main_360) },
                    { RECORD(cropped_444_anamorphic) },
                    { RECORD(temporal_layers) } };
    struct codec_config *config;

    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        for (size_t len = 0; len < records[i].len; len++) {
            uint8_t *copy = mem_dup(records[i].record, len ? len : 1);

            assert_int_equal(codec_config_from_hvcc(&config, copy, len), -EINVAL);
            mem_free(copy);
        }
        for (size_t at = 0; at < records[i].len; at++)
            for (int bit = 0; bit < 8; bit++) {
                uint8_t *copy = mem_dup(records[i].record, records[i].len);

                copy[at] ^= (uint8_t)(1 << bit);
                if (!codec_config_from_hvcc(&config, copy, records[i].len))
                    codec_config_unref(config);
                mem_free(copy);
            }
    }
}

/* SEI in a record goes; a kind that is missing, or one under another's name, does not pass. */
static void wants_all_three_kinds(void **state)
{
    static const uint8_t sei[] = { 39, 0, 1, 0, 3, 0x4e, 0x01, 0x80 };
    uint8_t record[sizeof(hevc_main_360) + sizeof(sei)];
    struct codec_config *config, *plain;

    memcpy(record, hevc_main_360, sizeof(hevc_main_360));
    memcpy(record + sizeof(hevc_main_360), sei, sizeof(sei));
    record[22] = 4;
    assert_int_equal(codec_config_from_hvcc(&config, record, sizeof(record)), 0);
    assert_int_equal(codec_config_from_hvcc(&plain, RECORD(main_360)), 0);
    assert_true(codec_config_is_equal(config, plain));
    codec_config_unref(config);
    codec_config_unref(plain);
    record[22] = 2;
    assert_int_equal(codec_config_from_hvcc(&config, record, sizeof(record)), -EINVAL);
    record[22] = 3;
    record[23] = 33;
    assert_int_equal(codec_config_from_hvcc(&config, record, sizeof(record)), -EINVAL);
}

static void knows_lengths(void **state)
{
    uint8_t record[22] = { 1 };
    static const int sizes[] = { 1, 2, -EINVAL, 4 };

    for (int i = 0; i < 4; i++) {
        record[21] = (uint8_t)i;
        assert_int_equal(hvcc_length_size(record, sizeof(record)), sizes[i]);
    }
    assert_int_equal(hvcc_length_size(record, 21), -EINVAL);
}

/* The SPS of the record, behind a length, with another level. */
static void follows_parameter_sets_in_the_stream(void **state)
{
    struct access_unit unit = { .codec = VIDEO_HEVC };
    struct codec_config *config, *before;
    struct hevc_sets sets;
    uint8_t sps[64];

    assert_int_equal(codec_config_from_hvcc(&config, RECORD(main_360)), 0);
    before = config;
    assert_int_equal(hevc_sets_from_hvcc(&sets, RECORD(main_360)), 0);
    unit.sets[unit.set_count++] = sets.kinds[0].nals[0];
    unit.sets[unit.set_count++] = sets.kinds[1].nals[0];
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_ptr_equal(config, before);

    memcpy(sps, sets.kinds[1].nals[0].data, sets.kinds[1].nals[0].len);
    unit.sets[1].data = sps;
    sps[17] = 93; /* general_level_idc, behind three bytes against start codes */
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_string_equal(config->rfc6381, "hvc1.1.6.L93.90");
    assert_int_equal(config->video.width, 640);

    unit.sets[1].len = 5;
    before = config;
    assert_int_equal(codec_config_refresh(&config, &unit), -EINVAL);
    assert_ptr_equal(config, before);
    codec_config_unref(config);
}

static void is_never_like_h264(void **state)
{
    struct codec_config a = { .kind = MEDIA_VIDEO }, b = { .kind = MEDIA_VIDEO };

    b.video.codec = VIDEO_HEVC;
    assert_false(codec_config_is_equal(&a, &b));
    assert_false(codec_config_is_compatible(&a, &b));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_the_encoder_set),
        cmocka_unit_test(writes_the_record_anew),
        cmocka_unit_test(names_tiers_spaces_and_constraints),
        cmocka_unit_test(withstands_damage),
        cmocka_unit_test(wants_all_three_kinds),
        cmocka_unit_test(knows_lengths),
        cmocka_unit_test(follows_parameter_sets_in_the_stream),
        cmocka_unit_test(is_never_like_h264),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
