/* SPDX-License-Identifier: Apache-2.0 */
#include "stage/token_keys.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/sha256.h"

#define ID      "weir" /* imported keys have ids of twelve letters */
#define KID_MAX 160

_Static_assert(SHA256_SIZE == TOKEN_SECRET_SIZE, "a hash is a secret");

struct token_keys {
    uint8_t secret[TOKEN_SECRET_SIZE];
    const char *region;
    pthread_mutex_t lock;   /* lock guards: by_account */
    struct map *by_account; /* keys once made stay */
};

struct token_keys *token_keys_create(const uint8_t secret[TOKEN_SECRET_SIZE], const char *region)
{
    struct token_keys *keys = mem_zalloc(sizeof(*keys));

    memcpy(keys->secret, secret, TOKEN_SECRET_SIZE);
    keys->region = mem_strdup(region);
    pthread_mutex_init(&keys->lock, NULL);
    keys->by_account = map_create();
    return keys;
}

void token_keys_destroy(struct token_keys *keys)
{
    struct token_key *key;
    size_t cursor = 0;

    if (!keys)
        return;
    while ((key = map_next(keys->by_account, &cursor, NULL)))
        token_key_destroy(key);
    map_destroy(keys->by_account);
    pthread_mutex_destroy(&keys->lock);
    mem_free((char *)keys->region);
    mem_free(keys);
}

static int make_key(const struct token_keys *keys, const char *account, struct token_key **out)
{
    uint8_t secret[SHA256_SIZE];
    char kid[KID_MAX];

    snprintf(kid, sizeof(kid), "arn:aws:ivs:%s:%s:public-key/" ID, keys->region, account);
    hmac_sha256(secret, keys->secret, sizeof(keys->secret), kid, strlen(kid));
    return token_key_create(out, secret, kid);
}

int token_keys_get(struct token_keys *keys, const char *account, const struct token_key **out)
{
    struct token_key *key;
    int err = 0;

    pthread_mutex_lock(&keys->lock);
    key = map_get(keys->by_account, account);
    if (!key)
        err = make_key(keys, account, &key);
    if (!err)
        map_put(keys->by_account, account, key);
    pthread_mutex_unlock(&keys->lock);
    if (!err)
        *out = key;
    return err;
}
