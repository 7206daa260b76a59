/* SPDX-License-Identifier: Apache-2.0 */
/* Application and stream name of a publisher, parted by a line feed, down to their parameters. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/publish_query.h"
#include "ingest/stream_name.h"

#define INPUT_MAX 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_true)
{
    if (!is_true)
        abort();
}

static void check_query(const char *text)
{
    struct publish_query query;

    publish_query_parse(&query, text);
    check(query.priority >= PUBLISH_INVALID && query.priority <= PUBLISH_PRIORITY_MAX);
    check(query.keyframe_interval_s <= PUBLISH_KEYFRAME_INTERVAL_MAX);
    check(query.keyframe_interval_s <= 0 ||
          query.keyframe_interval_s >= PUBLISH_KEYFRAME_INTERVAL_MIN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[INPUT_MAX + 1];
    struct stream_name name;
    char *second;

    if (size > INPUT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    second = strchr(text, '\n');
    if (second)
        *second++ = '\0';
    if (stream_name_parse(&name, text, second ? second : ""))
        return 0;
    check(!strpbrk(name.key, "/?"));
    check_query(name.query);
    return 0;
}
