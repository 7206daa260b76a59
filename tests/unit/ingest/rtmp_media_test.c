/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/rtmp_media.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "rtmp_fixture.h"
#include "tests/unit/hevc_records.h"

static int setup(void **state)
{
    static struct rtmp_media media;

    rtmp_media_init(&media);
    *state = &media;
    return 0;
}

static int teardown(void **state)
{
    rtmp_media_clear(*state);
    return 0;
}

/* Returns the packet, which the message's payload went into or not. */
static struct packet *pass(struct rtmp_media *media, uint8_t type, uint32_t timestamp,
                           const void *payload, size_t len, int expected_err)
{
    struct rtmp_message message = { type, 1, timestamp, bytes_copy(payload, len) };
    struct rtmp_packets packets;
    int err = type == RTMP_VIDEO ? rtmp_media_video(media, &message, &packets)
                                 : rtmp_media_audio(media, &message, &packets);

    assert_int_equal(err, expected_err);
    assert_in_range(packets.count, 0, 1);
    bytes_unref(message.payload);
    return packets.count ? packets.items[0] : NULL;
}
#define VIDEO(media, time, text) pass(media, RTMP_VIDEO, time, text, sizeof(text) - 1, 0)
#define AUDIO(media, time, text) pass(media, RTMP_AUDIO, time, text, sizeof(text) - 1, 0)

static void configure(struct rtmp_media *media)
{
    uint8_t tag[100] = { 0x17 };

    memcpy(tag + 5, fixture_avcc, fixture_avcc_len);
    assert_null(pass(media, RTMP_VIDEO, 0, tag, 5 + fixture_avcc_len, 0));
    assert_null(AUDIO(media, 0, "\xaf\0\x12\x10"));
}

static void assert_data(struct packet *packet, const void *data, size_t len)
{
    assert_non_null(packet);
    assert_int_equal(packet->data->len, len);
    assert_memory_equal(packet->data->data, data, len);
}
#define ASSERT_DATA(packet, text) assert_data(packet, text, sizeof(text) - 1)

static void drops_frames_before_their_configuration(void **state)
{
    assert_null(VIDEO(*state, 0, "\x17\1\0\0\0\0\0\0\2\x65x"));
    assert_null(AUDIO(*state, 0, "\xaf\1sound"));
}

static void tells_what_the_configuration_says(void **state)
{
    struct rtmp_media *media = *state;

    configure(media);
    assert_int_equal(media->video[0].config->video.width, 320);
    assert_int_equal(media->video[0].config->video.height, 240);
    assert_int_equal(media->audio->audio.sample_rate, 44100);
    assert_int_equal(media->audio->audio.channels, 2);
}

static void makes_packets(void **state)
{
    struct packet *packet;

    configure(*state);
    packet = VIDEO(*state, 40, "\x17\1\0\0\x50\0\0\0\2\x65x");
    ASSERT_DATA(packet, "\0\0\0\2\x65x");
    assert_true(packet->is_idr);
    assert_int_equal(packet->dts, 40 * 90);
    assert_int_equal(packet->pts, 120 * 90);
    assert_true(packet->arrival_us > 0);
    packet_unref(packet);

    packet = VIDEO(*state, 80, "\x17\1\xff\xff\xd8\0\0\0\2\x41x");
    assert_false(packet->is_idr); /* whatever the tag calls a key frame */
    assert_int_equal(packet->pts, 40 * 90);
    packet_unref(packet);

    packet = AUDIO(*state, 23, "\xaf\1sound");
    ASSERT_DATA(packet, "sound");
    assert_int_equal(packet->pts, 23 * 90);
    packet_unref(packet);
    assert_null(AUDIO(*state, 46, "\xaf\1"));
}

/* AUD, SPS, PPS, filler and end of sequence go, at the ends without copying. */
static void strips_what_packets_do_not_carry(void **state)
{
    struct rtmp_media *media = *state;
    static const char message[] = "\x17\1\0\0\0"
                                  "\0\0\0\2\x09\xf0"
                                  "\0\0\0\2\x06s"
                                  "\0\0\0\2\x65x"
                                  "\0\0\0\2\x65y"
                                  "\0\0\0\3\x0c\xff\x80";
    struct bytes *payload = bytes_copy(message, sizeof(message) - 1);
    struct rtmp_message m = { RTMP_VIDEO, 1, 0, payload };
    struct rtmp_packets packets;
    struct packet *packet;

    configure(media);
    assert_int_equal(rtmp_media_video(media, &m, &packets), 0);
    packet = packets.items[0];
    ASSERT_DATA(packet, "\0\0\0\2\x06s\0\0\0\2\x65x\0\0\0\2\x65y");
    assert_ptr_equal(packet->data, payload); /* the memory that it arrived in */
    bytes_unref(payload);
    packet_unref(packet);

    packet = VIDEO(media, 40, "\x27\1\0\0\0\0\0\0\2\x41x\0\0\0\2\x0c\x80\0\0\0\2\x41y");
    ASSERT_DATA(packet, "\0\0\0\2\x41x\0\0\0\2\x41y"); /* in the middle, too */
    packet_unref(packet);
    assert_null(VIDEO(media, 80, "\x27\1\0\0\0\0\0\0\2\x09\xf0")); /* nothing left */
}

