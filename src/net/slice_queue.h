/* SPDX-License-Identifier: Apache-2.0 */
/* Shared bytes waiting to be sent, in order, without copying them.
 * Thread: its owner's. */
#ifndef NET_SLICE_QUEUE_H
#define NET_SLICE_QUEUE_H

#include <stddef.h>
#include <sys/uio.h>

#include "base/bytes.h"

struct slice_queue {
    struct slice *items; /* NULL while empty */
    size_t first, count, capacity;
    size_t bytes; /* in all pieces */
};

/* Allocates nothing yet. */
void slice_queue_init(struct slice_queue *q);
/* Drops all pieces; the queue can be used again. */
void slice_queue_clear(struct slice_queue *q);
/* Refs the owner; a piece without owner is copied. Empty pieces are ignored. */
void slice_queue_push(struct slice_queue *q, const struct slice *piece);
/* Like slice_queue_push() for several pieces, without their first `skip` bytes. */
void slice_queue_push_from(struct slice_queue *q, const struct slice *pieces, size_t count,
                           size_t skip);
/* Moves all pieces of `from` behind those of `to`. */
void slice_queue_move(struct slice_queue *to, struct slice_queue *from);
/* The first piece, borrowed until the queue changes; NULL if empty. */
const struct slice *slice_queue_first(const struct slice_queue *q);
/* Describes the first pieces, at most `max`; returns how many. */
size_t slice_queue_iovec(const struct slice_queue *q, struct iovec *out, size_t max);
/* Drops the first `bytes` bytes, at most what is there. */
void slice_queue_consume(struct slice_queue *q, size_t bytes);

#endif
