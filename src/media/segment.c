/* SPDX-License-Identifier: Apache-2.0 */
#include "media/segment.h"

#include "base/bytes_file.h"
#include "base/mem.h"

/* Making a file costs as much as it saves in so many sendings. */
#define SENDINGS_UNTIL_FILE 4

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
    bytes_unref(atomic_load(&segment->in_file));
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

size_t segment_slices(const struct segment *segment, int from, struct slice *out)
{
    size_t count = 0;

    for (int i = from; i < segment->part_count; i++)
        if (segment->parts[i]->data)
            out[count++] = slice_of(segment->parts[i]->data);
    return count;
}

static struct bytes *make_file(const struct segment *segment)
{
    struct slice *pieces = mem_alloc(((size_t)segment->part_count + 1) * sizeof(*pieces));
    struct bytes *file = bytes_file_create(pieces, segment_slices(segment, 0, pieces));

    mem_free(pieces);
    return file;
}

struct bytes *segment_in_file(struct segment *segment)
{
    struct bytes *file = atomic_load_explicit(&segment->in_file, memory_order_acquire);

    if (file || atomic_fetch_add(&segment->sendings, 1) != SENDINGS_UNTIL_FILE)
        return file;
    file = make_file(segment); /* nobody else counts the same number */
    atomic_store_explicit(&segment->in_file, file, memory_order_release);
    return file;
}
