/* SPDX-License-Identifier: Apache-2.0 */
/* An array used as a ring without wrap-around: pieces leave at `first` and are appended behind the
 * last. It is freed as soon as it is empty, so that a connection at rest costs nothing for it. */
#include "net/slice_queue.h"

#include <string.h>

#include "base/mem.h"

#define SMALLEST 8

void slice_queue_init(struct slice_queue *q)
{
    *q = (struct slice_queue){ 0 };
}

void slice_queue_clear(struct slice_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        bytes_unref(q->items[q->first + i].owner);
    mem_free(q->items);
    slice_queue_init(q);
}

static struct slice *room_for_one(struct slice_queue *q)
{
    if (q->first + q->count == q->capacity) {
        if (q->first > q->count) {
            memmove(q->items, q->items + q->first, q->count * sizeof(*q->items));
            q->first = 0;
        } else {
            q->capacity = q->capacity ? q->capacity * 2 : SMALLEST;
            q->items = mem_realloc(q->items, q->capacity * sizeof(*q->items));
        }
    }
    return &q->items[q->first + q->count++];
}

void slice_queue_push(struct slice_queue *q, const struct slice *piece)
{
    struct slice *item;

    if (!piece->len)
        return;
    item = room_for_one(q);
    *item = *piece;
    if (piece->owner) {
        bytes_ref(piece->owner);
    } else {
        item->owner = bytes_copy(piece->data, piece->len);
        item->data = item->owner->data;
    }
    q->bytes += piece->len;
}

void slice_queue_push_from(struct slice_queue *q, const struct slice *pieces, size_t count,
                           size_t skip)
{
    for (size_t i = 0; i < count; i++) {
        struct slice piece = pieces[i];
        size_t cut = skip < piece.len ? skip : piece.len;

        skip -= cut;
        piece.data += cut;
        piece.len -= cut;
        slice_queue_push(q, &piece);
    }
}

void slice_queue_move(struct slice_queue *to, struct slice_queue *from)
{
    if (!to->count) {
        mem_free(to->items);
        *to = *from;
    } else {
        for (size_t i = 0; i < from->count; i++)
            *room_for_one(to) = from->items[from->first + i];
        to->bytes += from->bytes;
        mem_free(from->items);
    }
    slice_queue_init(from);
}

const struct slice *slice_queue_first(const struct slice_queue *q)
{
    return q->count ? &q->items[q->first] : NULL;
}

size_t slice_queue_iovec(const struct slice_queue *q, struct iovec *out, size_t max)
{
    size_t count = q->count < max ? q->count : max;

    for (size_t i = 0; i < count; i++) {
        const struct slice *item = &q->items[q->first + i];
        out[i] = (struct iovec){ .iov_base = (void *)item->data, .iov_len = item->len };
    }
    return count;
}

void slice_queue_consume(struct slice_queue *q, size_t bytes)
{
    while (q->count && bytes >= q->items[q->first].len) {
        struct slice *item = &q->items[q->first];

        bytes -= item->len;
        q->bytes -= item->len;
        bytes_unref(item->owner);
        q->first++;
        q->count--;
    }
    if (!q->count) {
        slice_queue_clear(q);
        return;
    }
    q->items[q->first].data += bytes;
    q->items[q->first].len -= bytes;
    q->bytes -= bytes;
}
