/* SPDX-License-Identifier: Apache-2.0 */
/* All strings stand in one growing buffer, which may move while it grows: headers are kept as
 * offsets and become pointers when the head is complete. Forms of the target: RFC 9112 3.2. */
#include "net/http_message.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

void http_message_init(struct http_message *m)
{
    memset(m, 0, sizeof(*m));
    buf_init(&m->text, HTTP_HEAD_MAX);
    buf_init(&m->body, 0);
}

void http_message_clear(struct http_message *m)
{
    buf_clear(&m->text);
    buf_clear(&m->body);
    mem_free(m->headers);
    http_message_init(m);
}

int http_message_append(struct http_message *m, const char *piece, size_t len)
{
    return buf_append(&m->text, piece, len);
}

int http_message_append_name(struct http_message *m, const char *piece, size_t len)
{
    uint8_t *to = buf_reserve(&m->text, len);

    if (!to)
        return -EMSGSIZE;
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)(piece[i] >= 'A' && piece[i] <= 'Z' ? piece[i] | 0x20 : piece[i]);
    buf_commit(&m->text, len);
    return 0;
}

int http_message_end_string(struct http_message *m)
{
    return buf_append_u8(&m->text, 0);
}

int http_message_end_value(struct http_message *m)
{
    size_t begin = (size_t)(uintptr_t)m->headers[m->header_count - 1].value;

    while (m->text.len > begin &&
           (m->text.data[m->text.len - 1] == ' ' || m->text.data[m->text.len - 1] == '\t'))
        m->text.len--;
    return http_message_end_string(m);
}

/* Until the head is finished a pointer holds an offset. */
static const char *as_offset(const struct http_message *m)
{
    return (const char *)(uintptr_t)m->text.len;
}

void http_message_begin_target(struct http_message *m)
{
    m->target_at = m->text.len;
}

int http_message_begin_name(struct http_message *m)
{
    if (m->header_count == HTTP_HEADERS_MAX)
        return -EMSGSIZE;
    if (m->header_count == m->header_capacity) {
        m->header_capacity = m->header_capacity ? m->header_capacity * 2 : 8;
        m->headers = mem_realloc(m->headers, m->header_capacity * sizeof(*m->headers));
    }
    m->headers[m->header_count++] = (struct http_header){ .name = as_offset(m) };
    return 0;
}

void http_message_begin_value(struct http_message *m)
{
    m->headers[m->header_count - 1].value = as_offset(m);
}

/* RFC 9112 3.2.2 obliges servers to take a whole URL; The offset of the path in it, or 0 if it is
 * none. */
static size_t skip_authority(const char *target)
{
    size_t scheme = !strncmp(target, "http://", 7) ? 7 : !strncmp(target, "https://", 8) ? 8 : 0;

    return scheme ? scheme + strcspn(target + scheme, "/?") : 0;
}

/* The path needs a NUL of its own where a query follows. */
static int add_path(struct http_message *m, size_t path_at, size_t len)
{
    uint8_t *to = buf_reserve(&m->text, len + 1);

    if (!to)
        return -EMSGSIZE;
    memcpy(to, m->text.data + path_at, len);
    to[len] = '\0';
    buf_commit(&m->text, len + 1);
    return 0;
}

static int find_host(struct http_message *m)
{
    m->request.host = NULL;
    for (size_t i = 0; i < m->header_count; i++) {
        if (strcmp(m->headers[i].name, "host") != 0)
            continue;
        if (m->request.host)
            return -EINVAL;
        m->request.host = m->headers[i].value;
    }
    if (!m->request.host)
        m->request.host = "";
    return 0;
}

static void resolve_offsets(struct http_message *m)
{
    const char *text = (const char *)m->text.data;

    for (size_t i = 0; i < m->header_count; i++) {
        m->headers[i].name = text + (uintptr_t)m->headers[i].name;
        m->headers[i].value = text + (uintptr_t)m->headers[i].value;
    }
    m->request.headers = m->headers;
    m->request.header_count = m->header_count;
}

/* Whether the authority that ends at `end` of a URL is the one in Host. */
static bool is_authority(const struct http_message *m, const char *url, size_t end)
{
    const char *begin = strstr(url, "://") + 3;
    size_t len = (size_t)(url + end - begin);

    return strlen(m->request.host) == len && !strncmp(m->request.host, begin, len);
}

int http_message_finish_head(struct http_message *m, const char *method)
{
    const char *target = buf_str(&m->text) + m->target_at;
    size_t path_at = skip_authority(target), path_len, query_at;
    size_t copy_at = m->text.len;
    int err;

    if ((target[path_at] != '/' && !path_at && strcmp(target, "*") != 0) || strchr(target, '#'))
        return -EINVAL;
    path_len = strcspn(target + path_at, "?");
    query_at = path_at + path_len + (target[path_at + path_len] == '?');
    err = add_path(m, m->target_at + path_at, path_len);
    if (err)
        return err;
    resolve_offsets(m);
    target = (const char *)m->text.data + m->target_at;
    m->request.method = method;
    m->request.target = target + path_at;
    m->request.path = path_len ? (const char *)m->text.data + copy_at : "/";
    m->request.query = target + query_at;
    err = find_host(m);
    if (!err && path_at && !is_authority(m, target, path_at))
        err = -EINVAL;
    return err;
}

void http_message_finish_body(struct http_message *m)
{
    m->request.body = m->body.data;
    m->request.body_len = m->body.len;
}
