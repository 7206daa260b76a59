/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/reader.h"
#include "package/mux.h"
#include "tests/unit/packet_fixture.h"

#define PACKETS_MAX 64
#define START       INT64_C(900000)

struct fixture {
    struct codec_config *video, *audio, *audio_44k;
    struct muxer *muxer;
    struct packet *packets[PACKETS_MAX];
    int count;
    struct bytes *out;
};

static void begin(struct fixture *f)
{
    struct mux_tracks tracks;

    *f = (struct fixture){ 0 };
    f->video = tracks.video = make_video_config();
    f->audio = tracks.audio = make_audio_config(48000);
    f->audio_44k = make_audio_config(44100);
    f->muxer = mux_fmp4.create(&tracks);
}

static void drop_packets(struct fixture *f)
{
    while (f->count)
        packet_unref(f->packets[--f->count]);
}

static void end(struct fixture *f)
{
    drop_packets(f);
    bytes_unref(f->out);
    mux_fmp4.destroy(f->muxer);
    codec_config_unref(f->video);
    codec_config_unref(f->audio);
    codec_config_unref(f->audio_44k);
}

static struct packet *picture(struct fixture *f, int64_t dts, bool is_idr, size_t len)
{
    return f->packets[f->count++] = make_picture(f->video, dts, is_idr, len);
}

static void sound(struct fixture *f, int64_t dts, size_t len)
{
    f->packets[f->count++] = make_sound(f->audio, dts, len);
}

static void write_part(struct fixture *f, int64_t next_video_dts, const struct timed_tag *tag)
{
    const struct mux_part part = {
        .start = f->packets[0]->dts,
        .packets = f->packets,
        .packet_count = f->count,
        .next_video_dts = next_video_dts,
        .tags = tag,
        .tag_count = tag ? 1 : 0,
    };

    bytes_unref(f->out);
    f->out = NULL;
    assert_int_equal(mux_fmp4.write_part(f->muxer, &part, &f->out), 0);
}

/* The content of a box by its path, such as "moof/traf/trun"; the `n`th where there are more. */
static struct reader find_box(const uint8_t *data, size_t len, const char *path, int n)
{
    struct reader r, content = { .err = -ENODATA };

    reader_init(&r, data, len);
    while (reader_left(&r)) {
        size_t size = read_u32(&r);
        const uint8_t *type = read_bytes(&r, 4);
        const uint8_t *body = read_bytes(&r, size - 8);

        assert_non_null(body);
        if (memcmp(type, path, 4))
            continue;
        if (path[4] == '/' && strchr(path + 5, '/') == NULL && n)
            n--; /* which of the outer ones */
        else if (path[4] == '/')
            return find_box(body, size - 8, path + 5, 0);
        else if (!n--) {
            reader_init(&content, body, size - 8);
            return content;
        }
    }
    return content;
}

static struct reader box(const struct fixture *f, const char *path, int traf)
{
    struct reader moof = find_box(f->out->data, f->out->len, "moof", 0);
    struct reader r = find_box(moof.data, moof.len, path, traf);

    assert_int_equal(r.err, 0);
    return r;
}

static int64_t decode_time(const struct fixture *f, int traf)
{
    struct reader r = box(f, "traf/tfdt", traf);

    assert_int_equal(read_u32(&r), 0x01000000);
    return (int64_t)read_u64(&r);
}

struct sample {
    uint32_t duration, size, flags;
    int32_t composition;
    const uint8_t *data;
};

static int samples(const struct fixture *f, int traf, struct sample *out)
{
    struct reader r = box(f, "traf/trun", traf);
    uint32_t flags = read_u32(&r) & 0xffffff;
    int count = (int)read_u32(&r);
    const struct reader moof = find_box(f->out->data, f->out->len, "moof", 0);
    const uint8_t *data = moof.data - 8 + read_u32(&r);

    for (int i = 0; i < count; i++) {
        out[i].duration = read_u32(&r);
        out[i].size = read_u32(&r);
        out[i].flags = read_u32(&r);
        out[i].composition = flags & 0x800 ? (int32_t)read_u32(&r) : 0;
        out[i].data = data;
        data += out[i].size;
    }
    assert_int_equal(reader_err(&r), 0);
    assert_int_equal(reader_left(&r), 0);
    assert_true(data <= f->out->data + f->out->len);
    return count;
}

