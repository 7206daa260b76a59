/* SPDX-License-Identifier: Apache-2.0 */
/* version (1) | good until, ms (8) | MAC (16) | cursor, as base64url. */
#include "api/page_token.h"

#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/reader.h"

#define VERSION   1
#define MAC_SIZE  16
#define TOKEN_MAX (1 + 8 + MAC_SIZE + PAGE_CURSOR_MAX)
#define BOUND_MAX ((size_t)16 * 1024)

static void authenticate(uint8_t mac[SHA256_SIZE], const uint8_t key[SHA256_SIZE],
                         const char *binding, uint64_t until_ms, const char *cursor)
{
    struct buf text;

    buf_init(&text, BOUND_MAX);
    buf_append_u64(&text, until_ms);
    buf_append(&text, cursor, strlen(cursor) + 1);
    buf_append_str(&text, binding);
    hmac_sha256(mac, key, SHA256_SIZE, text.data, text.len);
    buf_clear(&text);
}

const char *page_token_make(struct arena *arena, const uint8_t key[SHA256_SIZE],
                            const char *binding, const char *cursor, int64_t now_ms)
{
    uint64_t until_ms = (uint64_t)(now_ms + PAGE_LIFETIME_MS);
    uint8_t mac[SHA256_SIZE];
    struct buf token;
    char *text;

    authenticate(mac, key, binding, until_ms, cursor);
    buf_init(&token, TOKEN_MAX);
    buf_append_u8(&token, VERSION);
    buf_append_u64(&token, until_ms);
    buf_append(&token, mac, MAC_SIZE);
    buf_append_str(&token, cursor);
    text = arena_alloc(arena, BASE64URL_LEN(token.len) + 1);
    base64url_encode(text, token.data, token.len);
    buf_clear(&token);
    return text;
}

const char *page_token_read(struct arena *arena, const uint8_t key[SHA256_SIZE],
                            const char *binding, const char *token, int64_t now_ms)
{
    uint8_t data[BASE64URL_LEN(TOKEN_MAX)], expected[SHA256_SIZE];
    const uint8_t *mac;
    const char *cursor;
    struct reader r;
    uint64_t until_ms;
    size_t len;

    if (strlen(token) > sizeof(data) || base64url_decode(data, &len, token, strlen(token)))
        return NULL;
    reader_init(&r, data, len);
    if (read_u8(&r) != VERSION)
        return NULL;
    until_ms = read_u64(&r);
    mac = read_bytes(&r, MAC_SIZE);
    if (reader_err(&r) || memchr(data + r.pos, '\0', reader_left(&r)))
        return NULL;
    cursor = arena_strndup(arena, (const char *)data + r.pos, reader_left(&r));
    authenticate(expected, key, binding, until_ms, cursor);
    if (!secret_equal(mac, expected, MAC_SIZE) || (uint64_t)now_ms > until_ms)
        return NULL;
    return cursor;
}
