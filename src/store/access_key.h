/* SPDX-License-Identifier: Apache-2.0 */
/* Access keys: who may call, and what their policy document allows. Kept in memory, so that a call
 * costs no query; changes made elsewhere, such as by `weir keys`, are seen within half a second.
 * Thread: any that may block. */
#ifndef STORE_ACCESS_KEY_H
#define STORE_ACCESS_KEY_H

#include <stdbool.h>
#include <stdint.h>

struct access_keys;
struct arena;
struct store;

#define ACCESS_KEY_ID_LEN 20 /* AKIA or, for temporary ones, ASIA, and 16 of [A-Z2-7] */

/* Immutable and shared. */
struct access_key {
    const char *id;
    const char *secret;
    const char *account;
    const char *policy_json;
    const char *session_token; /* NULL unless temporary */
    int64_t expires_ms;        /* wall clock; 0: never */
    int64_t created_ms;
    int64_t last_used_ms; /* to the minute; 0: never */
    bool is_enabled;
    void *policy; /* what parse_policy() made of policy_json; NULL: it could not, allow nothing */
};

struct access_keys_config {
    struct store *store;
    /* Called once per key and change. May be NULL, as in tools that judge no call. */
    void *(*parse_policy)(const char *json);
    void (*free_policy)(void *policy); /* NULL is fine for it */
};

/* Borrows the store, which must outlive it. */
int access_keys_create(struct access_keys **out, const struct access_keys_config *config);
/* NULL is fine. */
void access_keys_destroy(struct access_keys *keys);

/* The key of that id, also when disabled or expired, which the caller judges; returned with a
 * reference: access_key_unref(). -ENOENT if there is none. Counts as a use of the key. */
int access_keys_find(struct access_keys *keys, const char *id, const struct access_key **out);
void access_key_unref(const struct access_key *key);

struct access_key_spec {
    const char *account;
    const char *policy_json; /* the caller has checked it */
    int session_minutes;     /* 0: a lasting key, without session token */
};

/* Makes a key with a fresh id and secret and writes it, durably. `out` lives in the arena, without
 * a parsed policy. */
int access_key_create(struct store *store, struct arena *arena, const struct access_key_spec *spec,
                      struct access_key *out);
/* All of them, oldest first, without secrets and session tokens. */
int access_key_list(struct store *store, struct arena *arena, struct access_key **out, int *count);
/* -ENOENT if there is none. */
int access_key_set_enabled(struct store *store, const char *id, bool is_enabled);
int access_key_delete(struct store *store, const char *id);

#endif
