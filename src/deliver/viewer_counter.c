/* SPDX-License-Identifier: Apache-2.0 */
/* The tables are open addressing over 64-bit hashes; what has expired is left out whenever one is
 * rebuilt, so that its size follows the audience. Two viewers collide once in 2^64 / n^2. */
#include "deliver/viewer_counter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/id.h"
#include "base/map.h"
#include "base/mem.h"

#define SMALLEST 16
#define LARGEST  (1 << 20) /* slots: beyond some 780,000 viewers on one loop the count stays */
#define PAUSE_MS 1000      /* between rebuilds of a table that cannot grow */

struct sighting {
    uint64_t hash; /* 0: free */
    int64_t seen_ms;
};

struct table {
    pthread_mutex_t lock; /* lock guards: everything below */
    struct sighting *slots;
    size_t capacity; /* a power of two */
    size_t used;
    int64_t rebuilt_ms;
};

struct viewer_counter {
    atomic_int refs;
    int64_t span_ms;
    uint64_t seed;
    int loop_count;
    struct table tables[];
};

static void table_init(struct table *table)
{
    *table = (struct table){ .capacity = SMALLEST };
    pthread_mutex_init(&table->lock, NULL);
    table->slots = mem_zalloc(table->capacity * sizeof(table->slots[0]));
}

static void table_clear(struct table *table)
{
    pthread_mutex_destroy(&table->lock);
    mem_free(table->slots);
}

/* The slot of `hash`, or the free one where it would go: there always is one. */
static struct sighting *find(struct table *table, uint64_t hash)
{
    size_t mask = table->capacity - 1;
    size_t i = hash & mask;

    while (table->slots[i].hash && table->slots[i].hash != hash)
        i = (i + 1) & mask;
    return &table->slots[i];
}

static void put(struct table *table, struct sighting sighting)
{
    struct sighting *slot = find(table, sighting.hash);

    table->used += !slot->hash;
    *slot = sighting;
}

static bool is_full(const struct table *table)
{
    return (table->used + 1) * 4 > table->capacity * 3;
}

static size_t count_since(const struct table *table, int64_t since_ms)
{
    size_t count = 0;

    for (size_t i = 0; i < table->capacity; i++)
        count += table->slots[i].hash && table->slots[i].seen_ms > since_ms;
    return count;
}

/* Leaves out what has expired and makes room for as many again. */
static void rebuild(struct table *table, int64_t since_ms)
{
    struct sighting *old = table->slots;
    size_t old_capacity = table->capacity;
    size_t wanted = count_since(table, since_ms) * 2;

    for (table->capacity = SMALLEST; table->capacity < wanted && table->capacity < LARGEST;)
        table->capacity *= 2;
    table->slots = mem_zalloc(table->capacity * sizeof(table->slots[0]));
    table->used = 0;
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].hash && old[i].seen_ms > since_ms)
            put(table, old[i]);
    mem_free(old);
}

/* A table of the largest size that is full of the living must not be walked for every newcomer. */
static bool is_worth_rebuilding(const struct table *table, int64_t now_ms)
{
    return table->capacity < LARGEST || now_ms - table->rebuilt_ms >= PAUSE_MS;
}

static void add(struct table *table, struct sighting sighting, int64_t now_ms, int64_t since_ms)
{
    if (is_full(table) && is_worth_rebuilding(table, now_ms)) {
        rebuild(table, since_ms);
        table->rebuilt_ms = now_ms;
    }
    if (!is_full(table) || find(table, sighting.hash)->hash)
        put(table, sighting);
}

struct viewer_counter *viewer_counter_create(int loop_count, int64_t span_ms)
{
    struct viewer_counter *counter =
        mem_zalloc(sizeof(*counter) + (size_t)loop_count * sizeof(counter->tables[0]));

    atomic_init(&counter->refs, 1);
    counter->span_ms = span_ms;
    counter->loop_count = loop_count;
    id_random(&counter->seed, sizeof(counter->seed));
    for (int i = 0; i < loop_count; i++)
        table_init(&counter->tables[i]);
    return counter;
}

struct viewer_counter *viewer_counter_ref(struct viewer_counter *counter)
{
    atomic_fetch_add_explicit(&counter->refs, 1, memory_order_relaxed);
    return counter;
}

void viewer_counter_unref(struct viewer_counter *counter)
{
    if (!counter || atomic_fetch_sub_explicit(&counter->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < counter->loop_count; i++)
        table_clear(&counter->tables[i]);
    mem_free(counter);
}

void viewer_counter_note(struct viewer_counter *counter, int loop_index, const char *address,
                         const char *user_agent, int64_t now_ms)
{
    struct table *table = &counter->tables[loop_index];
    uint64_t hash = map_hash(address, strlen(address), counter->seed);

    hash = map_hash(user_agent, strlen(user_agent), hash);
    pthread_mutex_lock(&table->lock);
    add(table, (struct sighting){ hash ? hash : 1, now_ms }, now_ms, now_ms - counter->span_ms);
    pthread_mutex_unlock(&table->lock);
}

/* A viewer may have connections on several loops: the union counts. */
static void merge(struct table *sum, struct table *table, int64_t now_ms, int64_t since_ms)
{
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].hash && table->slots[i].seen_ms > since_ms)
            add(sum, table->slots[i], now_ms, since_ms);
    pthread_mutex_unlock(&table->lock);
}

int viewer_counter_count(struct viewer_counter *counter, int64_t now_ms)
{
    struct table sum;
    int count;

    table_init(&sum);
    for (int i = 0; i < counter->loop_count; i++)
        merge(&sum, &counter->tables[i], now_ms, now_ms - counter->span_ms);
    count = (int)sum.used;
    table_clear(&sum);
    return count;
}