static void tells_where_each_sample_lies(void **state)
{
    struct sample s[PACKETS_MAX];
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100);
    sound(&f, START, 30);
    picture(&f, START + 3000, false, 50);
    sound(&f, START + 1920, 40);
    write_part(&f, START + 6000, NULL);
    assert_int_equal(samples(&f, 0, s), 2);
    assert_int_equal(s[1].size, 50);
    assert_memory_equal(s[0].data, f.packets[0]->data->data, 100);
    assert_memory_equal(s[1].data, f.packets[2]->data->data, 50);
    assert_int_equal(samples(&f, 1, s), 2);
    assert_memory_equal(s[0].data, f.packets[1]->data->data, 30);
    assert_memory_equal(s[1].data, f.packets[3]->data->data, 40);
    assert_ptr_equal(s[1].data + 40, f.out->data + f.out->len);
    end(&f);
}

static void tells_how_long_pictures_last(void **state)
{
    struct sample s[PACKETS_MAX];
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100);
    picture(&f, START + 2970, false, 50);
    picture(&f, START + 6030, false, 50);
    write_part(&f, START + 9000, NULL);
    samples(&f, 0, s);
    assert_int_equal(decode_time(&f, 0), START);
    assert_int_equal(s[0].duration, 2970);
    assert_int_equal(s[1].duration, 3060);
    assert_int_equal(s[2].duration, 2970);
    write_part(&f, -1, NULL); /* what follows is not known: as the one before */
    samples(&f, 0, s);
    assert_int_equal(s[2].duration, 3060);
    end(&f);
}

static void tells_sync_samples_and_reordering(void **state)
{
    struct sample s[PACKETS_MAX];
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100)->pts += 6000;
    picture(&f, START + 3000, false, 50)->pts += 9000;
    picture(&f, START + 6000, false, 50)->pts -= 100;
    write_part(&f, START + 9000, NULL);
    samples(&f, 0, s);
    assert_int_equal(s[0].flags, 0x02000000);
    assert_int_equal(s[1].flags, 0x01010000);
    assert_int_equal(s[0].composition, 6000);
    assert_int_equal(s[1].composition, 9000);
    assert_int_equal(s[2].composition, -100);
    end(&f);
}

/* 44.1 kHz has no whole ticks in a frame: counted in samples nothing is lost over hours. */
static void counts_sound_in_its_own_rate(void **state)
{
    struct mux_tracks tracks;
    struct sample s[PACKETS_MAX];
    struct fixture f;
    int64_t expected = -1;

    begin(&f);
    tracks = (struct mux_tracks){ .audio = f.audio_44k };
    mux_fmp4.destroy(f.muxer);
    f.muxer = mux_fmp4.create(&tracks);
    for (int part = 0; part < 2000; part++) {
        for (int i = 0; i < 14; i++) {
            int64_t n = part * 14 + i;

            f.packets[f.count++] = make_sound(f.audio_44k, START + n * 1024 * 90000 / 44100, 8);
        }
        write_part(&f, -1, NULL);
        assert_true(expected < 0 || decode_time(&f, 0) == expected);
        expected = decode_time(&f, 0);
        samples(&f, 0, s);
        for (int i = 0; i < 14; i++) {
            assert_int_equal(s[i].duration, 1024);
            expected += 1024;
        }
        drop_packets(&f);
    }
    assert_int_equal(expected, START * 441 / 900 + 2000 * 14 * 1024);
    end(&f);
}

static void leaves_room_for_missing_sound(void **state)
{
    struct sample s[PACKETS_MAX];
    struct fixture f;

    begin(&f);
    sound(&f, START, 8);
    sound(&f, START + 9000, 8);
    write_part(&f, -1, NULL);
    samples(&f, 0, s);
    assert_int_equal(s[0].duration, 4800);
    assert_int_equal(s[1].duration, 1024);
    drop_packets(&f);
    sound(&f, START + 90000, 8);
    write_part(&f, -1, NULL);
    assert_int_equal(decode_time(&f, 0), (START + 90000) * 48 / 90);
    end(&f);
}

static void numbers_the_fragments(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100);
    for (uint32_t i = 1; i < 5; i++) {
        struct reader r;

        write_part(&f, -1, NULL);
        r = box(&f, "mfhd", 0);
        read_u32(&r);
        assert_int_equal(read_u32(&r), i);
    }
    end(&f);
}

static void carries_tags_in_event_messages(void **state)
{
    const struct timed_tag tag = { START + 77, bytes_copy("ID3 tag", 7) };
    struct fixture f;
    struct reader r;

    begin(&f);
    picture(&f, START, true, 100);
    write_part(&f, -1, &tag);
    r = find_box(f.out->data, f.out->len, "emsg", 0);
    assert_int_equal(read_u32(&r), 0x01000000);
    assert_int_equal(read_u32(&r), 90000);
    assert_int_equal(read_u64(&r), START + 77);
    read_skip(&r, 8);
    assert_string_equal((const char *)read_bytes(&r, 31), "https://aomedia.org/emsg/ID3");
    assert_int_equal(r.err, 0);
    assert_memory_equal(f.out->data + 4, "emsg", 4); /* before moof */
    bytes_unref(tag.id3);
    end(&f);
}