static void widens_short_lengths(void **state)
{
    struct rtmp_media *media = *state;
    uint8_t tag[100] = { 0x17 };
    struct packet *packet;

    memcpy(tag + 5, fixture_avcc, fixture_avcc_len);
    tag[5 + 4] = 0xfd; /* two bytes */
    assert_null(pass(media, RTMP_VIDEO, 0, tag, 5 + fixture_avcc_len, 0));
    packet = VIDEO(media, 0, "\x17\1\0\0\0\0\2\x65x\0\3\x65yz");
    ASSERT_DATA(packet, "\0\0\0\2\x65x\0\0\0\3\x65yz");
    packet_unref(packet);

    tag[5 + 4] = 0xfc; /* one */
    assert_null(pass(media, RTMP_VIDEO, 0, tag, 5 + fixture_avcc_len, 0));
    packet = VIDEO(media, 0, "\x17\1\0\0\0\2\x65x");
    ASSERT_DATA(packet, "\0\0\0\2\x65x");
    packet_unref(packet);
}

static void keeps_one_configuration_while_nothing_changes(void **state)
{
    struct rtmp_media *media = *state;
    struct codec_config *video, *audio;

    configure(media);
    video = media->video[0].config;
    audio = media->audio;
    configure(media);
    assert_ptr_equal(media->video[0].config, video);
    assert_ptr_equal(media->audio, audio);
    assert_null(AUDIO(media, 0, "\xaf\0\x11\x90")); /* 48 kHz */
    assert_ptr_not_equal(media->audio, audio);
    assert_int_equal(media->audio->audio.sample_rate, 48000);
}

/* In-band parameter sets: the same ones change nothing, others make a new configuration. */
static void follows_parameter_sets_in_the_stream(void **state)
{
    struct rtmp_media *media = *state;
    struct codec_config *before;
    uint8_t message[100] = { 0x17, 1 }, *at = message + 5;
    struct packet *packet;

    configure(media);
    before = media->video[0].config;
    memcpy(at, "\0\0\0\x18", 4);
    memcpy(at + 4, fixture_avcc + 8, 24);
    memcpy(at + 28, "\0\0\0\2\x65x", 6);
    packet = pass(media, RTMP_VIDEO, 0, message, 5 + 34, 0);
    ASSERT_DATA(packet, "\0\0\0\2\x65x");
    assert_ptr_equal(packet->config, before);
    packet_unref(packet);

    at[4 + 3] = 0x1e; /* level 3.0 */
    packet = pass(media, RTMP_VIDEO, 40, message, 5 + 34, 0);
    assert_ptr_equal(packet->config, media->video[0].config);
    assert_int_equal(packet->config->video.level_idc, 30);
    packet_unref(packet);
}

static void says_what_is_wrong(void **state)
{
    struct rtmp_media *media = *state;

    configure(media);
    pass(media, RTMP_VIDEO, 0, "\x17\1\0\0\0\0\0\0\x09\x65", 10, -EINVAL);
    assert_string_equal(media->reason, "broken H.264 access unit");
    pass(media, RTMP_VIDEO, 0, "\x17\0\0\0\0\1\2", 7, -EINVAL);
    assert_string_equal(media->reason, "broken H.264 configuration");
    pass(media, RTMP_VIDEO, 0, "\x17", 1, -EINVAL);
    assert_string_equal(media->reason, "broken video tag");
    pass(media, RTMP_AUDIO, 0, "\xaf", 1, -EINVAL);
    assert_string_equal(media->reason, "broken audio tag");
    pass(media, RTMP_AUDIO, 0, "\xaf\0", 2, -EINVAL);
    assert_string_equal(media->reason, "broken AAC configuration");
    pass(media, RTMP_VIDEO, 0, "\x90hvc1", 5, -ENOTSUP);
    assert_string_equal(media->reason, "H.265 (HEVC) is not supported: send H.264");
    pass(media, RTMP_AUDIO, 0, "\x2f\0", 2, -ENOTSUP);
    assert_string_equal(media->reason, "MP3 is not supported: send AAC");
}

