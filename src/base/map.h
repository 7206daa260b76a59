/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map from strings to pointers, seeded at random per map.
 * Thread: its owner's. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map;

struct map *map_create(void);
/* The values are the caller's. NULL is fine. */
void map_destroy(struct map *map);
size_t map_count(const struct map *map);
/* NULL if absent. */
void *map_get(const struct map *map, const char *key);
/* Copies the key; returns the value that was there before, NULL if none. */
void *map_put(struct map *map, const char *key, void *value);
/* Returns the value that was there, NULL if none. */
void *map_remove(struct map *map, const char *key);
/* Walks all entries, in no order: start with *cursor = 0, ends with NULL. The map must not change
 * meanwhile. `key` may be NULL. */
void *map_next(const struct map *map, size_t *cursor, const char **key);

/* A good 64-bit hash of any bytes, for callers with tables of their own. */
uint64_t map_hash(const void *data, size_t len, uint64_t seed);

#endif
