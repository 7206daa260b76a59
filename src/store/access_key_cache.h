/* SPDX-License-Identifier: Apache-2.0 */
/* Access keys in memory, with their policies parsed, so that a call costs no query. Changes made
 * elsewhere, such as by `weir keys`, are seen within half a second.
 * Thread: any that may block. */
#ifndef STORE_ACCESS_KEY_CACHE_H
#define STORE_ACCESS_KEY_CACHE_H

#include "store/access_key.h"

struct access_key_cache;

struct access_key_cache_config {
    struct store *store; /* must outlive the cache */
    /* Called once per key and change; NULL if the document is no policy. */
    void *(*parse_policy)(const char *json);
    void (*free_policy)(void *policy); /* NULL is fine for it */
};

/* Immutable and shared. */
struct cached_key {
    struct access_key key;
    void *policy; /* from parse_policy(); NULL allows nothing */
};

/* Returns owned. */
struct access_key_cache *access_key_cache_create(const struct access_key_cache_config *config);
/* NULL is fine. No call may be under way; keys with references stay. */
void access_key_cache_destroy(struct access_key_cache *cache);

/* The key of that id with a reference, also when it is disabled or expired, which the caller
 * judges. -ENOENT if there is none. While the database is away the keys in memory go on working.
 * Counts as a use. */
int access_key_cache_find(struct access_key_cache *cache, const char *id,
                          const struct cached_key **out);
/* NULL is fine. */
void cached_key_unref(const struct cached_key *key);

#endif
