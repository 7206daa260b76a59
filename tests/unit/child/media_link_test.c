/* SPDX-License-Identifier: Apache-2.0 */
#include "child/media_link.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"

static const uint8_t asc[] = { 0x11, 0x90 }; /* AAC-LC, 48 kHz, stereo */

static void a_packet_arrives_as_it_was(void **state)
{
    struct link_packet in = { .output = 3,
                              .kind = MEDIA_VIDEO,
                              .is_idr = true,
                              .dts = -5,
                              .pts = INT64_MAX,
                              .arrival_us = 1700000000000000 };
    struct link_packet out;
    uint8_t data[LINK_HEAD_MAX + 4];
    size_t len = link_packet_write(data, &in);
    struct worker_frame frame = { FRAME_ROLE, data, len + 4 };

    memcpy(data + len, "data", 4);
    assert_int_equal(link_packet_parse(&out, &frame), 0);
    assert_int_equal(out.output, 3);
    assert_int_equal(out.kind, MEDIA_VIDEO);
    assert_true(out.is_idr);
    assert_true(out.dts == in.dts && out.pts == in.pts && out.arrival_us == in.arrival_us);
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data, "data", 4);
    frame.len = len; /* a packet without data is none */
    assert_int_equal(link_packet_parse(&out, &frame), -EPROTO);
    data[0] = LINK_OUTPUTS_MAX;
    frame.len = len + 4;
    assert_int_equal(link_packet_parse(&out, &frame), -EPROTO);
    data[0] = 0;
    data[1] = 2; /* neither picture nor sound */
    assert_int_equal(link_packet_parse(&out, &frame), -EPROTO);
}

static struct codec_config *read_config(void)
{
    struct link_config in = { .output = 1, .kind = MEDIA_AUDIO }, out;
    struct codec_config *config;
    uint8_t data[LINK_HEAD_MAX + sizeof(asc)];
    size_t len = link_config_write(data, &in);
    struct worker_frame frame = { FRAME_ROLE, data, len + sizeof(asc) };

    memcpy(data + len, asc, sizeof(asc));
    assert_int_equal(link_config_parse(&out, &frame), 0);
    assert_int_equal(out.output, 1);
    assert_int_equal(link_config_read(&config, &out), 0);
    return config;
}

static void a_configuration_is_examined(void **state)
{
    struct link_config broken = { .kind = MEDIA_VIDEO, .data = asc, .len = sizeof(asc) };
    struct codec_config *config = read_config(), *none;

    assert_int_equal(config->audio.sample_rate, 48000);
    assert_int_equal(link_config_read(&none, &broken), -EPROTO);
    codec_config_unref(config);
}

static void an_arrival_is_from_now_or_a_little_before(void **state)
{
    struct codec_config *config = read_config();
    int64_t now_us = clock_wall_us();
    const int64_t odd[] = { 0, INT64_MIN, now_us + 3600000000, INT64_MAX };
    struct link_packet in = { .kind = MEDIA_AUDIO, .data = asc, .len = sizeof(asc) };
    struct packet *packet;

    in.arrival_us = now_us - 1000000;
    assert_int_equal(link_packet_read(&packet, &in, config), 0);
    assert_true(packet->arrival_us == in.arrival_us);
    packet_unref(packet);
    for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
        in.arrival_us = odd[i];
        assert_int_equal(link_packet_read(&packet, &in, config), 0);
        assert_true(packet->arrival_us >= now_us && packet->arrival_us <= clock_wall_us());
        packet_unref(packet);
    }
    codec_config_unref(config);
}

static void pictures_must_be_access_units(void **state)
{
    static const uint8_t unit[] = { 0, 0, 0, 2, 0x65, 0x88 }, beyond[] = { 0, 0, 0, 3, 0x65, 0x88 };
    struct codec_config *config = read_config(); /* of the wrong kind, but nothing looks at it */
    struct link_packet in = { .kind = MEDIA_VIDEO, .data = unit, .len = sizeof(unit) };
    struct packet *packet;

    assert_int_equal(link_packet_read(&packet, &in, config), 0);
    assert_true(packet->is_idr); /* whatever the worker says */
    packet_unref(packet);
    in.data = beyond;
    assert_int_equal(link_packet_read(&packet, &in, config), -EPROTO);
    codec_config_unref(config);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_arrives_as_it_was),
        cmocka_unit_test(a_configuration_is_examined),
        cmocka_unit_test(an_arrival_is_from_now_or_a_little_before),
        cmocka_unit_test(pictures_must_be_access_units),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
