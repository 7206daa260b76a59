/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/stream_name.h"

#include <errno.h>
#include <string.h>

static const char *query_of(const char *text)
{
    const char *mark = strchr(text, '?');

    return mark ? mark + 1 : "";
}

static void copy(char to[STREAM_NAME_MAX], const char *from, size_t len)
{
    memcpy(to, from, len);
    to[len] = '\0';
}

/* The last part of the path in `text`, which ends at '?'; slashes at its end do not count. */
static void copy_last_part(char to[STREAM_NAME_MAX], const char *text)
{
    const char *end = text + strcspn(text, "?"), *begin;

    while (end > text && end[-1] == '/')
        end--;
    for (begin = end; begin > text && begin[-1] != '/';)
        begin--;
    copy(to, begin, (size_t)(end - begin));
}

int stream_name_parse(struct stream_name *out, const char *app, const char *name)
{
    const char *query = *query_of(name) ? query_of(name) : query_of(app);

    if (strlen(app) >= STREAM_NAME_MAX || strlen(name) >= STREAM_NAME_MAX)
        return -EMSGSIZE;
    copy(out->query, query, strlen(query));
    copy_last_part(out->key, name);
    if (!*out->key)
        copy_last_part(out->key, app);
    return 0;
}
