/* SPDX-License-Identifier: Apache-2.0 */
/* Playback is allowed from all origins, without credentials (Fetch, CORS protocol). The body of an
 * error is the one-element array that IVS players know. */
#include "deliver/hls_reply.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "net/http_server.h"

#define ERROR_MAX 16384 /* a request line has a lower limit */

/* clang-format off */
#define CORS_HEADERS                                                                               \
    { "access-control-allow-origin", "*" },                                                        \
    { "access-control-expose-headers", "Date, Content-Length, Content-Range" }

static const struct {
    int status;
    const char *caching, *code, *text;
} refusals[] = {
    [HLS_OFFLINE]     = { 404, "public, max-age=1", "transcode_does_not_exist", "Can not find channel" },
    [HLS_NOT_FOUND]   = { 404, "public, max-age=1", "not_found", "Can not find resource" },
    [HLS_BAD_REQUEST] = { 400, "no-store", "invalid_request", "Invalid delivery directives" },
    [HLS_BAD_METHOD]  = { 405, "no-store", "method_not_allowed", "Only GET, HEAD and OPTIONS are allowed" },
    [HLS_TOO_MANY]    = { 429, "no-store", "concurrent_viewers_limit", "The limit of concurrent viewers is reached" },
    [HLS_NOT_READY]   = { 503, "no-store", "not_ready", "What was asked for did not come in time" },
};
/* clang-format on */

static void append_json_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            buf_printf(out, "\\u%04x", c);
        else
            buf_append_u8(out, c);
    }
}

static struct bytes *error_body(const char *path, enum hls_refusal refusal)
{
    struct buf out;

    buf_init(&out, ERROR_MAX);
    buf_append_str(&out, "[{\"url\":\"");
    append_json_text(&out, path);
    buf_printf(&out, "\",\"error\":\"%s\",\"error_code\":\"%s\",\"type\":\"error\"}]",
               refusals[refusal].text, refusals[refusal].code);
    return bytes_from_buf(&out);
}

void hls_refuse(struct http_exchange *exchange, enum hls_refusal refusal)
{
    const struct http_header headers[] = {
        CORS_HEADERS,
        { "content-type", "application/json" },
        { "cache-control", refusals[refusal].caching },
        { "allow", "GET, HEAD, OPTIONS" }, /* last: only 405 carries it */
    };
    struct bytes *text = error_body(http_exchange_request(exchange)->path, refusal);
    struct slice body = slice_of(text);

    http_exchange_on_gone(exchange, NULL, NULL);
    http_respond(exchange, &(struct http_response){
                               .status = refusals[refusal].status,
                               .headers = headers,
                               .header_count = ARRAY_LEN(headers) - (refusal != HLS_BAD_METHOD),
                               .body = &body,
                               .body_count = 1,
                           });
    bytes_unref(text);
}

void hls_reply_options(struct http_exchange *exchange)
{
    static const struct http_header headers[] = {
        CORS_HEADERS,
        { "access-control-allow-methods", "GET, HEAD, OPTIONS" },
        { "access-control-allow-headers", "*" },
        { "access-control-max-age", "86400" },
        { "allow", "GET, HEAD, OPTIONS" },
    };

    http_exchange_on_gone(exchange, NULL, NULL);
    http_respond(exchange, &(struct http_response){
                               .status = 204,
                               .headers = headers,
                               .header_count = ARRAY_LEN(headers),
                           });
}

void hls_reply_playlist(struct http_exchange *exchange, const struct hls_playlist_reply *reply)
{
    char caching[48], published[24];
    struct http_header headers[8] = {
        CORS_HEADERS,
        { "content-type", "application/vnd.apple.mpegurl" },
        { "vary", "accept-encoding" },
        { "cache-control", caching },
    };
    size_t count = 5;
    struct slice body = slice_of(reply->text);

    snprintf(caching, sizeof(caching), "public, max-age=%d", reply->max_age_s);
    if (reply->is_gzip)
        headers[count++] = (struct http_header){ "content-encoding", "gzip" };
    if (reply->published_us) {
        snprintf(published, sizeof(published), "%" PRId64, reply->published_us);
        headers[count++] = (struct http_header){ "x-weir-published-us", published };
    }
    http_exchange_on_gone(exchange, NULL, NULL);
    http_respond(exchange, &(struct http_response){
                               .status = 200,
                               .headers = headers,
                               .header_count = count,
                               .body = &body,
                               .body_count = 1,
                           });
}

/* What a part, segment or init section is never changes. */
#define MEDIA_HEADERS(type)                                                                        \
    CORS_HEADERS, { "content-type", type },                                                        \
    {                                                                                              \
        "cache-control", "public, max-age=3600, immutable"                                         \
    }

void hls_reply_media(struct http_exchange *exchange, const char *type, const struct slice *pieces,
                     size_t count)
{
    const struct http_header headers[] = { MEDIA_HEADERS(type) };

    http_exchange_on_gone(exchange, NULL, NULL);
    http_respond(exchange, &(struct http_response){
                               .status = 200,
                               .headers = headers,
                               .header_count = ARRAY_LEN(headers),
                               .body = pieces,
                               .body_count = count,
                               .accepts_ranges = true,
                           });
}

void hls_reply_media_start(struct http_exchange *exchange, const char *type)
{
    const struct http_header headers[] = { MEDIA_HEADERS(type) };

    http_respond_start(exchange, &(struct http_response){
                                     .status = 200,
                                     .headers = headers,
                                     .header_count = ARRAY_LEN(headers),
                                 });
}
