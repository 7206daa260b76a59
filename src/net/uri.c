/* SPDX-License-Identifier: Apache-2.0 */
#include "net/uri.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

static bool is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void uri_encode(struct buf *out, const char *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        const char encoded[3] = { '%', digits[c >> 4], digits[c & 15] };

        if (is_unreserved(c))
            buf_append_u8(out, c);
        else
            buf_append(out, encoded, sizeof(encoded));
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

uint8_t uri_decode_byte(const char *text, size_t len, size_t *at)
{
    size_t i = *at;

    if (text[i] == '%' && len - i > 2 && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
        *at = i + 3;
        return (uint8_t)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
    }
    *at = i + 1;
    return (uint8_t)text[i];
}

char *uri_decode(struct arena *arena, const char *text, size_t len)
{
    char *out = arena_alloc(arena, len + 1);
    size_t count = 0;

    for (size_t i = 0; i < len;) {
        out[count] = (char)uri_decode_byte(text, len, &i);
        if (!out[count++])
            return NULL;
    }
    out[count] = '\0';
    return out;
}

bool uri_next_parameter(const char **query, struct uri_parameter *out)
{
    const char *at = *query;
    size_t len;

    while (*at == '&')
        at++;
    if (!*at)
        return false;
    len = strcspn(at, "&");
    out->name = at;
    out->name_len = strcspn(at, "=&");
    out->value = at + out->name_len + (out->name_len < len);
    out->value_len = (size_t)(at + len - out->value);
    *query = at + len;
    return true;
}

const char *uri_find_parameter(struct arena *arena, const char *query, const char *name)
{
    struct uri_parameter p;

    while (uri_next_parameter(&query, &p)) {
        const char *found = uri_decode(arena, p.name, p.name_len);

        if (found && !strcmp(found, name))
            return uri_decode(arena, p.value, p.value_len);
    }
    return NULL;
}
