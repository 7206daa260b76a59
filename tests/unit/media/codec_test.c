/* SPDX-License-Identifier: Apache-2.0 */
#include "media/codec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/access_unit.h"
#include "media/h264_nal.h"

#define SET_MAX 64

/* A line of tests/vectors/h264_sps.txt. */
struct vector {
    char name[64];
    uint8_t sps[SET_MAX], pps[SET_MAX];
    size_t sps_len, pps_len;
    int width, height, sar_width, sar_height;
    double fps;
    int primaries, transfer, matrix, full_range;
    char profile[64], level[8];
};

static size_t from_hex(uint8_t out[SET_MAX], const char *hex)
{
    size_t len = strlen(hex) / 2;

    assert_true(len <= SET_MAX);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &out[i]), 1);
    return len;
}

static bool read_vector(FILE *file, struct vector *v)
{
    char line[512], sps[256], pps[256];
    int count;

    do {
        if (!fgets(line, sizeof(line), file))
            return false;
    } while (line[0] == '#');
    count = sscanf(line, "%63s %255s %255s %d %d %d %d %lf %d %d %d %d %63s %7s", v->name, sps, pps,
                   &v->width, &v->height, &v->sar_width, &v->sar_height, &v->fps, &v->primaries,
                   &v->transfer, &v->matrix, &v->full_range, v->profile, v->level);
    assert_int_equal(count, 14);
    v->sps_len = from_hex(v->sps, sps);
    v->pps_len = from_hex(v->pps, pps);
    for (char *c = v->profile; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    return true;
}

static void check_vector(const struct vector *v)
{
    struct codec_config *config;
    const struct video_config *video;
    char text[VIDEO_LEVEL_SIZE], name[24];

    print_message("%s\n", v->name);
    assert_int_equal(codec_config_from_sps_pps(&config, v->sps, v->sps_len, v->pps, v->pps_len), 0);
    video = &config->video;
    assert_int_equal(video->width, v->width);
    assert_int_equal(video->height, v->height);
    assert_int_equal(video->sar_width, v->sar_width);
    assert_int_equal(video->sar_height, v->sar_height);
    assert_float_equal(video->fps, v->fps, 0.001);
    assert_int_equal(video->colour.primaries, v->primaries);
    assert_int_equal(video->colour.transfer, v->transfer);
    assert_int_equal(video->colour.matrix, v->matrix);
    assert_int_equal(video->colour.is_full_range, v->full_range);
    assert_string_equal(video_profile_name(video), v->profile);
    assert_string_equal(video_level_name(text, video), v->level);
    snprintf(name, sizeof(name), "avc1.%02X%02X%02X", v->sps[1], v->sps[2], v->sps[3]);
    assert_string_equal(config->rfc6381, name);
    codec_config_unref(config);
}

static void reads_what_ffprobe_reads(void **state)
{
    FILE *file = fopen(TEST_VECTORS "/h264_sps.txt", "r");
    struct vector v;
    int count = 0;

    assert_non_null(file);
    for (; read_vector(file, &v); count++)
        check_vector(&v);
    fclose(file);
    assert_int_equal(count, 12);
}

static void first_vector(struct vector *v)
{
    FILE *file = fopen(TEST_VECTORS "/h264_sps.txt", "r");

    assert_non_null(file);
    assert_true(read_vector(file, v));
    fclose(file);
}

static struct codec_config *first_config(void)
{
    struct codec_config *config;
    struct vector v;

    first_vector(&v);
    assert_int_equal(codec_config_from_sps_pps(&config, v.sps, v.sps_len, v.pps, v.pps_len), 0);
    return config;
}

/* Behind the sets of a High profile stand chroma format and bit depths: 14496-15, 5.3.3.1.2. */
static void writes_the_record_with_four_byte_lengths(void **state)
{
    struct codec_config *config = first_config();
    const struct bytes *avcc = config->video.avcc;
    static const uint8_t head[] = { 1, 0x64, 0, 0x28, 0xff, 0xe1, 0 };
    static const uint8_t tail[] = { 0xfd, 0xf8, 0xf8, 0 };

    assert_memory_equal(avcc->data, head, sizeof(head));
    assert_memory_equal(avcc->data + avcc->len - 4, tail, sizeof(tail));
    assert_int_equal(avcc_length_size(avcc->data, avcc->len), 4);
    codec_config_unref(config);
}

static void reads_its_own_record_as_the_same_configuration(void **state)
{
    struct codec_config *config = first_config(), *again;

    assert_int_equal(
        codec_config_from_avcc(&again, config->video.avcc->data, config->video.avcc->len), 0);
    assert_true(codec_config_is_equal(config, again));
    assert_true(codec_config_is_compatible(config, again));
    codec_config_unref(config);
    codec_config_unref(again);
}

static void refuses_each_shortened_record(void **state)
{
    struct codec_config *config = first_config(), *out;
    const struct bytes *avcc = config->video.avcc;

    for (size_t len = 0; len < avcc->len - 4; len++) {
        uint8_t *copy = mem_dup(avcc->data, len); /* so that a read beyond is seen */

        assert_int_equal(codec_config_from_avcc(&out, copy, len), -EINVAL);
        mem_free(copy);
    }
    codec_config_unref(config);
}

static void keeps_every_parameter_set(void **state)
{
    static const uint8_t record[] = { 1,    0x42, 0xd0, 0x0b, 0xff, 0xe1, 0,    23,   0x67, 0x42,
                                      0xd0, 0x0b, 0xd9, 0x02, 0x0d, 0xb0, 0x11, 0,    0,    3,
                                      0,    1,    0,    0,    3,    0,    0x1e, 0x0f, 0x12, 0x26,
                                      0x48, 2,    0,    2,    0x68, 0xcb, 0,    2,    0x68, 0xcc };
    static const uint8_t sets[] = { 0, 0, 0, 1, 0x68, 0xcb, 0, 0, 0, 1, 0x68, 0xcc };
    struct codec_config *config;

    assert_int_equal(codec_config_from_avcc(&config, record, sizeof(record)), 0);
    assert_memory_equal(config->video.annexb_sets->data + 4 + 23, sets, sizeof(sets));
    assert_int_equal(config->video.annexb_sets->len, 4 + 23 + sizeof(sets));
    codec_config_unref(config);
}

/* A decoder copes with another quantiser matrix, not with another size. */
static void tells_compatible_changes_from_others(void **state)
{
    struct codec_config *config = first_config(), *other;
    static const uint8_t pps[] = { 0x68, 0xeb, 0xe3, 0xcb, 0x30, 0x02, 0xc0 };
    const struct bytes *sps = config->video.sps;

    assert_int_equal(codec_config_from_sps_pps(&other, sps->data, sps->len, pps, sizeof(pps)), 0);
    assert_false(codec_config_is_equal(config, other));
    assert_true(codec_config_is_compatible(config, other));
    other->video.width /= 2;
    assert_false(codec_config_is_compatible(config, other));
    assert_false(codec_config_is_compatible(config, NULL));
    assert_true(codec_config_is_compatible(NULL, NULL));
    codec_config_unref(config);
    codec_config_unref(other);
}

static void refreshes_only_for_other_parameter_sets(void **state)
{
    struct codec_config *config = first_config(), *before = config;
    struct access_unit unit = { 0 };
    struct vector v;

    first_vector(&v);
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_ptr_equal(config, before);
    unit.sets[0] = (struct h264_nal){ v.sps, v.sps_len, NAL_SPS };
    unit.sets[1] = (struct h264_nal){ v.pps, v.pps_len, NAL_PPS };
    unit.set_count = 2;
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_ptr_equal(config, before);

    v.sps[3] = 0x29; /* another level */
    unit.set_count = 1;
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_string_equal(config->rfc6381, "avc1.640029");
    assert_memory_equal(config->video.pps->data, v.pps, v.pps_len);
    codec_config_unref(config);
}

static void asks_for_both_sets_when_it_has_none(void **state)
{
    struct codec_config *config = NULL;
    struct access_unit unit = { 0 };
    struct vector v;

    first_vector(&v);
    unit.sets[unit.set_count++] = (struct h264_nal){ v.sps, v.sps_len, NAL_SPS };
    assert_int_equal(codec_config_refresh(&config, &unit), -EINVAL);
    assert_null(config);
    unit.sets[unit.set_count++] = (struct h264_nal){ v.pps, v.pps_len, NAL_PPS };
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_non_null(config);
    codec_config_unref(config);
}

/* An encoder with two PPS, and slices that name either. */
static void takes_all_sets_of_an_access_unit(void **state)
{
    static const uint8_t second[] = { 0x68, 0x5b, 0x8f, 0x2c };
    struct codec_config *config = NULL, *before;
    struct access_unit unit = { .set_count = 3 };
    const struct bytes *sets;
    struct vector v;

    first_vector(&v);
    unit.sets[0] = (struct h264_nal){ v.sps, v.sps_len, NAL_SPS };
    unit.sets[1] = (struct h264_nal){ v.pps, v.pps_len, NAL_PPS };
    unit.sets[2] = (struct h264_nal){ second, sizeof(second), NAL_PPS };
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    sets = config->video.annexb_sets;
    assert_int_equal(sets->len, 12 + v.sps_len + v.pps_len + sizeof(second));
    assert_memory_equal(sets->data + sets->len - sizeof(second), second, sizeof(second));
    before = config;
    unit.set_count = 2;
    assert_int_equal(codec_config_refresh(&config, &unit), 0);
    assert_ptr_equal(config, before);
    codec_config_unref(config);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_ffprobe_reads),
        cmocka_unit_test(writes_the_record_with_four_byte_lengths),
        cmocka_unit_test(reads_its_own_record_as_the_same_configuration),
        cmocka_unit_test(refuses_each_shortened_record),
        cmocka_unit_test(keeps_every_parameter_set),
        cmocka_unit_test(tells_compatible_changes_from_others),
        cmocka_unit_test(refreshes_only_for_other_parameter_sets),
        cmocka_unit_test(takes_all_sets_of_an_access_unit),
        cmocka_unit_test(asks_for_both_sets_when_it_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
