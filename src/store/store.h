/* SPDX-License-Identifier: Apache-2.0 */
/* Everything durable: the resources of both APIs as documents, in SQLite or PostgreSQL.
 *
 *     API operation --store_get, store_list--> its own reader --> database
 *                   --store_write(run)--> writer: run() in a savepoint --> group COMMIT --> answer
 *
 * A resource is one row: what the API returns as JSON, and beside it what it is found by. Nothing
 * here knows the members of a channel or a stage; nothing outside this folder knows SQL.
 *
 * Thread: any that may block, so never an event loop. Strings and rows that are read live in the
 * arena given; what is handed in is borrowed during the call.
 *
 * Errors of all functions, beside those they name: -ENOTCONN while the database cannot be reached
 * and nothing was changed (answer 503); anything else, such as -EIO or -ENOSPC, is a failure of the
 * database that was logged here (answer 500; after -EIO a change may have been made). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct store;
struct store_txn;

struct store_config {
    const char *data_dir; /* exists; holds weir.db and secret.key */
    const char *url;      /* postgresql://...; NULL or "": SQLite in the data directory */
};

/* Is it something that store_config.url can be? */
bool store_is_url(const char *url);
/* Opens and migrates; makes what is missing. Logs what is wrong: -EPROTO if the data was written by
 * a newer version, -EKEYREJECTED if secret.key is not the one it was written with. */
int store_open(struct store **out, const struct store_config *config);
/* NULL is fine. No call may be under way. */
void store_close(struct store *store);
/* 0 while the store answers: for health checks. */
int store_ping(struct store *store);

#define STORE_KEY_SIZE 32
/* A key for a purpose such as "page-token", that lasts as long as the data. */
void store_derive_key(const struct store *store, const char *purpose, uint8_t key[STORE_KEY_SIZE]);

/* --- resources --- */

struct resource {
    int64_t seq;      /* place in lists, oldest first, never used twice; set by txn_add() */
    const char *arn;  /* arn:aws:ivs:<region>:<account>:<type>/<id>, the identity */
    const char *name; /* "" if it has none */
    const char
        *parent;       /* ARN of the resource it dies with, such as a stream key's channel; or "" */
    const char *state; /* what lists and counts tell apart, such as ACTIVE; or "" */
    const char *key;   /* unique per account, region and type, such as a fingerprint or an
                          idempotency token; NULL: none */
    int64_t created_ms;
    int64_t version;  /* 1, one more with each update */
    const char *body; /* JSON text, without tags and secrets */
    const char *tags; /* JSON object text, "{}" if none */
    /* A stream key's value, an SRT passphrase; encrypted at rest, fixed for life. NULL if there is
     * none, and in lists, which leave it out. */
    const char *secret;
    /* For txn_add(): store_find_secret() shall find it by its secret. */
    bool is_found_by_secret;
    /* ARNs of the resources that the body names, such as a recording configuration's: for conflicts
     * on delete and filters of lists. txn_add() and txn_update() write them anew; what was read has
     * NULL here, and txn_update() then leaves them as they are. */
    const char *const *refs;
    int ref_count;
};

/* Which resources, and which page of them. NULL: not asked for. */
struct resource_query {
    const char *account; /* these three are required */
    const char *region;
    const char *type;
    const char *parent;
    const char *name; /* exact */
    const char *state;
    const char *refs_to[2]; /* names these ARNs: both, where both are given */
    int64_t after;          /* `seq` of the last one seen; 0: from the oldest */
    int limit;              /* of store_list() and txn_list(); 0: all of them */
};

struct resource_page {
    struct resource *items;
    int count;
    bool has_more; /* go on after items[count - 1].seq */
};

/* -ENOENT if there is none. */
int store_get(struct store *store, struct arena *arena, const char *arn, struct resource *out);
/* The resource of `type` added with is_found_by_secret whose secret is `secret`, whatever its
 * account; takes the same time for a near miss as for a wild guess. -ENOENT if there is none. */
int store_find_secret(struct store *store, struct arena *arena, const char *type,
                      const char *secret, struct resource *out);
/* The resource whose `key` is `key`. -ENOENT if there is none. */
int store_find_key(struct store *store, struct arena *arena, const struct resource_query *scope,
                   const char *key, struct resource *out);
int store_list(struct store *store, struct arena *arena, const struct resource_query *query,
               struct resource_page *out);
int store_count(struct store *store, const struct resource_query *query, int64_t *out);

/* How many resources of a type an account has in a region. */
struct resource_tally {
    const char *region;
    const char *account;
    const char *type;
    int64_t count;
};
/* The `limit` largest, without counting; those of none are left out. */
int store_tallies(struct store *store, struct arena *arena, int limit, struct resource_tally **out,
                  int *count);

/* --- writing --- */

/* Runs `run(txn, arg)` with its checks and changes in one transaction, waits until that is durable,
 * and returns 0; what run() returns otherwise, with nothing changed. After 0 the change survives
 * power loss. Write functions of all threads and nodes run one after the other, so that nothing
 * changes between a check and what follows from it.
 *
 * run() is on another thread while the caller waits, so it may use the caller's arena. It may be
 * run again from the start, when another one that shares its COMMIT has refused: it sets all its
 * results anew and touches nothing outside `arg`. It must not block on anything else, nor call
 * store_*() functions. Once a txn_*() function has failed with anything but -ENOENT, nothing is
 * committed. */
int store_write(struct store *store, int (*run)(struct store_txn *txn, void *arg), void *arg);

/* Inside run() only. */
int txn_get(struct store_txn *txn, struct arena *arena, const char *arn, struct resource *out);
int txn_find_key(struct store_txn *txn, struct arena *arena, const struct resource_query *scope,
                 const char *key, struct resource *out);
int txn_list(struct store_txn *txn, struct arena *arena, const struct resource_query *query,
             struct resource_page *out);
int txn_count(struct store_txn *txn, const struct resource_query *query, int64_t *out);
/* How many resources name `arn` in a reference. */
int txn_refs_to(struct store_txn *txn, const char *arn, int64_t *out);
/* Sets seq and version. -EEXIST if the ARN, key or secret is taken; -EDQUOT if account and region
 * hold `quota` of this type already (0: no limit); -ENOENT if there is no such parent; -EINVAL if
 * it is no ARN. */
int txn_add(struct store_txn *txn, struct resource *r, int64_t quota);
/* Writes name, state, key, body, tags, references; raises version. -ENOENT, -EEXIST (key). */
int txn_update(struct store_txn *txn, struct resource *r);
/* With its children and all their references. -ENOENT. */
int txn_delete(struct store_txn *txn, const char *arn);

#endif
