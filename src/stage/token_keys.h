/* SPDX-License-Identifier: Apache-2.0 */
/* The keys under which the server itself signs participant tokens: each account has its own, named
 * by an ARN of the account, so that a token of one is worth nothing in another and is verified by
 * the same rule as those signed with imported public keys.
 * Thread: any; one short lock. */
#ifndef STAGE_TOKEN_KEYS_H
#define STAGE_TOKEN_KEYS_H

#include <stdint.h>

#include "stage/participant_token.h"

struct token_keys;

/* Always the same keys for the same secret and region. Returns owned. */
struct token_keys *token_keys_create(const uint8_t secret[TOKEN_SECRET_SIZE], const char *region);
/* NULL is fine. */
void token_keys_destroy(struct token_keys *keys);

/* The account's key, which lives as long as `keys`. -EIO if OpenSSL cannot make it. */
int token_keys_get(struct token_keys *keys, const char *account, const struct token_key **out);

#endif
