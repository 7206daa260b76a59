/* SPDX-License-Identifier: Apache-2.0 */
#include "media/aac_config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"
#include "media/codec.h"

struct vector {
    const char *name;
    uint8_t data[16];
    size_t len;
    int err;
    int object_type, sample_rate, core_rate, frame_samples, channels;
    const char *rfc6381;
};

/* clang-format off */
static const struct vector vectors[] = {
    { "ffmpeg, LC stereo 48 kHz",        { 0x11, 0x90, 0x56, 0xe5, 0x00 }, 5, 0,
      2, 48000, 48000, 1024, 2, "mp4a.40.2" },
    { "LC mono 44.1 kHz",                { 0x12, 0x08 }, 2, 0,
      2, 44100, 44100, 1024, 1, "mp4a.40.2" },
    { "LC 5.1 48 kHz",                   { 0x11, 0xb0 }, 2, 0,
      2, 48000, 48000, 1024, 6, "mp4a.40.2" },
    { "LC 7.1 48 kHz",                   { 0x11, 0xb8 }, 2, 0,
      2, 48000, 48000, 1024, 8, "mp4a.40.2" },
    { "LC, rate written out: 44100",     { 0x17, 0x80, 0x56, 0x22, 0x10 }, 5, 0,
      2, 44100, 44100, 1024, 2, "mp4a.40.2" },
    { "HE, told first: 24 and 48 kHz",   { 0x2b, 0x11, 0x88, 0x00 }, 4, 0,
      5, 48000, 24000, 2048, 2, "mp4a.40.5" },
    { "HE, told behind: 24 and 48 kHz",  { 0x13, 0x10, 0x56, 0xe5, 0x98 }, 5, 0,
      5, 48000, 24000, 2048, 2, "mp4a.40.5" },
    { "HE with parametric stereo",       { 0xeb, 0x09, 0x88, 0x00 }, 4, 0,
      29, 48000, 24000, 2048, 1, "mp4a.40.29" },
    { "frames of 960 samples",           { 0x11, 0x94 }, 2, -ENOTSUP },
    { "channels by program config",      { 0x11, 0x80 }, 2, -ENOTSUP },
    { "xHE-AAC",                         { 0xf9, 0x46, 0x40 }, 3, -ENOTSUP },
    { "reserved rate",                   { 0x16, 0x90 }, 2, -ENOTSUP },
    { "rate written out: 0",             { 0x17, 0x80, 0x00, 0x00, 0x10 }, 5, -ENOTSUP },
    { "rate written out: 16 MHz",        { 0x17, 0xff, 0xff, 0xff, 0x90 }, 5, -ENOTSUP },
    { "nothing",                         { 0 }, 0, -EINVAL },
    { "one byte",                        { 0x12 }, 1, -EINVAL },
    { "rate cut off",                    { 0x17, 0x80, 0x56 }, 3, -EINVAL },
};
/* clang-format on */

static void reads_configurations(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        uint8_t *copy = mem_dup(v->data, v->len);
        struct codec_config *config = NULL;

        print_message("%s\n", v->name);
        assert_int_equal(codec_config_from_asc(&config, copy, v->len), v->err);
        mem_free(copy);
        if (v->err)
            continue;
        assert_int_equal(config->audio.object_type, v->object_type);
        assert_int_equal(config->audio.sample_rate, v->sample_rate);
        assert_int_equal(config->audio.core_rate, v->core_rate);
        assert_int_equal(config->audio.frame_samples, v->frame_samples);
        assert_int_equal(config->audio.channels, v->channels);
        assert_string_equal(config->rfc6381, v->rfc6381);
        codec_config_unref(config);
    }
}

/* The header that ffmpeg's adts muxer writes for the same frame. */
static void writes_adts_headers(void **state)
{
    static const uint8_t stereo_48k[] = { 0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfc };
    static const uint8_t mono_44k[] = { 0xff, 0xf1, 0x50, 0x40, 0x2e, 0x7f, 0xfc };
    struct audio_config audio = { .object_type = 2, .core_rate = 48000, .channels = 2 };
    uint8_t header[ADTS_SIZE];

    adts_write(header, &audio, 0x173 - ADTS_SIZE);
    assert_memory_equal(header, stereo_48k, ADTS_SIZE);
    audio.core_rate = 44100;
    audio.channels = 1;
    adts_write(header, &audio, 0x173 - ADTS_SIZE);
    assert_memory_equal(header, mono_44k, ADTS_SIZE);
}

static void names_the_nearest_rate_in_adts(void **state)
{
    static const int rates[][2] = {
        { 96000, 0 }, { 47000, 3 }, { 44000, 4 }, { 9000, 11 }, { 7100, 12 }
    };
    struct audio_config audio = { .object_type = 2, .channels = 2 };
    uint8_t header[ADTS_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        audio.core_rate = rates[i][0];
        adts_write(header, &audio, 100);
        assert_int_equal(header[2] >> 2 & 0x0f, rates[i][1]);
    }
}

static void tells_other_audio_apart(void **state)
{
    struct codec_config *a, *b;

    assert_int_equal(codec_config_from_asc(&a, vectors[0].data, vectors[0].len), 0);
    assert_int_equal(codec_config_from_asc(&b, vectors[1].data, vectors[1].len), 0);
    assert_false(codec_config_is_equal(a, b));
    assert_false(codec_config_is_compatible(a, b));
    codec_config_unref(b);

    assert_int_equal(codec_config_from_asc(&b, vectors[0].data, 2),
                     0); /* says less, means the same */
    assert_false(codec_config_is_equal(a, b));
    assert_true(codec_config_is_compatible(a, b));
    codec_config_unref(a);
    codec_config_unref(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_configurations),
        cmocka_unit_test(writes_adts_headers),
        cmocka_unit_test(names_the_nearest_rate_in_adts),
        cmocka_unit_test(tells_other_audio_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
