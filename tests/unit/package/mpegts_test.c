/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "media/aac_config.h"
#include "package/mux.h"
#include "tests/unit/package/ts_reader.h"
#include "tests/unit/packet_fixture.h"

#define VIDEO_PID   0x101
#define AUDIO_PID   0x100
#define ID3_PID     0x102
#define PACKETS_MAX 256
#define START       INT64_C(900000)

struct fixture {
    struct codec_config *video, *audio;
    struct muxer *muxer;
    struct packet *packets[PACKETS_MAX]; /* of the part to be written */
    int count;
    struct timed_tag tags[4];
    int tag_count;
    struct bytes *out;
    struct ts_reader *reader;
};

static void begin_tracks(struct fixture *f, bool has_video, bool has_audio)
{
    struct mux_tracks tracks;

    *f = (struct fixture){ 0 };
    f->video = make_video_config();
    f->audio = make_audio_config(48000);
    tracks.video = has_video ? f->video : NULL;
    tracks.audio = has_audio ? f->audio : NULL;
    f->muxer = mux_mpegts.create(&tracks);
    f->reader = mem_alloc(sizeof(*f->reader));
    ts_reader_init(f->reader);
}

static void begin(struct fixture *f)
{
    begin_tracks(f, true, true);
}

static void drop_packets(struct fixture *f)
{
    while (f->count)
        packet_unref(f->packets[--f->count]);
    while (f->tag_count)
        bytes_unref(f->tags[--f->tag_count].id3);
}

static void end(struct fixture *f)
{
    drop_packets(f);
    bytes_unref(f->out);
    mux_mpegts.destroy(f->muxer);
    mem_free(f->reader);
    codec_config_unref(f->video);
    codec_config_unref(f->audio);
}

static struct packet *picture(struct fixture *f, int64_t dts, bool is_idr, size_t len)
{
    return f->packets[f->count++] = make_picture(f->video, dts, is_idr, len);
}

static void sound(struct fixture *f, int64_t dts, size_t len)
{
    f->packets[f->count++] = make_sound(f->audio, dts, len);
}

/* Writes the part and reads it back. The packets stay for comparison. */
static void write_part(struct fixture *f)
{
    const struct mux_part part = {
        .start = f->packets[0]->dts,
        .packets = f->packets,
        .packet_count = f->count,
        .next_video_dts = -1,
        .tags = f->tags,
        .tag_count = f->tag_count,
    };
    const char *error;

    bytes_unref(f->out);
    f->out = NULL;
    assert_int_equal(mux_mpegts.write_part(f->muxer, &part, &f->out), 0);
    error = ts_read(f->reader, f->out->data, f->out->len);
    if (error)
        print_message("%s\n", error);
    assert_null(error);
}

static const struct ts_read_pes *nth(const struct fixture *f, int pid, int n)
{
    for (int i = 0; i < f->reader->pes_count; i++)
        if (f->reader->pes[i].pid == pid && n-- == 0)
            return &f->reader->pes[i];
    return NULL;
}

static void carries_an_idr_with_its_parameter_sets(void **state)
{
    static const uint8_t delimiter[] = { 0, 0, 0, 1, 9, 0xf0 };
    static const uint8_t slice[] = { 0, 0, 0, 1, 0x65, 0x5a };
    const struct ts_read_pes *pes;
    const struct bytes *sets;
    struct fixture f;

    begin(&f);
    sets = f.video->video.annexb_sets;
    picture(&f, START, true, 1000);
    write_part(&f);
    pes = nth(&f, VIDEO_PID, 0);
    assert_int_equal(pes->stream_id, 0xe0);
    assert_true(pes->is_random_access);
    assert_int_equal(pes->len, 6 + sets->len + 1000);
    assert_memory_equal(pes->data, delimiter, 6);
    assert_memory_equal(pes->data + 6, sets->data, sets->len);
    assert_memory_equal(pes->data + 6 + sets->len, slice, 6);
    end(&f);
}

