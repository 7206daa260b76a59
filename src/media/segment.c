/* SPDX-License-Identifier: Apache-2.0 */
#include "media/segment.h"

#include "base/mem.h"

struct part *part_ref(struct part *part)
{
    atomic_fetch_add_explicit(&part->refs, 1, memory_order_relaxed);
    return part;
}

void part_unref(struct part *part)
{
    if (!part || atomic_fetch_sub_explicit(&part->refs, 1, memory_order_acq_rel) != 1)
        return;
    bytes_unref(part->data);
    mem_free(part);
}

struct segment *segment_ref(struct segment *segment)
{
    atomic_fetch_add_explicit(&segment->refs, 1, memory_order_relaxed);
    return segment;
}

void segment_unref(struct segment *segment)
{
    if (!segment || atomic_fetch_sub_explicit(&segment->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < segment->part_count; i++)
        part_unref(segment->parts[i]);
    bytes_unref(segment->init);
    mem_free(segment);
}

size_t segment_size(const struct segment *segment)
{
    size_t size = 0;

    for (int i = 0; i < segment->part_count; i++)
        if (segment->parts[i]->data)
            size += segment->parts[i]->data->len;
    return size;
}
