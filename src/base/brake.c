/* SPDX-License-Identifier: Apache-2.0 */
#include "base/brake.h"

int64_t brake_add(struct brake *brake, int64_t now_ms)
{
    int64_t *oldest = &brake->free_ms[brake->count % BRAKE_COUNT];
    int64_t start_ms = brake->count >= BRAKE_COUNT && *oldest > now_ms ? *oldest : now_ms;

    brake->count++;
    *oldest = start_ms + BRAKE_MS;
    return start_ms - now_ms;
}
