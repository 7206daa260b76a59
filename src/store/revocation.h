/* SPDX-License-Identifier: Apache-2.0 */
/* Which viewers' sessions were revoked: for each channel and viewer the highest version of a token
 * that is no longer good, kept for two days.
 * Thread: any that may block. Errors: as in store/store.h. */
#ifndef STORE_REVOCATION_H
#define STORE_REVOCATION_H

#include <stdint.h>

struct arena;
struct store;
struct store_txn;

#define REVOCATION_TYPE        "viewer-revocation"
#define REVOCATION_LIFETIME_MS (INT64_C(48) * 3600 * 1000)

/* Inside a transaction, for a channel that exists. Tokens of `viewer_id` up to `version` are good
 * no longer; a lower version than before changes nothing. Forgets what is too old. */
int revocation_add(struct store_txn *txn, struct arena *arena, const char *channel_arn,
                   const char *viewer_id, int64_t version, int64_t now_ms);
/* The highest version that is revoked; -ENOENT: none is. */
int revocation_find(struct store *store, struct arena *arena, const char *channel_arn,
                    const char *viewer_id, int64_t now_ms, int64_t *out);

#endif