static void unwraps_one_clock_for_all_tracks(void **state)
{
    static const struct {
        uint32_t timestamp;
        int64_t ms;
    } cases[] = {
        { 0xfffffff0, 0xfffffff0 },           { 0x00000005, INT64_C(0x100000005) },
        { 0xfffffffa, 0xfffffffa }, /* a step back across the wrap */
        { 0x00000010, INT64_C(0x100000010) }, { 0x00000000, INT64_C(0x100000000) },
        { 0x7fffffff, INT64_C(0x17fffffff) }, { 0xfffffffe, INT64_C(0x1fffffffe) },
        { 0x00000001, INT64_C(0x200000001) },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_int_equal(rtmp_media_time(*state, cases[i].timestamp), cases[i].ms * 90);
}

static void puts_captions_into_the_next_picture(void **state)
{
    struct rtmp_media *media = *state;
    struct packet *packet;

    configure(media);
    assert_int_equal(rtmp_media_captions(media, "A0H//JQg/w==", 12), 0);
    assert_null(VIDEO(media, 0, "\x17\1\0\0\0\0\0\0\2\x09\xf0")); /* shows nothing */
    packet = VIDEO(media, 0, "\x17\1\0\0\0\0\0\0\2\x06s\0\0\0\2\x65x");
    ASSERT_DATA(packet, "\0\0\0\2\x06s"
                        "\0\0\0\x12\x06\x04\x0e\xb5\0\x31GA94\x03\x41\xff\xfc\x94\x20\xff\x80"
                        "\0\0\0\2\x65x");
    packet_unref(packet);
    packet = VIDEO(media, 40, "\x27\1\0\0\0\0\0\0\2\x41x");
    ASSERT_DATA(packet, "\0\0\0\2\x41x"); /* once only */
    packet_unref(packet);
}

static struct rtmp_packets pass_all(struct rtmp_media *media, const void *payload, size_t len)
{
    struct rtmp_message message = { RTMP_VIDEO, 1, 40, bytes_copy(payload, len) };
    struct rtmp_packets packets;

    assert_int_equal(rtmp_media_video(media, &message, &packets), 0);
    bytes_unref(message.payload);
    return packets;
}

/* Enhanced RTMP's "OneTrack" sequence header. */
static void configure_track(struct rtmp_media *media, int track)
{
    uint8_t tag[100] = "\x96\x00"
                       "avc1";

    tag[6] = (uint8_t)track;
    memcpy(tag + 7, fixture_avcc, fixture_avcc_len);
    assert_null(pass(media, RTMP_VIDEO, 0, tag, 7 + fixture_avcc_len, 0));
}

static void keeps_tracks_apart(void **state)
{
    struct rtmp_media *media = *state;
    struct packet *packet;

    configure(media);
    assert_null(VIDEO(media, 0,
                      "\x96\3"
                      "avc1\1"
                      "\0\0\0\2\x65x")); /* not configured yet */
    configure_track(media, 1);
    packet = VIDEO(media, 40,
                   "\x96\1"
                   "avc1\1"
                   "\0\0\x50"
                   "\0\0\0\2\x65x");
    ASSERT_DATA(packet, "\0\0\0\2\x65x");
    assert_int_equal(packet->track, 1);
    assert_true(packet->is_idr);
    assert_int_equal(packet->pts, 120 * 90);
    assert_ptr_equal(packet->config, media->video[1].config);
    packet_unref(packet);
    packet = VIDEO(media, 40, "\x17\1\0\0\0\0\0\0\2\x65y");
    assert_int_equal(packet->track, 0);
    packet_unref(packet);
    pass(media, RTMP_VIDEO, 0,
         "\x96\0"
         "avc1\x10",
         7, -EINVAL);
    assert_string_equal(media->reason, "a video track numbered above 15");
}

static void makes_packets_of_many_tracks_in_one_message(void **state)
{
    static const char message[] = "\x96\x13"
                                  "avc1"
                                  "\0\0\0\6"
                                  "\0\0\0\2\x65x"
                                  "\2\0\0\7"
                                  "\0\0\0\3\x41yz";
    struct rtmp_media *media = *state;
    struct rtmp_packets packets;

    configure(media);
    configure_track(media, 2);
    assert_int_equal(rtmp_media_captions(media, "A0H//JQg/w==", 12), 0);
    packets = pass_all(media, message, sizeof(message) - 1);
    assert_int_equal(packets.count, 2);
    for (int i = 0; i < 2; i++) { /* captions are on every track */
        assert_int_equal(packets.items[i]->track, 2 * i);
        assert_int_equal(packets.items[i]->data->data[4], 0x06);
        packet_unref(packets.items[i]);
    }
    packets = pass_all(media, message, sizeof(message) - 1);
    ASSERT_DATA(packets.items[0], "\0\0\0\2\x65x");
    ASSERT_DATA(packets.items[1], "\0\0\0\3\x41yz");
    packet_unref(packets.items[0]);
    packet_unref(packets.items[1]);
}

/* A sequence header of HEVC: an ordinary one for the first track. */
static void configure_hevc(struct rtmp_media *media, int track)
{
    uint8_t tag[200] = "\x90hvc1";
    size_t head = 5;

    media->takes_hevc = true;
    if (track) {
        memcpy(tag, "\x96\0hvc1", 6);
        tag[6] = (uint8_t)track;
        head = 7;
    }
    memcpy(tag + head, hevc_main_360, sizeof(hevc_main_360));
    assert_null(pass(media, RTMP_VIDEO, 0, tag, head + sizeof(hevc_main_360), 0));
}

static void makes_packets_of_hevc(void **state)
{
    struct rtmp_media *media = *state;
    struct packet *packet;

    configure_hevc(media, 0);
    configure_hevc(media, 1);
    assert_string_equal(media->video[1].config->rfc6381, "hvc1.1.6.L63.90");
    packet = VIDEO(media, 40,
                   "\x91hvc1\0\0\x50"
                   "\0\0\0\3\x46\1\x10" /* a delimiter */
                   "\0\0\0\3\x28\1x");
    ASSERT_DATA(packet, "\0\0\0\3\x28\1x");
    assert_true(packet->is_idr);
    assert_int_equal(packet->pts, 120 * 90);
    packet_unref(packet);
    packet = VIDEO(media, 80,
                   "\xa6\3hvc1\1"
                   "\0\0\0\3\x2a\1x"); /* CRA: decoders may start there, segments do not */
    assert_false(packet->is_idr);
    assert_int_equal(packet->track, 1);
    assert_int_equal(packet->pts, packet->dts);
    packet_unref(packet);
}

static void takes_hevc_only_where_it_was_agreed(void **state)
{
    struct rtmp_media *media = *state;

    configure(media);
    pass(media, RTMP_VIDEO, 0, "\x96\0hvc1\1", 7, -ENOTSUP);
    assert_string_equal(media->reason, "H.265 (HEVC) is not supported: send H.264");
    media->takes_hevc = true;
    pass(media, RTMP_VIDEO, 0, "\x96\0hvc1\1", 7, -EINVAL);
    assert_string_equal(media->reason, "broken H.265 configuration");
    pass(media, RTMP_VIDEO, 0, "\xa3hvc1\0\0\0\3\x28\1x", 12, -EINVAL);
    assert_string_equal(media->reason, "a picture in another codec than its configuration");
    configure_hevc(media, 0);
    pass(media, RTMP_VIDEO, 0, "\xa3hvc1\0\0\0\4\x28\1x", 12, -EINVAL);
    assert_string_equal(media->reason, "broken H.265 access unit");
    pass(media, RTMP_VIDEO, 0, "\x1c\0\0\0\0", 5, -ENOTSUP); /* as before FourCCs */
}

static void puts_captions_into_hevc(void **state)
{
    struct rtmp_media *media = *state;
    struct packet *packet;

    configure_hevc(media, 0);
    assert_int_equal(rtmp_media_captions(media, "A0H//JQg/w==", 12), 0);
    packet = VIDEO(media, 0, "\x93hvc1\0\0\0\3\x4e\1s\0\0\0\3\x28\1x");
    ASSERT_DATA(packet, "\0\0\0\3\x4e\1s"
                        "\0\0\0\x13\x4e\1\x04\x0e\xb5\0\x31GA94\x03\x41\xff\xfc\x94\x20\xff\x80"
                        "\0\0\0\3\x28\1x");
    packet_unref(packet);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(drops_frames_before_their_configuration, setup, teardown),
        cmocka_unit_test_setup_teardown(tells_what_the_configuration_says, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_packets, setup, teardown),
        cmocka_unit_test_setup_teardown(strips_what_packets_do_not_carry, setup, teardown),
        cmocka_unit_test_setup_teardown(widens_short_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_one_configuration_while_nothing_changes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(follows_parameter_sets_in_the_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_is_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(unwraps_one_clock_for_all_tracks, setup, teardown),
        cmocka_unit_test_setup_teardown(puts_captions_into_the_next_picture, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_tracks_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_packets_of_hevc, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_hevc_only_where_it_was_agreed, setup, teardown),
        cmocka_unit_test_setup_teardown(puts_captions_into_hevc, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_packets_of_many_tracks_in_one_message, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