/* A player may begin at any of them. */
static void begins_each_part_with_parameter_sets(void **state)
{
    struct fixture f;
    size_t sets;

    begin(&f);
    sets = f.video->video.annexb_sets->len;
    picture(&f, START, false, 100);
    picture(&f, START + 3000, false, 100);
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->len, 6 + sets + 100);
    assert_false(nth(&f, VIDEO_PID, 0)->is_random_access);
    assert_int_equal(nth(&f, VIDEO_PID, 1)->len, 6 + 100);
    drop_packets(&f);
    picture(&f, START + 6000, true, 100);
    picture(&f, START + 9000, true, 100);
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->len, 6 + sets + 100);
    assert_int_equal(nth(&f, VIDEO_PID, 1)->len, 6 + sets + 100);
    end(&f);
}

static void replaces_lengths_by_start_codes(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 2, 0x06, 5, 0, 0, 0, 3, 0x41, 1, 2, 0, 0, 0, 1, 0x41 };
    static const uint8_t expected[] = { 0, 0, 0, 1, 9,    0xf0, 0, 0, 0, 1, 0x06, 5,
                                        0, 0, 0, 1, 0x41, 1,    2, 0, 0, 0, 1,    0x41 };
    struct fixture f;
    size_t sets;

    begin(&f);
    sets = f.video->video.annexb_sets->len;
    f.packets[f.count++] = packet_create(f.video, bytes_copy(data, sizeof(data)));
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->len, sizeof(expected) + sets);
    assert_memory_equal(nth(&f, VIDEO_PID, 0)->data, expected, 6);
    assert_memory_equal(nth(&f, VIDEO_PID, 0)->data + 6 + sets, expected + 6, sizeof(expected) - 6);
    end(&f);
}

/* A worker's answers are hostile: what does not add up is left out, and nothing is left unwritten.
 */
static void leaves_out_what_lies_about_its_length(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 2, 0x41, 5, 0, 0, 1, 0, 0x41, 1, 2 };
    struct fixture f;

    begin(&f);
    f.packets[f.count++] = packet_create(f.video, bytes_copy(data, sizeof(data)));
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->len, 6 + f.video->video.annexb_sets->len + 6);
    end(&f);
}

/* Stuffing is where transport packets go wrong: every length once. */
static void fits_payloads_of_any_length(void **state)
{
    struct fixture f;

    for (size_t len = 6; len < 600; len++) {
        begin(&f);
        picture(&f, START, len % 2, len);
        picture(&f, START + 3000, false, len + 1)->pts += 3000;
        sound(&f, START, len - 5);
        write_part(&f);
        assert_int_equal(nth(&f, VIDEO_PID, 1)->len, 6 + len + 1);
        assert_int_equal(nth(&f, AUDIO_PID, 0)->len, 7 + len - 5);
        end(&f);
    }
}

static void does_not_tell_the_length_of_a_large_picture(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 65000);
    write_part(&f);
    assert_int_not_equal(nth(&f, VIDEO_PID, 0)->told_len, 0);
    drop_packets(&f);
    f.packets[f.count++] = packet_create(f.video, bytes_create(70000));
    memset(f.packets[0]->data->data, 0x5a, 70000);
    memcpy(f.packets[0]->data->data, "\0\x01\x11\x6c\x41", 5); /* 69996 */
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->told_len, 0);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->len, 6 + f.video->video.annexb_sets->len + 70000);
    end(&f);
}

static void counts_on_from_part_to_part(void **state)
{
    struct fixture f;

    begin(&f);
    for (int part = 0; part < 50; part++) { /* the reader compares the counters */
        for (int i = 0; i < 10; i++) {
            int64_t dts = START + (part * 10 + i) * 3000;

            picture(&f, dts, i == 0, 100 + (size_t)(part * i));
            sound(&f, dts, 50 + (size_t)i);
        }
        write_part(&f);
        drop_packets(&f);
    }
    end(&f);
}

static void carries_both_times_of_reordered_pictures(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100)->pts += 6000;
    picture(&f, START + 3000, false, 100)->pts += 9000;
    picture(&f, START + 6000, false, 100);
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->pts, START + 6000);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->dts, START);
    assert_int_equal(nth(&f, VIDEO_PID, 1)->pts, START + 12000);
    assert_int_equal(nth(&f, VIDEO_PID, 2)->pts, START + 6000);
    assert_int_equal(nth(&f, VIDEO_PID, 2)->dts, START + 6000);
    end(&f);
}

