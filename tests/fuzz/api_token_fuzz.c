/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts of callers: page tokens, ARNs, public keys, participant tokens. */
#include <stddef.h>
#include <stdint.h>

#include "api/arn.h"
#include "api/page_token.h"
#include "api/public_key.h"
#include "base/arena.h"
#include "stage/participant_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[SHA256_SIZE] = { 1 };
    static struct token_key *key;
    struct arena *arena = arena_create();
    const char *text = arena_strndup(arena, (const char *)data, size);
    char fingerprint[FINGERPRINT_SIZE];
    struct arn arn;

    if (!key)
        token_key_create(&key, secret, "kid");
    arn_parse(&arn, text);
    page_token_read(arena, secret, "binding", text, 0);
    public_key_fingerprint(fingerprint, text);
    token_key_verifies(key, text);
    arena_destroy(arena);
    return 0;
}
