/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/source_item.h"

#include <string.h>

#include "base/mem.h"

static struct source_item *create(const struct link_packet *packet, enum source_item_type type)
{
    struct source_item *item = mem_alloc(sizeof(*item) + packet->len);
    uint8_t *data = (uint8_t *)(item + 1);

    if (packet->len)
        memcpy(data, packet->data, packet->len);
    item->type = type;
    item->packet = *packet;
    item->packet.data = data;
    return item;
}

struct source_item *source_item_of_config(const struct link_config *config)
{
    struct link_packet packet = {
        .kind = config->kind,
        .data = config->data,
        .len = config->len,
    };

    return create(&packet, ITEM_CONFIG);
}

struct source_item *source_item_of_packet(const struct link_packet *packet)
{
    return create(packet, ITEM_PACKET);
}

struct source_item *source_item_of_loss(int64_t dts)
{
    struct link_packet packet = { .dts = dts };

    return create(&packet, ITEM_LOST);
}

void source_item_destroy(void *item)
{
    mem_free(item);
}
