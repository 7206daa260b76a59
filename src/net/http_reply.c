/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a handler's response fit the request: no body for HEAD, 204 and 304 (RFC 9110 6.4.1), the
 * part that a Range asks for (RFC 9110 14), the length where it is known. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/http_internal.h"

struct range {
    uint64_t first;
    uint64_t last; /* inclusive */
};

static bool read_position(const char **text, uint64_t *out)
{
    char *end;

    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *out = strtoull(*text, &end, 10);
    *text = end;
    return !errno;
}

/* One range of `length` bytes: 0, -ERANGE if it lies behind the end, -EINVAL if there is none or
 * another kind, which is to be ignored. */
static int parse_range(const char *text, uint64_t length, struct range *range)
{
    bool has_first, has_last;

    *range = (struct range){ 0 };
    if (strncasecmp(text, "bytes=", 6) != 0)
        return -EINVAL;
    text += 6;
    has_first = read_position(&text, &range->first);
    if (*text++ != '-')
        return -EINVAL;
    has_last = read_position(&text, &range->last);
    if (*text || (!has_first && !has_last))
        return -EINVAL;
    if (!has_first) { /* the last so many bytes */
        if (!range->last || !length)
            return -ERANGE;
        range->first = range->last < length ? length - range->last : 0;
        range->last = length - 1;
        return 0;
    }
    if (has_last && range->last < range->first)
        return -EINVAL;
    if (range->first >= length)
        return -ERANGE;
    if (!has_last || range->last >= length)
        range->last = length - 1;
    return 0;
}

static const char *response_header(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (!strcasecmp(reply->headers[i].name, name))
            return reply->headers[i].value;
    return NULL;
}

/* RFC 9110 13.1.5: what If-Range does not match is sent whole. Only strong tags match. */
static bool is_range_wanted(const struct http_reply *reply, const struct http_request *request)
{
    const char *condition = http_header(request, "if-range");
    const char *tag = response_header(reply, "etag");

    if (!condition)
        return true;
    return tag && *tag == '"' && !strcmp(tag, condition);
}

/* Describes bytes `range` of the body by slices of it. */
static void cut_body(struct http_reply *reply, const struct range *range)
{
    uint64_t skip = range->first, left = range->last - range->first + 1;
    size_t count = 0;

    reply->cut = mem_alloc((reply->body_count + 1) * sizeof(*reply->cut));
    for (size_t i = 0; i < reply->body_count && left; i++) {
        struct slice piece = reply->body[i];

        if (skip >= piece.len) {
            skip -= piece.len;
            continue;
        }
        piece.data += skip;
        piece.len -= skip;
        skip = 0;
        if (piece.len > left)
            piece.len = left;
        left -= piece.len;
        reply->cut[count++] = piece;
    }
    reply->body = reply->cut;
    reply->body_count = count;
}

static void apply_range(struct http_reply *reply, const struct http_request *request)
{
    const char *text = http_header(request, "range");
    uint64_t length = reply->length;
    struct range range;
    int err;

    if (!text || reply->status != 200 || strcmp(request->method, "GET") != 0 ||
        !is_range_wanted(reply, request))
        return;
    err = parse_range(text, length, &range);
    if (err == -ERANGE) {
        reply->status = 416;
        reply->length = 0;
        reply->body_count = 0;
        snprintf(reply->content_range, sizeof(reply->content_range), "bytes */%" PRIu64, length);
    }
    if (err)
        return;
    reply->status = 206;
    reply->length = range.last - range.first + 1;
    cut_body(reply, &range);
    snprintf(reply->content_range, sizeof(reply->content_range),
             "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range.first, range.last, length);
}

void http_reply_init(struct http_reply *reply, const struct http_request *request,
                     const struct http_response *response, bool is_whole)
{
    bool is_bodiless = response->status == 204 || response->status == 304;

    *reply = (struct http_reply){
        .status = response->status,
        .headers = response->headers,
        .header_count = response->header_count,
        .body = response->body,
        .body_count = is_whole ? response->body_count : 0,
        .is_whole = is_whole,
        .has_length = is_whole && !is_bodiless,
        .accepts_ranges = is_whole && response->accepts_ranges,
        .has_body = !is_bodiless && strcmp(request->method, "HEAD") != 0,
    };
    for (size_t i = 0; i < reply->body_count; i++)
        reply->length += reply->body[i].len;
    if (reply->accepts_ranges)
        apply_range(reply, request);
    if (!reply->has_body)
        reply->body_count = 0;
}

void http_reply_clear(struct http_reply *reply)
{
    mem_free(reply->cut);
    reply->cut = NULL;
}

bool http_header_is_sound(const struct http_header *header)
{
    if (!strpbrk(header->value, "\r\n"))
        return true;
    log_error("http", "header left out, its value has a line end: name=%s", header->name);
    return false;
}

const char *http_reason(int status)
{
    /* clang-format off */
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
        { 206, "Partial Content" }, { 301, "Moved Permanently" }, { 302, "Found" },
        { 303, "See Other" }, { 304, "Not Modified" }, { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
        { 402, "Payment Required" }, { 403, "Forbidden" }, { 404, "Not Found" },
        { 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" },
        { 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" },
        { 412, "Precondition Failed" }, { 413, "Content Too Large" }, { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" }, { 422, "Unprocessable Content" },
        { 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
        { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };
    /* clang-format on */

    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Status";
}
