/* SPDX-License-Identifier: Apache-2.0 */
/* llhttp finds the words; what it is too lenient about is checked here before anybody acts on a
 * request:
 * - Version 8.1 takes a bare CR as the end of a line (CVE-2023-30589) and knows obsolete folding
 *   (CVE-2024-27982): all bytes outside bodies go through check_lines().
 * - Outside its strict mode it takes any two bytes for the end of a chunk, and spaces in names.
 * - It takes any transfer coding that ends in chunked, and leaves Host to us: check_framing().
 * It pauses at the end of each head and each request, so that nothing behind them is read first. */
#include "net/http1_parser.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define CONTINUE_PARSING 0
#define STOP_PARSING     (-1)

static struct http1_parser *parser_of(llhttp_t *llhttp)
{
    return CONTAINER_OF(llhttp, struct http1_parser, llhttp);
}

/* For a callback to return: ends the connection with `status`. */
static int refuse(struct http1_parser *p, int status)
{
    if (!p->status)
        p->status = status;
    return STOP_PARSING;
}

/* --- lines: RFC 9112 2.2 lets a recipient be lenient; we are not --- */

/* One line or the rest of one: it may hold neither CR nor LF but at its end, nor begin with white
 * space (RFC 9112 5.2). */
static const uint8_t *check_line(struct http1_parser *p, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *cr = memchr(at, '\r', (size_t)(end - at));
    const uint8_t *text_end = cr ? cr : end;

    if (p->is_after_lf && (*at == ' ' || *at == '\t'))
        return NULL;
    if (memchr(at, '\n', (size_t)(text_end - at)))
        return NULL;
    p->is_after_lf = false;
    p->is_after_cr = cr != NULL;
    return cr ? cr + 1 : end;
}

static int check_lines(struct http1_parser *p, const uint8_t *end)
{
    const uint8_t *at = p->unchecked;

    if (at < end && p->is_after_chunk && *at != '\r')
        return refuse(p, 400);
    p->is_after_chunk = p->is_after_chunk && at == end;
    p->line_bytes += (size_t)(end - at);
    /* Chunks of one byte have five around them; their extensions need not be long. */
    if (p->line_bytes > 2 * HTTP_HEAD_MAX + 8 * p->message.body.len)
        return refuse(p, 431);
    while (at && at < end) {
        if (!p->is_after_cr) {
            at = check_line(p, at, end);
        } else if (*at == '\n') {
            p->is_after_cr = false;
            p->is_after_lf = true;
            at++;
        } else {
            at = NULL;
        }
    }
    p->unchecked = end;
    return at ? CONTINUE_PARSING : refuse(p, 400);
}

/* --- callbacks of llhttp, in the order they come --- */

static int on_message_begin(llhttp_t *llhttp)
{
    struct http1_parser *p = parser_of(llhttp);

    p->has_begun = true;
    p->line_bytes = 0;
    p->content_length = 0;
    p->expects_continue = false;
    http_message_begin_target(&p->message);
    return CONTINUE_PARSING;
}

static int on_url(llhttp_t *llhttp, const char *at, size_t len)
{
    struct http1_parser *p = parser_of(llhttp);

    if (p->message.text.len + len > HTTP_TARGET_MAX || http_message_append(&p->message, at, len))
        return refuse(p, 414);
    return CONTINUE_PARSING;
}

static int on_url_complete(llhttp_t *llhttp)
{
    struct http1_parser *p = parser_of(llhttp);

    return http_message_end_string(&p->message) ? refuse(p, 414) : CONTINUE_PARSING;
}

static bool is_trailer(const llhttp_t *llhttp)
{
    return llhttp->flags & F_TRAILING;
}

/* Letters, digits and !#$%&'*+-.^_`|~ as a set of bits: RFC 9110 5.6.2. */
static bool is_token(const char *text, size_t len)
{
    static const uint64_t tokens[4] = { 0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0 };

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!(tokens[c / 64] >> (c % 64) & 1))
            return false;
    }
    return true;
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t len)
{
    struct http1_parser *p = parser_of(llhttp);
    int err = 0;

    if (is_trailer(llhttp) || !len)
        return CONTINUE_PARSING;
    if (!is_token(at, len))
        return refuse(p, 400);
    if (!p->is_in_name)
        err = http_message_begin_name(&p->message);
    p->is_in_name = true;
    if (!err)
        err = http_message_append_name(&p->message, at, len);
    return err ? refuse(p, 431) : CONTINUE_PARSING;
}

static int on_header_field_complete(llhttp_t *llhttp)
{
    struct http1_parser *p = parser_of(llhttp);

    if (is_trailer(llhttp))
        return CONTINUE_PARSING;
    if (!p->is_in_name) /* a name of no letters */
        return refuse(p, 400);
    p->is_in_name = false;
    if (http_message_end_string(&p->message))
        return refuse(p, 431);
    http_message_begin_value(&p->message);
    return CONTINUE_PARSING;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t len)
{
    struct http1_parser *p = parser_of(llhttp);

    if (is_trailer(llhttp))
        return CONTINUE_PARSING;
    return http_message_append(&p->message, at, len) ? refuse(p, 431) : CONTINUE_PARSING;
}

