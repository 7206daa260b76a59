/* SPDX-License-Identifier: Apache-2.0 */
/* Packets for tests: real configurations, made-up content that is well formed. */
#ifndef TESTS_PACKET_FIXTURE_H
#define TESTS_PACKET_FIXTURE_H

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/codec.h"
#include "media/packet.h"
#include "tests/unit/hevc_records.h"

#define FIXTURE_ARRIVAL_US INT64_C(1790000000000000)

/* 640x360, Constrained Baseline 3.0, x264 */
static inline struct codec_config *make_video_config(void)
{
    static const uint8_t sps[] = { 0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9,
                                   0x70, 0x11, 0,    0,    3,    0,    1,    0,    0,
                                   3,    0,    0x32, 0x0f, 0x16, 0x2e, 0x48 };
    static const uint8_t pps[] = { 0x68, 0xcb, 0x83, 0xcb, 0x20 };
    struct codec_config *config = NULL;
    int err = codec_config_from_sps_pps(&config, sps, sizeof(sps), pps, sizeof(pps));

    assert(!err);
    (void)err;
    config->video.fps = 0; /* what the packets say counts */
    return config;
}

/* 128x96, Baseline 1b */
static inline struct codec_config *make_small_video_config(void)
{
    static const uint8_t sps[] = { 0x67, 0x42, 0xd0, 0x0b, 0xd9, 0x02, 0x0d, 0xb0,
                                   0x11, 0,    0,    3,    0,    1,    0,    0,
                                   3,    0,    0x1e, 0x0f, 0x12, 0x26, 0x48 };
    static const uint8_t pps[] = { 0x68, 0xcb, 0x83, 0xcb, 0x20 };
    struct codec_config *config = NULL;
    int err = codec_config_from_sps_pps(&config, sps, sizeof(sps), pps, sizeof(pps));

    assert(!err);
    (void)err;
    return config;
}

/* 640x360, HEVC Main at level 2.1 */
static inline struct codec_config *make_hevc_config(void)
{
    struct codec_config *config = NULL;
    int err = codec_config_from_hvcc(&config, hevc_main_360, sizeof(hevc_main_360));

    assert(!err);
    (void)err;
    return config;
}

static inline struct codec_config *make_audio_config(int sample_rate)
{
    static const uint8_t stereo_48k[] = { 0x11, 0x90 }, mono_44k[] = { 0x12, 0x08 };
    struct codec_config *config = NULL;
    int err = codec_config_from_asc(&config, sample_rate == 44100 ? mono_44k : stereo_48k, 2);

    assert(!err);
    (void)err;
    return config;
}

/* One slice of `len` bytes in all. */
static inline struct packet *make_picture(struct codec_config *config, int64_t dts, bool is_idr,
                                          size_t len)
{
    struct bytes *data = bytes_create(len);
    struct packet *packet = packet_create(config, data);

    memset(data->data, 0x5a, len);
    memset(data->data, 0, 4);
    data->data[2] = (uint8_t)((len - 4) >> 8);
    data->data[3] = (uint8_t)(len - 4);
    data->data[4] = is_idr ? 0x65 : 0x41;
    packet->is_idr = is_idr;
    packet->dts = packet->pts = dts;
    packet->arrival_us = FIXTURE_ARRIVAL_US + dts * 100 / 9;
    return packet;
}

static inline struct packet *make_sound(struct codec_config *config, int64_t dts, size_t len)
{
    struct bytes *data = bytes_create(len);
    struct packet *packet = packet_create(config, data);

    memset(data->data, 0xa5, len);
    packet->dts = packet->pts = dts;
    packet->arrival_us = FIXTURE_ARRIVAL_US + dts * 100 / 9;
    return packet;
}

#endif
