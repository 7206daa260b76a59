/* SPDX-License-Identifier: Apache-2.0 */
/* A locked list with a memory of whether its consumer keeps up. */
#include "transcode/gop_queue.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"

struct entry {
    struct list node;
    void *item;
    int64_t pushed_ms;
};

struct gop_queue {
    struct gop_queue_config config;
    pthread_mutex_t lock; /* lock guards: all below */
    pthread_cond_t changed;
    struct list entries;
    size_t count;
    bool is_skipping; /* until the next keyframe that finds the consumer in time */
    bool is_closed;
    uint32_t gops_dropped;
    int64_t busy_since_ms; /* 0: the consumer waits */
};

struct gop_queue *gop_queue_create(const struct gop_queue_config *config)
{
    struct gop_queue *queue = mem_zalloc(sizeof(*queue));

    queue->config = *config;
    list_init(&queue->entries);
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    return queue;
}

static bool is_late(const struct gop_queue *queue, int64_t now_ms)
{
    const struct entry *oldest = LIST_ITEM(queue->entries.next, struct entry, node);

    if (queue->count == 0)
        return false;
    return queue->count >= queue->config.count_max ||
           now_ms - oldest->pushed_ms > queue->config.age_max_ms;
}

static void append(struct gop_queue *queue, void *item, int64_t now_ms)
{
    struct entry *entry = mem_alloc(sizeof(*entry));

    *entry = (struct entry){ .item = item, .pushed_ms = now_ms };
    list_append(&queue->entries, &entry->node);
    queue->count++;
    pthread_cond_signal(&queue->changed);
}

bool gop_queue_push(struct gop_queue *queue, void *item, bool is_key, bool *was_first)
{
    int64_t now_ms = clock_mono_ms();
    bool was_skipping, is_dropped;

    pthread_mutex_lock(&queue->lock);
    was_skipping = queue->is_skipping;
    is_dropped = is_late(queue, now_ms) || (was_skipping && !is_key);
    if (is_dropped && (is_key || !was_skipping))
        queue->gops_dropped++;
    queue->is_skipping = is_dropped;
    if (!is_dropped)
        append(queue, item, now_ms);
    pthread_mutex_unlock(&queue->lock);
    if (is_dropped)
        queue->config.release(item);
    if (was_first)
        *was_first = is_dropped && !was_skipping;
    return !is_dropped;
}

void gop_queue_push_always(struct gop_queue *queue, void *item)
{
    pthread_mutex_lock(&queue->lock);
    append(queue, item, clock_mono_ms());
    pthread_mutex_unlock(&queue->lock);
}

void *gop_queue_pop(struct gop_queue *queue)
{
    struct entry *entry = NULL;
    struct list *node;
    void *item = NULL;

    pthread_mutex_lock(&queue->lock);
    queue->busy_since_ms = 0;
    while (queue->count == 0 && !queue->is_closed)
        pthread_cond_wait(&queue->changed, &queue->lock);
    node = list_pop(&queue->entries);
    if (node) {
        entry = LIST_ITEM(node, struct entry, node);
        item = entry->item;
        queue->count--;
        queue->busy_since_ms = clock_mono_ms();
    }
    pthread_mutex_unlock(&queue->lock);
    mem_free(entry);
    return item;
}

void gop_queue_close(struct gop_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->is_closed = true;
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

uint32_t gop_queue_gops_dropped(struct gop_queue *queue)
{
    uint32_t dropped;

    pthread_mutex_lock(&queue->lock);
    dropped = queue->gops_dropped;
    pthread_mutex_unlock(&queue->lock);
    return dropped;
}

int64_t gop_queue_busy_ms(struct gop_queue *queue)
{
    int64_t busy_ms;

    pthread_mutex_lock(&queue->lock);
    busy_ms = queue->busy_since_ms ? clock_mono_ms() - queue->busy_since_ms : 0;
    pthread_mutex_unlock(&queue->lock);
    return busy_ms;
}

void gop_queue_destroy(struct gop_queue *queue)
{
    struct list *node;

    if (!queue)
        return;
    while ((node = list_pop(&queue->entries))) {
        struct entry *entry = LIST_ITEM(node, struct entry, node);
        queue->config.release(entry->item);
        mem_free(entry);
    }
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    mem_free(queue);
}
