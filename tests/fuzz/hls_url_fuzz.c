/* SPDX-License-Identifier: Apache-2.0 */
/* A request target: path and query of playback. What is accepted must hold to its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/hls_url.h"

#define TARGET_MAX 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_true)
{
    if (!is_true)
        abort();
}

static void parse_path(const char *path)
{
    struct hls_url url;

    if (hls_url_parse(&url, path))
        return;
    check(hls_url_is_ours(path));
    check(url.number >= 0 && url.set >= 0);
    check(strlen(url.stream_id) < HLS_ID_SIZE && strlen(url.rendition) < HLS_ID_SIZE);
    check(!strpbrk(url.stream_id, "./%") && !strpbrk(url.rendition, "./%"));
    check((url.resource == HLS_MULTIVARIANT) == (url.channel_id[0] != '\0'));
}

static void parse_query(const char *text)
{
    struct hls_query query;

    if (hls_query_parse(&query, text))
        return;
    check(query.msn >= 0 && query.part >= 0);
    check(query.has_msn || !query.has_part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char target[TARGET_MAX + 1];
    char *query;

    if (size > TARGET_MAX)
        return 0;
    memcpy(target, data, size);
    target[size] = '\0';
    query = strchr(target, '?');
    parse_query(query ? query + 1 : "");
    if (query)
        *query = '\0';
    parse_path(target);
    return 0;
}
