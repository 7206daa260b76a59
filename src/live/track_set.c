/* SPDX-License-Identifier: Apache-2.0 */
#include "live/track_set.h"

#include <errno.h>
#include <string.h>

#include "media/codec.h"
#include "media/packet.h"

#define WAITING_MAX 4096 /* packets: the first track has stopped */

static void forget_configs(struct track_set *set)
{
    for (int i = 0; i < MULTITRACK_MAX; i++) {
        codec_config_unref(set->configs[i]);
        set->configs[i] = NULL;
    }
}

void track_set_clear(struct track_set *set)
{
    forget_configs(set);
    track_set_drop(set);
}

bool track_set_agree(struct track_set *set, const struct multitrack_config *agreed)
{
    if (!memcmp(&set->agreed, agreed, sizeof(*agreed)))
        return false;
    set->agreed = *agreed;
    forget_configs(set);
    return true;
}

bool track_set_is_unexpected(const struct track_set *set, const struct packet *packet)
{
    return packet->track && packet->track >= set->agreed.count;
}

void track_set_note_config(struct track_set *set, const struct packet *packet)
{
    struct codec_config **config = &set->configs[packet->track];

    if (*config == packet->config)
        return;
    codec_config_unref(*config);
    *config = codec_config_ref(packet->config);
}

int track_set_hold(struct track_set *set, struct packet *packet)
{
    if (packet_queue_count(&set->waiting) >= WAITING_MAX)
        return -EMSGSIZE;
    packet_queue_push(&set->waiting, packet);
    return 0;
}

struct packet *track_set_release(struct track_set *set, int64_t until)
{
    const struct packet *head = packet_queue_head(&set->waiting);

    return head && head->dts <= until ? packet_queue_pop(&set->waiting) : NULL;
}

void track_set_drop(struct track_set *set)
{
    packet_queue_clear(&set->waiting);
}
