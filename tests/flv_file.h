/* SPDX-License-Identifier: Apache-2.0 */
/* Packets from an FLV file (Adobe Flash Video File Format 10.1, annex E), H.264 and AAC, for tests
 * and tools. Apart from ingest/: the file is what ffmpeg wrote. */
#ifndef TESTS_FLV_FILE_H
#define TESTS_FLV_FILE_H

#include "base/bytes.h"
#include "base/reader.h"
#include "media/access_unit.h"
#include "media/codec.h"
#include "media/packet.h"

#define FLV_AUDIO            8
#define FLV_VIDEO            9
#define FLV_FIRST_ARRIVAL_US INT64_C(1790000000000000)

/* Zeroed memory is a file not yet begun. */
struct flv_file {
    struct codec_config *video, *audio;
    int length_size;
    void (*on_packet)(struct packet *packet, void *ctx); /* takes the packet */
    void *ctx;
};

static inline void flv_push(struct flv_file *flv, struct codec_config *config, struct bytes *data,
                            int64_t dts, int64_t pts, bool is_idr)
{
    struct packet *packet = packet_create(config, data);

    packet->is_idr = is_idr;
    packet->dts = dts;
    packet->pts = pts;
    packet->arrival_us = FLV_FIRST_ARRIVAL_US + dts * 100 / 9;
    flv->on_packet(packet, flv->ctx);
}

static inline void flv_set_config(struct codec_config **slot, struct codec_config *config)
{
    if (codec_config_is_equal(*slot, config)) {
        codec_config_unref(config);
        return;
    }
    codec_config_unref(*slot);
    *slot = config;
}

/* FLV 10.1, E.4.3: codec id, packet type, composition time, data */
static inline void flv_read_video(struct flv_file *flv, const uint8_t *data, size_t len,
                                  uint32_t time)
{
    struct codec_config *config;
    struct access_unit unit;
    int32_t composition;

    if (len < 5 || (data[0] & 0x0f) != 7)
        return;
    composition = (int32_t)((uint32_t)data[2] << 24 | (uint32_t)data[3] << 16 | data[4] << 8) >> 8;
    if (data[1] == 0 && !codec_config_from_avcc(&config, data + 5, len - 5)) {
        flv->length_size = avcc_length_size(data + 5, len - 5);
        flv_set_config(&flv->video, config);
    }
    if (data[1] != 1 || !flv->video ||
        access_unit_read(&unit, VIDEO_H264, data + 5, len - 5, flv->length_size) || !unit.data)
        return;
    codec_config_refresh(&flv->video, &unit);
    flv_push(flv, flv->video, unit.data, (int64_t)time * 90, ((int64_t)time + composition) * 90,
             unit.is_idr);
}

/* E.4.2: format, packet type, data */
static inline void flv_read_audio(struct flv_file *flv, const uint8_t *data, size_t len,
                                  uint32_t time)
{
    struct codec_config *config;

    if (len < 2 || data[0] >> 4 != 10)
        return;
    if (data[1] == 0 && !codec_config_from_asc(&config, data + 2, len - 2))
        flv_set_config(&flv->audio, config);
    if (data[1] == 1 && flv->audio)
        flv_push(flv, flv->audio, bytes_copy(data + 2, len - 2), (int64_t)time * 90,
                 (int64_t)time * 90, false);
}

static inline void flv_file_read(struct flv_file *flv, const uint8_t *input, size_t len,
                                 void (*on_packet)(struct packet *, void *), void *ctx)
{
    struct reader r;

    flv->on_packet = on_packet;
    flv->ctx = ctx;
    flv->length_size = 4;

    reader_init(&r, input, len);
    read_skip(&r, 9);
    while (reader_left(&r) > 4) {
        uint32_t size, time;
        const uint8_t *data;
        int type;

        read_u32(&r); /* size of the tag before */
        type = read_u8(&r);
        size = read_u24(&r);
        time = read_u24(&r);
        time |= (uint32_t)read_u8(&r) << 24;
        read_u24(&r);
        data = read_bytes(&r, size);
        if (data && type == FLV_VIDEO)
            flv_read_video(flv, data, size, time);
        else if (data && type == FLV_AUDIO)
            flv_read_audio(flv, data, size, time);
    }
}

static inline void flv_file_clear(struct flv_file *flv)
{
    codec_config_unref(flv->video);
    codec_config_unref(flv->audio);
}

#endif
