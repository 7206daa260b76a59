/* SPDX-License-Identifier: Apache-2.0 */
/* A queue between two threads of the worker. When its consumer is late it takes no more until the
 * next keyframe, so that being slow costs whole GOPs and never stops the producer.
 * Thread: one pushes, one pops; any may ask. */
#ifndef TRANSCODE_GOP_QUEUE_H
#define TRANSCODE_GOP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gop_queue;

struct gop_queue_config {
    int age_max_ms;   /* late: the oldest item has waited longer */
    size_t count_max; /* late: more items wait; the bound of memory */
    void (*release)(void *item);
};

/* Returns owned. */
struct gop_queue *gop_queue_create(const struct gop_queue_config *config);
/* Takes `item`. False when it was dropped, and released. `was_first` (may be NULL): it is the first
 * one dropped since the consumer was in time. */
bool gop_queue_push(struct gop_queue *queue, void *item, bool is_key, bool *was_first);
/* Takes `item`, which is never dropped: a message between the frames. */
void gop_queue_push_always(struct gop_queue *queue, void *item);
/* Waits for the next item; the caller owns it. NULL once closed and empty. */
void *gop_queue_pop(struct gop_queue *queue);
/* Nothing more will be pushed. */
void gop_queue_close(struct gop_queue *queue);
/* GOPs dropped, wholly or from somewhere on. */
uint32_t gop_queue_gops_dropped(struct gop_queue *queue);
/* How long the consumer has been at work on the item that it popped last; 0 while it waits. */
int64_t gop_queue_busy_ms(struct gop_queue *queue);
/* Releases what is left. NULL is fine. */
void gop_queue_destroy(struct gop_queue *queue);

#endif
