/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that all wait equally long: whoever started first is through first, so that a list and
 * one look at its head now and then serve thousands, where each would need a timer of its own.
 * Thread: its owner's. */
#ifndef NET_TIMEOUT_QUEUE_H
#define NET_TIMEOUT_QUEUE_H

#include <stdint.h>

#include "base/list.h"

/* Embedded by whoever waits. */
struct timeout {
    struct list node;
    int64_t at_ms;
};

struct timeout_queue {
    struct list waiting;
    int64_t after_ms;
    /* The timeout is in no queue any more; it may be started again or freed. */
    void (*on_timeout)(struct timeout *timeout);
};

void timeout_queue_init(struct timeout_queue *q, int64_t after_ms,
                        void (*on_timeout)(struct timeout *timeout));
/* Calls for all whose time has come. */
void timeout_queue_sweep(struct timeout_queue *q, int64_t now_ms);

void timeout_init(struct timeout *timeout);
/* From now on; leaves the queue it was in. */
void timeout_start(struct timeout *timeout, struct timeout_queue *q, int64_t now_ms);
/* Fine if it is in none. */
void timeout_stop(struct timeout *timeout);

#endif
