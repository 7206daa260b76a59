/* SPDX-License-Identifier: Apache-2.0 */
/* Holds up what others may ask for as often as they like and what costs much: at once at first,
 * then BRAKE_COUNT times in BRAKE_MS at most.
 * Thread: its owner's; pure. */
#ifndef BASE_BRAKE_H
#define BASE_BRAKE_H

#include <stdint.h>

#define BRAKE_COUNT 4
#define BRAKE_MS    10000

struct brake {
    int64_t free_ms[BRAKE_COUNT]; /* a ring: when each of the last ones stops to count */
    unsigned count;               /* of all */
};

/* Notes another one; `now_ms` is monotonic. Returns for how long it has to wait. */
int64_t brake_add(struct brake *brake, int64_t now_ms);

#endif
