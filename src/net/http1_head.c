/* SPDX-License-Identifier: Apache-2.0 */
/* Written by appending, without printf: at 100,000 playlists a second formats would be the largest
 * single cost. */
#include "net/http1_head.h"

#include "base/buf.h"
#include "net/http_internal.h"

static void append_number(struct buf *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_append(out, digits + at, sizeof(digits) - at);
}

static void append_header(struct buf *out, const char *name, const char *value)
{
    buf_append_str(out, name);
    buf_append(out, ": ", 2);
    buf_append_str(out, value);
    buf_append(out, "\r\n", 2);
}

static void append_status_line(struct buf *out, int status)
{
    if (status == 200) {
        buf_append(out, "HTTP/1.1 200 OK\r\n", 17);
        return;
    }
    buf_append(out, "HTTP/1.1 ", 9);
    append_number(out, (uint64_t)status);
    buf_append_u8(out, ' ');
    buf_append_str(out, http_reason(status));
    buf_append(out, "\r\n", 2);
}

void http1_head_write(struct buf *out, const struct http1_head *head)
{
    const struct http_reply *reply = head->reply;

    append_status_line(out, reply->status);
    for (size_t i = 0; i < reply->header_count; i++)
        if (http_header_is_sound(&reply->headers[i]))
            append_header(out, reply->headers[i].name, reply->headers[i].value);
    append_header(out, "Date", head->date);
    if (reply->has_length) {
        buf_append(out, "Content-Length: ", 16);
        append_number(out, reply->length);
        buf_append(out, "\r\n", 2);
    }
    if (head->is_chunked)
        append_header(out, "Transfer-Encoding", "chunked");
    if (reply->accepts_ranges)
        append_header(out, "Accept-Ranges", "bytes");
    if (*reply->content_range)
        append_header(out, "Content-Range", reply->content_range);
    if (head->closes)
        append_header(out, "Connection", "close");
    else if (head->keeps_10)
        append_header(out, "Connection", "keep-alive");
    buf_append(out, "\r\n", 2);
}
