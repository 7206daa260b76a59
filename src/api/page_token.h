/* SPDX-License-Identifier: Apache-2.0 */
/* Where a list goes on: an opaque text that its reader cannot make up or change, good for 24 hours
 * and for one account, region, operation and set of filters.
 * Thread: any. */
#ifndef API_PAGE_TOKEN_H
#define API_PAGE_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"

struct arena;

#define PAGE_CURSOR_MAX  64
#define PAGE_LIFETIME_MS (24 * 60 * 60 * 1000)

/* `cursor` says where, at most PAGE_CURSOR_MAX letters; `binding` is what the token is good for. */
const char *page_token_make(struct arena *arena, const uint8_t key[SHA256_SIZE],
                            const char *binding, const char *cursor, int64_t now_ms);
/* The cursor, in the arena; NULL if the token is not one of ours, for something else, or too
 * old. */
const char *page_token_read(struct arena *arena, const uint8_t key[SHA256_SIZE],
                            const char *binding, const char *token, int64_t now_ms);

#endif
