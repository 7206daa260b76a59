/* SPDX-License-Identifier: Apache-2.0 */
/* Stream keys that are made for one configuration of an encoder: they carry what the encoder was
 * told to send, good for 48 hours and as long as the stream key that they stand for. Nobody without
 * the server's key can make one or change it.
 * Thread: any; pure functions. */
#ifndef STORE_MULTITRACK_KEY_H
#define STORE_MULTITRACK_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "media/multitrack.h"

#define MULTITRACK_KEY_PURPOSE     "multitrack-key" /* for store_derive_key() */
#define MULTITRACK_KEY_SIZE        256              /* of the text, with its NUL */
#define MULTITRACK_KEY_LIFETIME_MS ((int64_t)48 * 60 * 60 * 1000)
#define MULTITRACK_CONFIG_ID_SIZE  37

struct multitrack_grant {
    char stream_key_arn[97];
    char config_id[MULTITRACK_CONFIG_ID_SIZE]; /* what the encoder names beside the key */
    int64_t until_ms;                          /* wall clock */
    struct multitrack_config config;
};

/* Letters, digits, '-' and '_', as in every stream key. */
void multitrack_key_make(char out[MULTITRACK_KEY_SIZE], const uint8_t secret[SHA256_SIZE],
                         const struct multitrack_grant *grant);
/* Whether `key` means to be one of these keys, whatever it is worth. */
bool multitrack_key_is_one(const char *key);
/* -EBADMSG if it was not made here, or changed; -EKEYEXPIRED. */
int multitrack_key_read(struct multitrack_grant *out, const uint8_t secret[SHA256_SIZE],
                        const char *key, int64_t now_ms);

#endif
