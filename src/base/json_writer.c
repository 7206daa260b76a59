/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8259. */
#include "base/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void json_writer_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){ .out = out };
}

/* RFC 8259, 7: these must be escaped, all else may stand as it is. */
static size_t plain_length(const char *text)
{
    size_t len = 0;

    while ((unsigned char)text[len] >= 0x20 && text[len] != '"' && text[len] != '\\')
        len++;
    return len;
}

static void append_escaped(struct buf *out, unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        buf_append_u8(out, '\\');
        buf_append_u8(out, c);
        break;
    case '\n':
        buf_append_str(out, "\\n");
        break;
    case '\r':
        buf_append_str(out, "\\r");
        break;
    case '\t':
        buf_append_str(out, "\\t");
        break;
    default:
        buf_printf(out, "\\u%04x", c);
    }
}

static void append_quoted(struct buf *out, const char *text)
{
    buf_append_u8(out, '"');
    for (;;) {
        size_t len = plain_length(text);

        buf_append(out, text, len);
        text += len;
        if (!*text)
            break;
        append_escaped(out, (unsigned char)*text++);
    }
    buf_append_u8(out, '"');
}

static void begin_value(struct json_writer *w, const char *key)
{
    if (w->needs_comma)
        buf_append_u8(w->out, ',');
    w->needs_comma = true;
    if (key) {
        append_quoted(w->out, key);
        buf_append_u8(w->out, ':');
    }
}

void write_object(struct json_writer *w, const char *key)
{
    begin_value(w, key);
    buf_append_u8(w->out, '{');
    w->needs_comma = false;
}

void write_object_end(struct json_writer *w)
{
    buf_append_u8(w->out, '}');
    w->needs_comma = true;
}

void write_array(struct json_writer *w, const char *key)
{
    begin_value(w, key);
    buf_append_u8(w->out, '[');
    w->needs_comma = false;
}

void write_array_end(struct json_writer *w)
{
    buf_append_u8(w->out, ']');
    w->needs_comma = true;
}

void write_string(struct json_writer *w, const char *key, const char *value)
{
    begin_value(w, key);
    append_quoted(w->out, value);
}

void write_bool(struct json_writer *w, const char *key, bool value)
{
    write_json(w, key, value ? "true" : "false");
}

void write_int(struct json_writer *w, const char *key, int64_t value)
{
    begin_value(w, key);
    buf_printf(w->out, "%lld", (long long)value);
}

void write_double(struct json_writer *w, const char *key, double value)
{
    char text[32];

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    write_json(w, key, isfinite(value) ? text : "null");
}

void write_json(struct json_writer *w, const char *key, const char *json)
{
    begin_value(w, key);
    buf_append_str(w->out, json);
}

void write_members(struct json_writer *w, const char *json)
{
    const char *first = strchr(json, '{'), *last = strrchr(json, '}');

    if (!first || !last || last < first ||
        strspn(first + 1, " \t\r\n") == (size_t)(last - first - 1))
        return;
    begin_value(w, NULL);
    buf_append(w->out, first + 1, (size_t)(last - first - 1));
}
