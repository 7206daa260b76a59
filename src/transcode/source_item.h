/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker's reading thread hands to the decoding ones: a configuration or a packet of the
 * source, with its bytes, or the news that packets were dropped.
 * Thread: whoever holds it. */
#ifndef TRANSCODE_SOURCE_ITEM_H
#define TRANSCODE_SOURCE_ITEM_H

#include "transcode/transcode_link.h"

enum source_item_type {
    ITEM_CONFIG, /* `packet` has its data only */
    ITEM_PACKET,
    ITEM_LOST, /* packets from packet.dts on */
};

struct source_item {
    enum source_item_type type;
    struct link_packet packet;
};

/* Return owned copies. */
struct source_item *source_item_of_config(const struct link_config *config);
struct source_item *source_item_of_packet(const struct link_packet *packet);
struct source_item *source_item_of_loss(int64_t dts);
void source_item_destroy(void *item);

#endif
