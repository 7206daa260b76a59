/* SPDX-License-Identifier: Apache-2.0 */
#include "media/packet.h"

#include "base/bytes.h"
#include "base/mem.h"

struct codec_config *codec_config_ref(struct codec_config *config)
{
    atomic_fetch_add_explicit(&config->refs, 1, memory_order_relaxed);
    return config;
}

void codec_config_unref(struct codec_config *config)
{
    if (!config || atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (config->kind == MEDIA_VIDEO) {
        bytes_unref(config->video.sps);
        bytes_unref(config->video.pps);
        bytes_unref(config->video.avcc);
        bytes_unref(config->video.hvcc);
        bytes_unref(config->video.annexb_sets);
    } else {
        bytes_unref(config->audio.asc);
    }
    mem_free(config);
}

struct packet *packet_create(struct codec_config *config, struct bytes *data)
{
    struct packet *packet = mem_zalloc(sizeof(*packet));

    atomic_init(&packet->refs, 1);
    packet->kind = config->kind;
    packet->config = codec_config_ref(config);
    packet->data = data;
    return packet;
}

struct packet *packet_retimed(const struct packet *packet, int64_t dts, int64_t pts)
{
    struct packet *copy = packet_create(packet->config, bytes_ref(packet->data));

    copy->track = packet->track;
    copy->is_idr = packet->is_idr;
    copy->arrival_us = packet->arrival_us;
    copy->dts = dts;
    copy->pts = pts;
    return copy;
}

struct packet *packet_ref(struct packet *packet)
{
    atomic_fetch_add_explicit(&packet->refs, 1, memory_order_relaxed);
    return packet;
}

void packet_unref(struct packet *packet)
{
    if (!packet || atomic_fetch_sub_explicit(&packet->refs, 1, memory_order_acq_rel) != 1)
        return;
    codec_config_unref(packet->config);
    bytes_unref(packet->data);
    mem_free(packet);
}
