/* SPDX-License-Identifier: Apache-2.0 */
#include "live/takeover.h"

#include "base/bytes.h"
#include "media/codec.h"
#include "media/packet.h"

#define SOUND_WAIT    MEDIA_TIMESCALE /* behind the first IDR: encoders send both from the start */
#define HELD_MAX      1024            /* packets */
#define HELD_SIZE_MAX (16 << 20)      /* bytes */

void takeover_begin(struct takeover *takeover, struct publisher_address publisher, int64_t priority,
                    int64_t now_ms)
{
    takeover_clear(takeover);
    takeover->publisher = publisher;
    takeover->priority = priority;
    takeover->since_ms = now_ms;
}

bool takeover_is_of(const struct takeover *takeover, struct publisher_address publisher)
{
    return takeover->publisher.number && takeover->publisher.number == publisher.number &&
           takeover->publisher.host == publisher.host;
}

static void note_config(struct takeover *takeover, const struct packet *packet)
{
    struct codec_config **config = &takeover->configs[packet->kind];

    if (packet->track || *config == packet->config)
        return;
    codec_config_unref(*config);
    *config = codec_config_ref(packet->config);
}

/* Viewers' decoders go on without a break: same tracks, same codecs, same picture and sound. */
static bool is_alike(const struct takeover *takeover, struct codec_config *const running[2])
{
    for (int kind = 0; kind < 2; kind++)
        if (takeover->configs[kind] &&
            !codec_config_is_compatible(takeover->configs[kind], running[kind]))
            return false;
    return true;
}

static bool hold(struct takeover *takeover, struct packet *packet)
{
    if (packet_queue_count(&takeover->held) >= HELD_MAX ||
        packet->data->len > HELD_SIZE_MAX - takeover->held_size)
        return false;
    takeover->held_size += packet->data->len;
    packet_queue_push(&takeover->held, packet);
    return true;
}

static bool is_sound_overdue(const struct takeover *takeover, const struct packet *packet)
{
    return packet->dts - packet_queue_head(&takeover->held)->dts > SOUND_WAIT;
}

enum takeover_verdict takeover_push(struct takeover *takeover, struct packet *packet,
                                    struct codec_config *const running[2])
{
    bool has_begun = packet_queue_count(&takeover->held) > 0;

    note_config(takeover, packet);
    if (!is_alike(takeover, running))
        return TAKEOVER_MISMATCH;
    if (!has_begun && !packet->is_idr)
        return TAKEOVER_WAITING;
    if (!hold(takeover, packet))
        return TAKEOVER_MISMATCH;
    if (!running[MEDIA_AUDIO] || takeover->configs[MEDIA_AUDIO])
        return TAKEOVER_READY;
    return is_sound_overdue(takeover, packet) ? TAKEOVER_MISMATCH : TAKEOVER_WAITING;
}

void takeover_clear(struct takeover *takeover)
{
    packet_queue_clear(&takeover->held);
    codec_config_unref(takeover->configs[MEDIA_VIDEO]);
    codec_config_unref(takeover->configs[MEDIA_AUDIO]);
    *takeover = (struct takeover){ 0 };
}
