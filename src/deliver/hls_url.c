/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/hls_url.h"

#include <errno.h>
#include <string.h>

#define MULTIVARIANT_PREFIX "/api/video/v1/"
#define OLD_SPELLING        "aws.ivs."
#define LIVE_PREFIX         "/v1/live/"
#define MAX_DIGITS          15 /* 2^49: no sum of two such numbers overflows */
#define MAX_INT_DIGITS      9

/* Text still to be read. */
struct cursor {
    const char *at;
};

static bool take(struct cursor *c, const char *expected)
{
    size_t len = strlen(expected);

    if (strncmp(c->at, expected, len) != 0)
        return false;
    c->at += len;
    return true;
}

static bool is_id_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* At least one character. */
static bool take_id(struct cursor *c, char out[HLS_ID_SIZE])
{
    size_t len = 0;

    while (is_id_char(c->at[len]))
        if (++len == HLS_ID_SIZE)
            return false;
    memcpy(out, c->at, len);
    out[len] = '\0';
    c->at += len;
    return len > 0;
}

static bool take_number(struct cursor *c, int max_digits, int64_t *out)
{
    int digits = 0;

    for (*out = 0; c->at[0] >= '0' && c->at[0] <= '9'; c->at++) {
        if (++digits > max_digits)
            return false;
        *out = *out * 10 + (c->at[0] - '0');
    }
    return digits > 0;
}

static bool take_int(struct cursor *c, int *out)
{
    int64_t number;

    if (!take_number(c, MAX_INT_DIGITS, &number))
        return false;
    *out = (int)number;
    return true;
}

static bool parse_multivariant(struct hls_url *url, struct cursor c)
{
    url->resource = HLS_MULTIVARIANT;
    take(&c, OLD_SPELLING);
    return take_id(&c, url->region) && take(&c, ".") && take_id(&c, url->account) &&
           take(&c, ".channel.") && take_id(&c, url->channel_id) && take(&c, ".m3u8") && !*c.at;
}

static bool parse_media_suffix(struct hls_url *url, struct cursor *c)
{
    url->is_fmp4 = take(c, ".m4s");
    return url->is_fmp4 || take(c, ".ts");
}

/* The last step of a path below a rendition. */
static bool parse_file(struct hls_url *url, struct cursor c)
{
    bool is_known = true;

    if (take(&c, "index.m3u8"))
        url->resource = HLS_PLAYLIST;
    else if (take(&c, "s"))
        url->resource = HLS_SEGMENT;
    else if (take(&c, "p"))
        url->resource = HLS_PART;
    else if (take(&c, "i"))
        url->resource = HLS_INIT;
    else
        return false;
    if (url->resource != HLS_PLAYLIST)
        is_known = take_number(&c, MAX_DIGITS, &url->number) &&
                   (url->resource == HLS_INIT ? take(&c, ".mp4") : parse_media_suffix(url, &c));
    return is_known && !*c.at;
}

static bool parse_live(struct hls_url *url, struct cursor c)
{
    return take_id(&c, url->stream_id) && take(&c, "/") && take_int(&c, &url->set) &&
           take(&c, "/") && take_id(&c, url->rendition) && take(&c, "/") && parse_file(url, c);
}

bool hls_url_is_ours(const char *path)
{
    struct cursor c = { path };

    return take(&c, MULTIVARIANT_PREFIX) || take(&c, LIVE_PREFIX);
}

int hls_url_parse(struct hls_url *url, const char *path)
{
    struct cursor c = { path };

    *url = (struct hls_url){ 0 };
    if (take(&c, MULTIVARIANT_PREFIX))
        return parse_multivariant(url, c) ? 0 : -EINVAL;
    if (take(&c, LIVE_PREFIX))
        return parse_live(url, c) ? 0 : -EINVAL;
    return -EINVAL;
}

static bool is_at_value_end(const struct cursor *c)
{
    return *c->at == '\0' || *c->at == '&';
}

/* One key=value; what we do not know is skipped by the caller. */
static bool parse_pair(struct hls_query *query, struct cursor *c)
{
    if (take(c, "_HLS_msn=")) {
        query->has_msn = true;
        return take_number(c, MAX_DIGITS, &query->msn) && is_at_value_end(c);
    }
    if (take(c, "_HLS_part=")) {
        query->has_part = true;
        return take_int(c, &query->part) && is_at_value_end(c);
    }
    /* A value that is neither is one of a later version: the whole playlist is a fine answer. */
    if (take(c, "_HLS_skip="))
        query->is_delta = (take(c, "YES") || take(c, "v2")) && is_at_value_end(c);
    else if (take(c, "allow_audio_only="))
        query->allow_audio_only = take(c, "true") && is_at_value_end(c);
    return true;
}

int hls_query_parse(struct hls_query *query, const char *text)
{
    struct cursor c = { text };

    *query = (struct hls_query){ 0 };
    while (*c.at) {
        if (!parse_pair(query, &c))
            return -EINVAL;
        c.at += strcspn(c.at, "&");
        take(&c, "&");
    }
    return query->has_part && !query->has_msn ? -EINVAL : 0;
}
