/* SPDX-License-Identifier: Apache-2.0 */
/* Participant tokens that the server itself issues: JWTs signed with ES384 (RFC 7518, 3.4) under
 * keys that are derived from the data's secret, so that all nodes and restarts agree on them.
 * Thread: any; a key is immutable. */
#ifndef STAGE_PARTICIPANT_TOKEN_H
#define STAGE_PARTICIPANT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct token_key;

#define TOKEN_SECRET_SIZE 32

/* Always the same key for the same secret. `kid` names it in the header of tokens. */
int token_key_create(struct token_key **out, const uint8_t secret[TOKEN_SECRET_SIZE],
                     const char *kid);
/* NULL is fine. */
void token_key_destroy(struct token_key *key);

/* What a token says. */
struct participant_token {
    const char *participant_id; /* jti */
    const char *user_id;        /* NULL: none */
    const char *stage_arn;      /* resource; its id is the topic */
    const char *events_url;
    const char *whip_url;
    const char *attributes; /* JSON object text; NULL: none */
    bool allows_publish;
    bool allows_subscribe;
    int64_t issued_s;
    int64_t expires_s;
};

/* The signed token, in the arena. */
int participant_token_sign(const char **out, struct arena *arena, const struct token_key *key,
                           const struct participant_token *token);

/* base64url(header).base64url(payload).base64url(signature): is it of that key? */
bool token_key_verifies(const struct token_key *key, const char *token);

#endif