static void carries_the_clock_on_every_picture(void **state)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 10; i++) {
        picture(&f, START + i * 3000, i == 0, 300);
        sound(&f, START + i * 3000, 100);
    }
    write_part(&f);
    for (int i = 0; i < 10; i++)
        assert_int_equal(nth(&f, VIDEO_PID, i)->pcr, START + i * 3000 - 9000);
    assert_int_equal(nth(&f, AUDIO_PID, 0)->pcr, -1);
    assert_int_equal(f.reader->lone_clock, -1);
    end(&f);
}

static void carries_the_clock_alone_where_there_are_no_pictures(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, START - 3000, true, 300);
    write_part(&f);
    drop_packets(&f);
    sound(&f, START, 100);
    write_part(&f);
    assert_int_equal(f.reader->lone_clock, START - 9000);
    end(&f);
}

static void carries_the_clock_on_sound_where_that_is_all(void **state)
{
    struct fixture f;

    begin_tracks(&f, false, true);
    sound(&f, START, 100);
    write_part(&f);
    assert_int_equal(nth(&f, AUDIO_PID, 0)->pcr, START - 9000);
    assert_int_equal(f.reader->lone_clock, -1);
    end(&f);
}

static void wraps_times_at_33_bits(void **state)
{
    int64_t wrap = INT64_C(1) << 33;
    struct fixture f;

    begin(&f);
    picture(&f, wrap - 100, true, 100)->pts += 200;
    picture(&f, wrap + 3000, false, 100);
    sound(&f, 3 * wrap + 50, 100);
    write_part(&f);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->dts, wrap - 100);
    assert_int_equal(nth(&f, VIDEO_PID, 0)->pts, 100);
    assert_int_equal(nth(&f, VIDEO_PID, 1)->dts, 3000);
    assert_int_equal(nth(&f, VIDEO_PID, 1)->pcr, wrap - 6000);
    assert_int_equal(nth(&f, AUDIO_PID, 0)->pts, 50);
    end(&f);
}

/* Counts the ADTS frames of a PES packet and checks that they are whole. */
static int count_adts(const struct ts_read_pes *pes)
{
    size_t at = 0;
    int count = 0;

    for (; at + 7 <= pes->len; count++) {
        const uint8_t *h = pes->data + at;

        assert_int_equal(h[0], 0xff);
        assert_int_equal(h[1], 0xf1);
        at += (size_t)(h[3] & 3) << 11 | (size_t)h[4] << 3 | h[5] >> 5;
    }
    assert_int_equal(at, pes->len);
    return count;
}

static void groups_frames_of_sound(void **state)
{
    struct fixture f;

    begin(&f);
    for (int i = 0; i < 15; i++) {
        picture(&f, START + i * 1920, i == 0, 100);
        sound(&f, START + i * 1920, 200);
    }
    write_part(&f);
    assert_int_equal(count_adts(nth(&f, AUDIO_PID, 0)), 8);
    assert_int_equal(count_adts(nth(&f, AUDIO_PID, 1)), 7);
    assert_int_equal(nth(&f, AUDIO_PID, 1)->pts, START + 8 * 1920);
    assert_null(nth(&f, AUDIO_PID, 2));
    end(&f);
}

/* Frames of a group have no times of their own: after a gap another one begins. */
static void begins_another_group_after_a_gap(void **state)
{
    struct fixture f;

    begin(&f);
    sound(&f, START, 100);
    sound(&f, START + 1920, 100);
    sound(&f, START + 9000, 100);
    write_part(&f);
    assert_int_equal(count_adts(nth(&f, AUDIO_PID, 0)), 2);
    assert_int_equal(nth(&f, AUDIO_PID, 1)->pts, START + 9000);
    end(&f);
}

static void puts_sound_ahead_of_pictures_shown_meanwhile(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100);
    sound(&f, START + 100, 100);
    picture(&f, START + 3000, false, 100);
    sound(&f, START + 2020, 100);
    write_part(&f);
    assert_int_equal(f.reader->pes[0].pid, VIDEO_PID);
    assert_int_equal(f.reader->pes[1].pid, AUDIO_PID);
    assert_int_equal(count_adts(&f.reader->pes[1]), 2);
    assert_int_equal(f.reader->pes[2].pid, VIDEO_PID);
    end(&f);
}

