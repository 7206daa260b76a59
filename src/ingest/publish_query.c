/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/publish_query.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 10 /* no sum overflows; more than any limit needs */

/* One "name=value"; both end where `len` says. */
struct parameter {
    const char *name, *value;
    size_t name_len, value_len;
};

static struct parameter split(const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    struct parameter p = { .name = text, .name_len = len, .value = text + len };

    if (!equals)
        return p;
    p.name_len = (size_t)(equals - text);
    p.value = equals + 1;
    p.value_len = len - p.name_len - 1;
    return p;
}

static bool is_named(const struct parameter *p, const char *name)
{
    return p->name_len == strlen(name) && memcmp(p->name, name, p->name_len) == 0;
}

/* A decimal number without sign within the limits; PUBLISH_INVALID for anything else. */
static int64_t number_within(const struct parameter *p, int64_t min, int64_t max)
{
    int64_t number = 0;

    if (!p->value_len || p->value_len > DIGITS_MAX)
        return PUBLISH_INVALID;
    for (size_t i = 0; i < p->value_len; i++) {
        if (p->value[i] < '0' || p->value[i] > '9')
            return PUBLISH_INVALID;
        number = number * 10 + (p->value[i] - '0');
    }
    return number >= min && number <= max ? number : PUBLISH_INVALID;
}

static bool is_yes(const struct parameter *p)
{
    return (p->value_len == 1 && p->value[0] == '1') ||
           (p->value_len == 4 && memcmp(p->value, "true", 4) == 0);
}

static void take(struct publish_query *out, const struct parameter *p)
{
    if (is_named(p, "priority"))
        out->priority = number_within(p, 1, PUBLISH_PRIORITY_MAX);
    else if (is_named(p, "keyframeInterval"))
        out->keyframe_interval_s =
            (int)number_within(p, PUBLISH_KEYFRAME_INTERVAL_MIN, PUBLISH_KEYFRAME_INTERVAL_MAX);
    else if (is_named(p, "bandwidthtest"))
        out->is_bandwidth_test = is_yes(p);
    else if (is_named(p, "clientConfigId"))
        snprintf(out->client_config_id, sizeof(out->client_config_id), "%.*s", (int)p->value_len,
                 p->value);
}

void publish_query_parse(struct publish_query *out, const char *query)
{
    *out = (struct publish_query){ 0 };
    while (*query) {
        size_t len = strcspn(query, "&");
        struct parameter p = split(query, len);

        take(out, &p);
        query += len + (query[len] == '&');
    }
}
