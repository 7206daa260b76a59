/* SPDX-License-Identifier: Apache-2.0 */
/* AMF0 messages, and AMF3 in them; every value that comes out is walked over. */
#include <stdlib.h>
#include <string.h>

#include "ingest/amf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static size_t walk(const struct amf_value *value, int depth)
{
    size_t sum = value->string ? strlen(value->string) : 0;

    if (depth > AMF_DEPTH_MAX || sum > value->string_len)
        abort();
    for (const struct amf_member *m = value->members; m; m = m->next)
        sum += strlen(m->name) + walk(&m->value, depth + 1);
    amf_get(value, "app");
    amf_string(value);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *arena = arena_create();
    struct amf_value values[8];
    size_t count;

    amf0_read(arena, data, len, values, 8, &count);
    for (size_t i = 0; i < 8; i++)
        walk(&values[i], 0);
    arena_destroy(arena);
    return 0;
}
