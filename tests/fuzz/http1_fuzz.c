/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a connection, fed in pieces of the size that the first byte says: the requests are as
 * when fed whole, refused or not, and no accepted head holds what could be read as the end of
 * another line. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "net/http1_parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct result {
    int requests, status;
    uint64_t sum; /* of all that was in them */
};

static uint64_t mix(uint64_t sum, const char *text)
{
    if (strpbrk(text, "\r\n"))
        abort();
    return map_hash(text, strlen(text), sum);
}

static void note(struct result *result, struct http1_parser *parser)
{
    const struct http_request *request = &parser->message.request;

    result->requests++;
    result->sum = mix(result->sum, request->method);
    result->sum = mix(result->sum, request->target);
    result->sum = mix(result->sum, request->path);
    result->sum = mix(result->sum, request->query);
    result->sum = mix(result->sum, request->host);
    for (size_t i = 0; i < request->header_count; i++) {
        result->sum = mix(result->sum, request->headers[i].name);
        result->sum = mix(result->sum, request->headers[i].value);
    }
    if (request->body_len)
        result->sum = map_hash(request->body, request->body_len, result->sum);
    http_message_clear(&parser->message);
}

/* One piece, in memory of exactly its size. */
static void feed(struct http1_parser *parser, const uint8_t *data, size_t len,
                 struct result *result)
{
    uint8_t *copy = mem_dup(data, len);
    size_t at = 0, used;

    while (at < len && !result->status) {
        switch (http1_parser_feed(parser, copy + at, len - at, &used)) {
        case HTTP1_MORE:
            if (used != len - at)
                abort();
            break;
        case HTTP1_HEAD:
            parser->message.body.max = 1000;
            break;
        case HTTP1_REQUEST:
            note(result, parser);
            break;
        case HTTP1_BAD:
            result->status = parser->status;
            break;
        }
        if (used > len - at)
            abort();
        at += used;
    }
    mem_free(copy);
}

static struct result read_all(const uint8_t *data, size_t len, size_t step)
{
    struct result result = { 0 };
    struct http1_parser parser;

    http1_parser_init(&parser);
    for (size_t at = 0; at < len && !result.status; at += step)
        feed(&parser, data + at, len - at < step ? len - at : step, &result);
    http1_parser_clear(&parser);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct result whole, torn;

    if (len < 2)
        return 0;
    whole = read_all(data + 1, len - 1, len);
    torn = read_all(data + 1, len - 1, (size_t)data[0] + 1);
    if (whole.requests != torn.requests || !whole.status != !torn.status || whole.sum != torn.sum)
        abort();
    return 0;
}