static int on_header_value_complete(llhttp_t *llhttp)
{
    struct http1_parser *p = parser_of(llhttp);

    if (is_trailer(llhttp))
        return CONTINUE_PARSING;
    return http_message_end_value(&p->message) ? refuse(p, 431) : CONTINUE_PARSING;
}

/* The value of header `name`; `count` is how often it is there. */
static const char *find_header(const struct http_request *request, const char *name, int *count)
{
    const char *value = NULL;

    *count = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, name) != 0)
            continue;
        value = request->headers[i].value;
        ++*count;
    }
    return value;
}

/* RFC 9112 6.3: one way only to tell how long the body is. 0 or the status that refuses it. */
static int check_framing(const struct http1_parser *p)
{
    const struct http_request *request = &p->message.request;
    int lengths, codings;
    const char *coding = find_header(request, "transfer-encoding", &codings);

    find_header(request, "content-length", &lengths);
    if (lengths > 1 || codings > 1 || (lengths && codings) || (codings && p->is_http10))
        return 400;
    return coding && strcasecmp(coding, "chunked") != 0 ? 501 : 0;
}

static int check_head(struct http1_parser *p)
{
    const struct http_request *request = &p->message.request;
    int count, status = check_framing(p);
    const char *expected = find_header(request, "expect", &count);

    if (status)
        return status;
    if (p->llhttp.http_major != 1 || p->llhttp.http_minor > 1)
        return 505;
    if (p->llhttp.method == HTTP_CONNECT)
        return 501;
    find_header(request, "host", &count);
    if (!count && !p->is_http10)
        return 400;
    if (expected && !p->is_http10 && strcasecmp(expected, "100-continue") != 0)
        return 417;
    p->expects_continue = expected && !p->is_http10;
    return 0;
}

static int on_headers_complete(llhttp_t *llhttp)
{
    struct http1_parser *p = parser_of(llhttp);
    const char *method = llhttp_method_name(llhttp->method);
    int err = http_message_finish_head(&p->message, method);
    int status;

    p->is_http10 = llhttp->http_major == 1 && llhttp->http_minor == 0;
    if (err)
        return refuse(p, err == -EMSGSIZE ? 431 : 400);
    status = check_head(p);
    if (status)
        return refuse(p, status);
    llhttp->upgrade = 0; /* we may ignore the wish, RFC 9110 7.8 */
    p->keeps_alive = llhttp_should_keep_alive(llhttp);
    p->content_length = llhttp->flags & F_CHUNKED ? 0 : llhttp->content_length;
    if (!p->content_length && !(llhttp->flags & F_CHUNKED))
        return CONTINUE_PARSING;
    p->event = HTTP1_HEAD;
    return HPE_PAUSED;
}

static int on_body(llhttp_t *llhttp, const char *at, size_t len)
{
    struct http1_parser *p = parser_of(llhttp);

    if (check_lines(p, (const uint8_t *)at))
        return STOP_PARSING;
    p->unchecked = (const uint8_t *)at + len;
    p->is_after_lf = false;
    p->is_after_chunk = llhttp->flags & F_CHUNKED;
    return buf_append(&p->message.body, at, len) ? refuse(p, 413) : CONTINUE_PARSING;
}

static int on_message_complete(llhttp_t *llhttp)
{
    struct http1_parser *p = parser_of(llhttp);

    http_message_finish_body(&p->message);
    p->has_begun = false;
    p->event = HTTP1_REQUEST;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* --- the owner's verbs --- */

void http1_parser_init(struct http1_parser *p)
{
    memset(p, 0, sizeof(*p));
    llhttp_init(&p->llhttp, HTTP_REQUEST, &settings);
    http_message_init(&p->message);
}

void http1_parser_clear(struct http1_parser *p)
{
    http_message_clear(&p->message);
}

enum http1_event http1_parser_feed(struct http1_parser *p, const uint8_t *data, size_t len,
                                   size_t *used)
{
    enum llhttp_errno err;
    const uint8_t *end = data + len;

    p->unchecked = data;
    if (llhttp_get_errno(&p->llhttp) == HPE_PAUSED)
        llhttp_resume(&p->llhttp);
    err = llhttp_execute(&p->llhttp, (const char *)data, len);
    if (err)
        end = (const uint8_t *)llhttp_get_error_pos(&p->llhttp);
    *used = (size_t)(end - data);
    if (err && err != HPE_PAUSED) {
        refuse(p, 400);
        return HTTP1_BAD;
    }
    if (check_lines(p, end))
        return HTTP1_BAD;
    return err ? p->event : HTTP1_MORE;
}
