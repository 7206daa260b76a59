/* SPDX-License-Identifier: Apache-2.0 */
#include "net/timeout_queue.h"

void timeout_queue_init(struct timeout_queue *q, int64_t after_ms,
                        void (*on_timeout)(struct timeout *timeout))
{
    list_init(&q->waiting);
    q->after_ms = after_ms;
    q->on_timeout = on_timeout;
}

void timeout_queue_sweep(struct timeout_queue *q, int64_t now_ms)
{
    while (!list_is_empty(&q->waiting)) {
        struct timeout *timeout = LIST_ITEM(q->waiting.next, struct timeout, node);

        if (timeout->at_ms > now_ms)
            return;
        list_remove(&timeout->node);
        q->on_timeout(timeout);
    }
}

void timeout_init(struct timeout *timeout)
{
    list_init(&timeout->node);
}

void timeout_start(struct timeout *timeout, struct timeout_queue *q, int64_t now_ms)
{
    list_remove(&timeout->node);
    timeout->at_ms = now_ms + q->after_ms;
    list_append(&q->waiting, &timeout->node);
}

void timeout_stop(struct timeout *timeout)
{
    list_remove(&timeout->node);
}
