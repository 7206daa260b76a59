/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket is the moment at which it will be full again: one number, and nothing to fill. */
#include "api/rate.h"

#include <pthread.h>

#include "base/map.h"
#include "base/mem.h"

#define BURST_US    INT64_C(2000000)
#define BUCKETS_MAX 100000 /* past that all are forgotten: memory before strictness */

struct bucket {
    int64_t full_us;
};

struct rates {
    pthread_mutex_t lock; /* lock guards: buckets */
    struct map *buckets;
};

struct rates *rates_create(void)
{
    struct rates *rates = mem_zalloc(sizeof(*rates));

    pthread_mutex_init(&rates->lock, NULL);
    rates->buckets = map_create();
    return rates;
}

static void clear(struct rates *rates)
{
    struct bucket *bucket;
    size_t cursor = 0;

    while ((bucket = map_next(rates->buckets, &cursor, NULL)))
        mem_free(bucket);
    map_destroy(rates->buckets);
}

void rates_destroy(struct rates *rates)
{
    if (!rates)
        return;
    clear(rates);
    pthread_mutex_destroy(&rates->lock);
    mem_free(rates);
}

static struct bucket *find_bucket(struct rates *rates, const char *name)
{
    struct bucket *bucket = map_get(rates->buckets, name);

    if (bucket)
        return bucket;
    if (map_count(rates->buckets) >= BUCKETS_MAX) {
        clear(rates);
        rates->buckets = map_create();
    }
    bucket = mem_zalloc(sizeof(*bucket));
    map_put(rates->buckets, name, bucket);
    return bucket;
}

int rates_take(struct rates *rates, const char *name, double per_second, int64_t mono_us)
{
    int64_t cost_us = (int64_t)(1000000 / per_second);
    struct bucket *bucket;
    int64_t full_us;
    int wait_ms = 0;

    pthread_mutex_lock(&rates->lock);
    bucket = find_bucket(rates, name);
    full_us = (bucket->full_us > mono_us ? bucket->full_us : mono_us) + cost_us;
    if (full_us - mono_us > BURST_US)
        wait_ms = (int)((full_us - mono_us - BURST_US + 999) / 1000);
    else
        bucket->full_us = full_us;
    pthread_mutex_unlock(&rates->lock);
    return wait_ms;
}
