/* SPDX-License-Identifier: Apache-2.0 */
/* SRT Access Control Guidelines, "General syntax" and "Standard keys". */
#include "ingest/srt_stream_id.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/uri.h"

#define STANDARD_PREFIX "#!"
#define FLAT_PREFIX     "#!::"

/* A piece of the text, not terminated. */
struct piece {
    const char *text;
    size_t len;
};

static bool is_text(struct piece piece, const char *text)
{
    return piece.len == strlen(text) && memcmp(piece.text, text, piece.len) == 0;
}

/* Splits off what stands before `mark`, which is passed over; the whole rest if there is none. */
static struct piece take_until(struct piece *rest, char mark)
{
    const char *end = memchr(rest->text, mark, rest->len);
    struct piece head = { rest->text, end ? (size_t)(end - rest->text) : rest->len };
    size_t used = head.len + (end ? 1 : 0);

    rest->text += used;
    rest->len -= used;
    return head;
}

static int finish(struct stream_name *out, int err)
{
    return err ? err : *out->key ? 0 : -EINVAL;
}

static int parse_name(struct stream_name *out, struct piece name)
{
    char text[SRT_STREAM_ID_MAX + 1];

    snprintf(text, sizeof(text), "%.*s", (int)name.len, name.text);
    return finish(out, stream_name_parse(out, "", text));
}

/* -- the flat form of the guidelines: #!::key=value,key=value -- */

struct standard {
    struct piece user, resource;
    bool is_foreign; /* asks for something else than to publish a stream */
    char query[SRT_STREAM_ID_MAX + 1];
    size_t query_len;
};

static void add_to_query(struct standard *s, struct piece pair)
{
    if (s->query_len)
        s->query[s->query_len++] = '&';
    memcpy(s->query + s->query_len, pair.text, pair.len);
    s->query_len += pair.len;
    s->query[s->query_len] = '\0';
}

static int take_pair(struct standard *s, struct piece pair)
{
    struct piece value = pair, key = take_until(&value, '=');

    if (!key.len || value.text == pair.text + pair.len)
        return pair.len && key.len < pair.len ? 0 : -EINVAL; /* an empty value says nothing */
    if (is_text(key, "u"))
        s->user = value;
    else if (is_text(key, "r"))
        s->resource = value;
    else if (is_text(key, "m"))
        s->is_foreign |= !is_text(value, "publish");
    else if (is_text(key, "t"))
        s->is_foreign |= !is_text(value, "stream");
    else if (!is_text(key, "h") && !is_text(key, "s")) /* host and session: of no use here */
        add_to_query(s, pair);
    return 0;
}

static int parse_standard(struct stream_name *out, struct piece rest)
{
    struct standard s = { .query_len = 0 };
    int err = 0;

    while (!err && rest.len)
        err = take_pair(&s, take_until(&rest, ','));
    if (err)
        return err;
    if (s.is_foreign)
        return -ENOTSUP;
    err = parse_name(out, s.user.len ? s.user : s.resource);
    if (!err && s.query_len)
        memcpy(out->query, s.query, s.query_len + 1);
    return err;
}

/* -- all forms -- */

static int parse_form(struct stream_name *out, const char *text)
{
    static const char *const foreign[] = { "read:", "play:", "request:" };
    static const char publish[] = "publish:";
    size_t len = strlen(text);

    if (strncmp(text, FLAT_PREFIX, strlen(FLAT_PREFIX)) == 0)
        return parse_standard(
            out, (struct piece){ text + strlen(FLAT_PREFIX), len - strlen(FLAT_PREFIX) });
    if (strncmp(text, STANDARD_PREFIX, strlen(STANDARD_PREFIX)) == 0)
        return -EINVAL; /* the nested form, which nobody sends */
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        if (strncmp(text, foreign[i], strlen(foreign[i])) == 0)
            return -ENOTSUP;
    if (strncmp(text, publish, strlen(publish)) == 0)
        text += strlen(publish);
    return parse_name(out, (struct piece){ text, strlen(text) });
}

/* Some programs decode what stands in their srt:// URL, ffmpeg does not; keys have no percent. */
int srt_stream_id_parse(struct stream_name *out, const char *text)
{
    char decoded[SRT_STREAM_ID_MAX + 1];
    size_t len = strlen(text), n = 0;
    int err;

    *out = (struct stream_name){ .key = "" };
    if (len > SRT_STREAM_ID_MAX)
        return -EMSGSIZE;
    for (size_t at = 0; at < len;)
        decoded[n++] = (char)uri_decode_byte(text, len, &at);
    decoded[n] = '\0';
    err = memchr(decoded, '\0', n) ? -EINVAL : parse_form(out, decoded);
    explicit_bzero(decoded, sizeof(decoded));
    return err;
}
