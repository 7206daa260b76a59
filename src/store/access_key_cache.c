/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever looks a key up first after CHECK_MS reads the version of the table; if that has changed,
 * everything is forgotten and read again when needed. Keys are few and changes rare. */
#include "store/access_key_cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"

#define CHECK_MS 500
#define TOUCH_MS 60000

struct entry {
    struct cached_key cached;
    atomic_int refs;
    atomic_llong touched_ms; /* the last use that the database knows */
    struct arena *arena;
    void (*free_policy)(void *policy);
};

struct access_key_cache {
    struct access_key_cache_config config;
    atomic_llong checked_ms; /* monotonic; whoever moves it on does the check */
    pthread_mutex_t lock;    /* lock guards: entries, version */
    struct map *entries;
    char *version;
};

static struct entry *entry_of(const struct cached_key *cached)
{
    return CONTAINER_OF(cached, struct entry, cached);
}

void cached_key_unref(const struct cached_key *cached)
{
    struct entry *entry;

    if (!cached)
        return;
    entry = entry_of(cached);
    if (atomic_fetch_sub(&entry->refs, 1) != 1)
        return;
    if (entry->free_policy)
        entry->free_policy(cached->policy);
    arena_destroy(entry->arena);
    mem_free(entry);
}

struct access_key_cache *access_key_cache_create(const struct access_key_cache_config *config)
{
    struct access_key_cache *cache = mem_zalloc(sizeof(*cache));

    cache->config = *config;
    cache->entries = map_create();
    cache->version = mem_strdup("");
    atomic_init(&cache->checked_ms, INT64_MIN / 2);
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void forget_all(struct access_key_cache *cache)
{
    size_t cursor = 0;
    struct entry *entry;

    while ((entry = map_next(cache->entries, &cursor, NULL)))
        cached_key_unref(&entry->cached);
    map_destroy(cache->entries);
    cache->entries = map_create();
}

void access_key_cache_destroy(struct access_key_cache *cache)
{
    if (!cache)
        return;
    forget_all(cache);
    map_destroy(cache->entries);
    pthread_mutex_destroy(&cache->lock);
    mem_free(cache->version);
    mem_free(cache);
}

static void take_version(struct access_key_cache *cache, const char *version)
{
    pthread_mutex_lock(&cache->lock);
    if (strcmp(version, cache->version)) {
        mem_free(cache->version);
        cache->version = mem_strdup(version);
        forget_all(cache);
    }
    pthread_mutex_unlock(&cache->lock);
}

/* The caller goes on with what is in memory when the database is away. */
static void check_version(struct access_key_cache *cache)
{
    long long now = clock_mono_ms();
    long long checked = atomic_load(&cache->checked_ms);
    struct arena *arena;
    char *version;

    if (now - checked < CHECK_MS ||
        !atomic_compare_exchange_strong(&cache->checked_ms, &checked, now))
        return;
    arena = arena_create();
    if (!access_key_version(cache->config.store, arena, &version))
        take_version(cache, version);
    arena_destroy(arena);
}

/* With a reference for the caller; NULL if it is not in memory. */
static struct entry *look_up(struct access_key_cache *cache, const char *id, char **version)
{
    struct entry *entry;

    pthread_mutex_lock(&cache->lock);
    entry = map_get(cache->entries, id);
    if (entry)
        atomic_fetch_add(&entry->refs, 1);
    else
        *version = mem_strdup(cache->version);
    pthread_mutex_unlock(&cache->lock);
    return entry;
}

static int load(struct access_key_cache *cache, const char *id, struct entry **out)
{
    struct arena *arena = arena_create();
    struct access_key key;
    struct entry *entry;
    int err = access_key_get(cache->config.store, arena, id, &key);

    if (err) {
        arena_destroy(arena);
        return err;
    }
    entry = mem_zalloc(sizeof(*entry));
    entry->arena = arena;
    entry->cached.key = key;
    entry->free_policy = cache->config.free_policy;
    if (cache->config.parse_policy)
        entry->cached.policy = cache->config.parse_policy(key.policy_json);
    atomic_init(&entry->refs, 1);
    atomic_init(&entry->touched_ms, key.last_used_ms);
    *out = entry;
    return 0;
}

/* Keeps what was read, unless keys have changed since, or another thread was quicker. */
static void keep(struct access_key_cache *cache, struct entry *entry, const char *version)
{
    const char *id = entry->cached.key.id;

    pthread_mutex_lock(&cache->lock);
    if (!strcmp(version, cache->version) && !map_get(cache->entries, id)) {
        atomic_fetch_add(&entry->refs, 1);
        map_put(cache->entries, id, entry);
    }
    pthread_mutex_unlock(&cache->lock);
}

/* One of those who use a key within a minute writes that down. */
static void touch(struct access_key_cache *cache, struct entry *entry)
{
    long long now = clock_wall_ms();
    long long touched = atomic_load(&entry->touched_ms);

    if (now - touched < TOUCH_MS ||
        !atomic_compare_exchange_strong(&entry->touched_ms, &touched, now))
        return;
    access_key_touch(cache->config.store, entry->cached.key.id, now);
}

int access_key_cache_find(struct access_key_cache *cache, const char *id,
                          const struct cached_key **out)
{
    struct entry *entry;
    char *version = NULL;
    int err = 0;

    check_version(cache);
    entry = look_up(cache, id, &version);
    if (!entry) {
        err = load(cache, id, &entry);
        if (!err)
            keep(cache, entry, version);
    }
    mem_free(version);
    if (err)
        return err;
    touch(cache, entry);
    *out = &entry->cached;
    return 0;
}