static void carries_tags_in_a_stream_of_their_own(void **state)
{
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100);
    f.tags[0] = (struct timed_tag){ START + 500, bytes_copy("ID3 tag", 7) };
    f.tag_count = 1;
    write_part(&f);
    assert_int_equal(f.reader->pes[0].pid, ID3_PID);
    assert_int_equal(f.reader->pes[0].stream_id, 0xbd);
    assert_int_equal(f.reader->pes[0].pts, START + 500);
    assert_int_equal(f.reader->pes[0].len, 7);
    assert_memory_equal(f.reader->pes[0].data, "ID3 tag", 7);
    end(&f);
}

/* The first with the checksum that every stream of this layout has; players check the second's. */
static void describes_the_program(void **state)
{
    static const uint8_t pat[] = { 0, 0, 0xb0, 0x0d, 0,    1,    0xc1, 0,   0,
                                   0, 1, 0xf0, 0,    0x2a, 0xb1, 0x04, 0xb2 };
    static const uint8_t pmt[] = { 0,    2,    0xb0, 0x3c, 0,   1,    0xc1, 0,    0,    0xe1,
                                   1,    0xf0, 17,   0x25, 15,  0xff, 0xff, 'I',  'D',  '3',
                                   ' ',  0xff, 'I',  'D',  '3', ' ',  0,    0x1f, 0,    1,
                                   0x0f, 0xe1, 0,    0xf0, 0,   0x1b, 0xe1, 1,    0xf0, 0,
                                   0x15, 0xe1, 2,    0xf0, 15,  0x26, 13,   0xff, 0xff, 'I',
                                   'D',  '3',  ' ',  0xff, 'I', 'D',  '3',  ' ',  0,    0x0f };
    struct fixture f;

    begin(&f);
    picture(&f, START, true, 100);
    write_part(&f);
    assert_memory_equal(f.reader->pat, pat, sizeof(pat));
    assert_memory_equal(f.reader->pmt, pmt, sizeof(pmt));
    end(&f);
}

static void refuses_a_part_beyond_its_limit(void **state)
{
    struct mux_part part = { .next_video_dts = -1 };
    struct bytes *out = NULL;
    struct fixture f;

    begin(&f);
    f.packets[f.count++] = packet_create(f.video, bytes_create(MUX_PART_MAX));
    memset(f.packets[0]->data->data, 0, MUX_PART_MAX);
    memcpy(f.packets[0]->data->data, "\x01\xff\xff\xfc\x41", 5);
    part.packets = f.packets;
    part.packet_count = 1;
    assert_int_equal(mux_mpegts.write_part(f.muxer, &part, &out), -EMSGSIZE);
    assert_null(out);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_an_idr_with_its_parameter_sets),
        cmocka_unit_test(begins_each_part_with_parameter_sets),
        cmocka_unit_test(replaces_lengths_by_start_codes),
        cmocka_unit_test(leaves_out_what_lies_about_its_length),
        cmocka_unit_test(fits_payloads_of_any_length),
        cmocka_unit_test(does_not_tell_the_length_of_a_large_picture),
        cmocka_unit_test(counts_on_from_part_to_part),
        cmocka_unit_test(carries_both_times_of_reordered_pictures),
        cmocka_unit_test(carries_the_clock_on_every_picture),
        cmocka_unit_test(carries_the_clock_alone_where_there_are_no_pictures),
        cmocka_unit_test(carries_the_clock_on_sound_where_that_is_all),
        cmocka_unit_test(wraps_times_at_33_bits),
        cmocka_unit_test(groups_frames_of_sound),
        cmocka_unit_test(begins_another_group_after_a_gap),
        cmocka_unit_test(puts_sound_ahead_of_pictures_shown_meanwhile),
        cmocka_unit_test(carries_tags_in_a_stream_of_their_own),
        cmocka_unit_test(describes_the_program),
        cmocka_unit_test(refuses_a_part_beyond_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
