/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing and backward-shift deletion: no tombstones to clean up. */
#include "base/map.h"

#include <string.h>

#include "base/id.h"
#include "base/mem.h"

#define SMALLEST 16

struct entry {
    char *key; /* NULL: free */
    void *value;
    uint64_t hash;
};

struct map {
    struct entry *entries;
    size_t capacity; /* a power of two */
    size_t count;
    uint64_t seed;
};

uint64_t map_hash(const void *data, size_t len, uint64_t seed)
{
    const uint8_t *at = data;
    uint64_t h = seed ^ (len * UINT64_C(0x9E3779B97F4A7C15));

    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        h = (h ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
        h ^= h >> 29;
    }
    for (; len; at++, len--)
        h = (h ^ *at) * UINT64_C(0x94D049BB133111EB);
    h ^= h >> 32;
    h *= UINT64_C(0xBF58476D1CE4E5B9);
    return h ^ h >> 29;
}

struct map *map_create(void)
{
    struct map *map = mem_zalloc(sizeof(*map));

    map->capacity = SMALLEST;
    map->entries = mem_zalloc(map->capacity * sizeof(*map->entries));
    id_random(&map->seed, sizeof(map->seed));
    return map;
}

void map_destroy(struct map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->capacity; i++)
        mem_free(map->entries[i].key);
    mem_free(map->entries);
    mem_free(map);
}

size_t map_count(const struct map *map)
{
    return map->count;
}

/* The entry of `key`, or the free one where it would go. */
static struct entry *find(const struct map *map, const char *key, uint64_t hash)
{
    size_t mask = map->capacity - 1;

    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        struct entry *entry = &map->entries[i];
        if (!entry->key || (entry->hash == hash && strcmp(entry->key, key) == 0))
            return entry;
    }
}

static uint64_t hash_of(const struct map *map, const char *key)
{
    return map_hash(key, strlen(key), map->seed);
}

void *map_get(const struct map *map, const char *key)
{
    return find(map, key, hash_of(map, key))->value;
}

static void grow(struct map *map)
{
    struct entry *old = map->entries;
    size_t old_capacity = map->capacity;

    map->capacity *= 2;
    map->entries = mem_zalloc(map->capacity * sizeof(*map->entries));
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i].key)
            *find(map, old[i].key, old[i].hash) = old[i];
    mem_free(old);
}

void *map_put(struct map *map, const char *key, void *value)
{
    uint64_t hash = hash_of(map, key);
    struct entry *entry;
    void *before;

    if ((map->count + 1) * 4 > map->capacity * 3)
        grow(map);
    entry = find(map, key, hash);
    before = entry->value;
    if (!entry->key) {
        entry->key = mem_strdup(key);
        entry->hash = hash;
        map->count++;
    }
    entry->value = value;
    return before;
}

void *map_remove(struct map *map, const char *key)
{
    struct entry *hole = find(map, key, hash_of(map, key));
    size_t mask = map->capacity - 1;
    void *value = hole->value;

    if (!hole->key)
        return NULL;
    mem_free(hole->key);
    map->count--;
    for (size_t i = ((size_t)(hole - map->entries) + 1) & mask; map->entries[i].key;
         i = (i + 1) & mask) {
        size_t home = map->entries[i].hash & mask;
        size_t gap = (size_t)(hole - map->entries);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            *hole = map->entries[i];
            hole = &map->entries[i];
        }
    }
    *hole = (struct entry){ 0 };
    return value;
}

void *map_next(const struct map *map, size_t *cursor, const char **key)
{
    while (*cursor < map->capacity) {
        const struct entry *entry = &map->entries[(*cursor)++];
        if (!entry->key)
            continue;
        if (key)
            *key = entry->key;
        return entry->value;
    }
    return NULL;
}