static struct bytes *init_of(struct codec_config *video, struct codec_config *audio)
{
    const struct mux_tracks tracks = { video, audio };

    return mux_fmp4.init_section(&tracks);
}

static bool contains(const struct bytes *data, const void *what, size_t len)
{
    return memmem(data->data, data->len, what, len) != NULL;
}

static void describes_hevc_at_the_start(void **state)
{
    static const uint8_t nclx[] = { 'c', 'o', 'l', 'r', 'n', 'c', 'l', 'x', 0, 1, 0, 1, 0, 1, 0 };
    struct codec_config *config;
    struct bytes *init;
    const struct bytes *hvcc;

    assert_int_equal(
        codec_config_from_hvcc(&config, hevc_main10_1080_bt709, sizeof(hevc_main10_1080_bt709)), 0);
    hvcc = config->video.hvcc;
    init = init_of(config, NULL);
    assert_true(contains(init, "hvc1", 4));
    assert_true(contains(init, "hvcC", 4));
    assert_false(contains(init, "avc", 3));
    assert_true(contains(init, hvcc->data, hvcc->len));
    assert_true(contains(init, nclx, sizeof(nclx)));
    assert_true(contains(init, "pasp\0\0\0\1\0\0\0\1", 12));
    bytes_unref(init);
    codec_config_unref(config);
}

static void describes_both_tracks_at_the_start(void **state)
{
    static const uint8_t esds[] = { 'e', 's', 'd', 's',  0,    0, 0,    0,    3, 25, 0, 2,
                                    0,   4,   17,  0x40, 0x15, 0, 0,    0,    0, 0,  0, 0,
                                    0,   0,   0,   0,    5,    2, 0x11, 0x90, 6, 1,  2 };
    struct fixture f;
    struct bytes *init;
    const struct bytes *avcc;
    struct reader r;

    begin(&f);
    init = init_of(f.video, f.audio);
    avcc = f.video->video.avcc;
    assert_true(contains(init, avcc->data, avcc->len));
    assert_true(contains(init, esds, sizeof(esds)));
    r = find_box(init->data, init->len, "moov", 0);
    assert_int_equal(find_box(r.data, r.len, "trak/tkhd", 0).err, 0);
    assert_int_equal(find_box(r.data, r.len, "trak/tkhd", 1).err, 0);
    assert_int_not_equal(find_box(r.data, r.len, "trak/tkhd", 2).err, 0);
    bytes_unref(init);

    init = init_of(NULL, f.audio);
    assert_false(contains(init, "avcC", 4));
    assert_true(contains(init, esds, sizeof(esds)));
    bytes_unref(init);
    end(&f);
}

static void tells_colour_and_shape_only_where_they_are_known(void **state)
{
    static const uint8_t colour[] = {
        'c', 'o', 'l', 'r', 'n', 'c', 'l', 'x', 0, 1, 0, 13, 0, 6, 0
    };
    static const uint8_t unknown[] = { 'n', 'c', 'l', 'x', 0, 2, 0, 2, 0, 2, 0x80 };
    static const uint8_t shape[] = { 'p', 'a', 's', 'p', 0, 0, 0, 64, 0, 0, 0, 45 };
    struct video_config *video;
    struct fixture f;
    struct bytes *init;

    begin(&f);
    video = &f.video->video;
    video->sar_width = video->sar_height = 0;
    init = init_of(f.video, NULL);
    assert_false(contains(init, "colr", 4));
    assert_false(contains(init, "pasp", 4));
    bytes_unref(init);

    video->colour = (struct video_colour){ 1, 13, 6, false };
    video->sar_width = 64;
    video->sar_height = 45;
    init = init_of(f.video, NULL);
    assert_true(contains(init, colour, sizeof(colour)));
    assert_true(contains(init, shape, sizeof(shape)));
    bytes_unref(init);

    video->colour = (struct video_colour){ .is_full_range = true };
    init = init_of(f.video, NULL);
    assert_true(contains(init, unknown, sizeof(unknown)));
    bytes_unref(init);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_each_sample_lies),
        cmocka_unit_test(tells_how_long_pictures_last),
        cmocka_unit_test(tells_sync_samples_and_reordering),
        cmocka_unit_test(counts_sound_in_its_own_rate),
        cmocka_unit_test(leaves_room_for_missing_sound),
        cmocka_unit_test(numbers_the_fragments),
        cmocka_unit_test(carries_tags_in_event_messages),
        cmocka_unit_test(describes_both_tracks_at_the_start),
        cmocka_unit_test(describes_hevc_at_the_start),
        cmocka_unit_test(tells_colour_and_shape_only_where_they_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
