/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of one request while it arrives and as long as it is being answered, filled alike by
 * HTTP/1.1 and HTTP/2.
 * Thread: its owner's. */
#ifndef NET_HTTP_MESSAGE_H
#define NET_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/http_server.h"

#define HTTP_HEAD_MAX    ((size_t)32 * 1024) /* target, names and values, each with a NUL */
#define HTTP_TARGET_MAX  ((size_t)8 * 1024)
#define HTTP_HEADERS_MAX 100

struct http_message {
    struct http_request request; /* complete but for the body after http_message_finish_head() */
    struct buf text;             /* all strings */
    struct buf body;             /* the handler sets its ceiling */
    struct http_header *headers; /* offsets into `text` until the head is finished */
    size_t header_count, header_capacity;
    size_t target_at; /* its offset in `text` */
};

void http_message_init(struct http_message *m);
void http_message_clear(struct http_message *m);

/* Strings arrive in pieces, each begun and ended. All answer 0, or -EMSGSIZE at a limit. */
int http_message_append(struct http_message *m, const char *piece, size_t len);
/* Like http_message_append(), in lower case. */
int http_message_append_name(struct http_message *m, const char *piece, size_t len);
int http_message_end_string(struct http_message *m);
/* The same for a value: white space at its end is none of it. RFC 9110 5.5 */
int http_message_end_value(struct http_message *m);
/* What the string that now begins is. */
void http_message_begin_target(struct http_message *m);
int http_message_begin_name(struct http_message *m);
void http_message_begin_value(struct http_message *m);

/* Makes `request` of the strings; `method` lives as long as the process. -EINVAL if the target is
 * neither a path nor "*" nor a URL, if there are several Host headers, or other than the URL's. */
int http_message_finish_head(struct http_message *m, const char *method);
void http_message_finish_body(struct http_message *m);

#endif
