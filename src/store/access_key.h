/* SPDX-License-Identifier: Apache-2.0 */
/* Access keys in the database: who may call, and what their policy document allows. What serves
 * calls reads them through store/access_key_cache.h.
 * Thread: any that may block. Errors: as in store/store.h. */
#ifndef STORE_ACCESS_KEY_H
#define STORE_ACCESS_KEY_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct store;

struct access_key {
    const char *id;            /* AKIA or, with a session, ASIA, and 16 of [A-Z2-7] */
    const char *secret;        /* NULL in lists */
    const char *session_token; /* NULL in lists and for lasting keys */
    const char *account;
    const char *policy_json;
    int64_t expires_ms; /* wall clock; 0: never */
    int64_t created_ms;
    int64_t last_used_ms; /* to the minute; 0: never */
    bool is_enabled;
};

struct access_key_spec {
    const char *account;
    const char *policy_json; /* the caller has checked it */
    int session_minutes;     /* 0: a lasting key */
};

/* The policy document that allows everything. */
extern const char access_key_administrator[];

/* A key with a fresh id and secret, not written anywhere. */
void access_key_make(struct access_key *out, struct arena *arena,
                     const struct access_key_spec *spec);
int access_key_add(struct store *store, const struct access_key *key);
/* Adds the very first key of this data, and never another one: -EEXIST once there was a first. */
int access_key_add_first(struct store *store, const struct access_key *key);
/* 0 while access_key_add_first() would succeed, else -EEXIST. */
int access_key_is_first(struct store *store);
/* -ENOENT if there is none, as in the two below. */
int access_key_get(struct store *store, struct arena *arena, const char *id,
                   struct access_key *out);
int access_key_set_enabled(struct store *store, const char *id, bool is_enabled);
int access_key_delete(struct store *store, const char *id);
/* All of them, oldest first. */
int access_key_list(struct store *store, struct arena *arena, struct access_key **out, int *count);

/* Remembers that a key was used then. */
int access_key_touch(struct store *store, const char *id, int64_t used_ms);
/* A text that is another one after every change of any key but a touch. */
int access_key_version(struct store *store, struct arena *arena, char **out);

#endif
