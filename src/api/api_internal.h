/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder know of the API as a whole. Read-only while calls run. */
#ifndef API_API_INTERNAL_H
#define API_API_INTERNAL_H

#include <stdatomic.h>

#include "api/api.h"
#include "store/store.h"

struct access_key_cache;
struct api_metrics;
struct bucket_checks;
struct rates;
struct sigv4_auth;
struct token_keys;

struct api {
    struct api_config config; /* owns its strings */
    struct access_key_cache *keys;
    struct sigv4_auth *auth;
    struct bucket_checks *bucket_checks;
    struct api_metrics *metrics;
    struct rates *rates;              /* NULL: no throttling */
    atomic_int at_object_store;       /* calls that are waiting for it */
    struct token_keys *token_keys;    /* of participants */
    uint8_t page_key[STORE_KEY_SIZE]; /* under which page tokens are sealed */
};

#endif
