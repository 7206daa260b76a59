/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of API calls, read by the tables of all operations: the first byte picks one. */
#include <stddef.h>
#include <stdint.h>

#include "api/input.h"
#include "api/operation.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct input_source source = { .query = "" };
    const struct operation *op;
    const char *message = "";
    const void *input;
    size_t count = 0;

    while (operations[count])
        count++;
    if (size) {
        op = operations[data[0] % count];
        source.body = (const char *)data + 1;
        source.body_len = size - 1;
        source.query = arena_strndup(arena, source.body, source.body_len);
        source.label = source.query;
        if (op->fields)
            input_read(&input, arena, op->fields, op->input_size, &source, &message);
    }
    arena_destroy(arena);
    return 0;
}
