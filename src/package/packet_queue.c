/* SPDX-License-Identifier: Apache-2.0 */
/* A row of packet references in one array, moved to its front when its end is reached. */
#include "package/packet_queue.h"

#include <string.h>

#include "base/mem.h"
#include "media/packet.h"

#define SMALLEST 16

static void make_room(struct packet_queue *q)
{
    int count = packet_queue_count(q);

    if (q->tail < q->capacity)
        return;
    if (q->head > q->capacity / 2) {
        memmove(q->items, q->items + q->head, (size_t)count * sizeof(q->items[0]));
        q->head = 0;
        q->tail = count;
        return;
    }
    q->capacity = q->capacity ? 2 * q->capacity : SMALLEST;
    q->items = mem_realloc(q->items, (size_t)q->capacity * sizeof(q->items[0]));
}

void packet_queue_push(struct packet_queue *q, struct packet *packet)
{
    make_room(q);
    q->items[q->tail++] = packet_ref(packet);
}

struct packet *packet_queue_pop(struct packet_queue *q)
{
    struct packet *packet = q->items[q->head++];

    if (q->head == q->tail)
        q->head = q->tail = 0;
    return packet;
}

struct packet *packet_queue_head(const struct packet_queue *q)
{
    return q->head < q->tail ? q->items[q->head] : NULL;
}

int packet_queue_count(const struct packet_queue *q)
{
    return q->tail - q->head;
}

struct packet *const *packet_queue_items(const struct packet_queue *q)
{
    return q->items ? q->items + q->head : NULL;
}

void packet_queue_reset(struct packet_queue *q)
{
    while (packet_queue_count(q))
        packet_unref(packet_queue_pop(q));
}

void packet_queue_clear(struct packet_queue *q)
{
    packet_queue_reset(q);
    mem_free(q->items);
    *q = (struct packet_queue){ 0 };
}
