/* SPDX-License-Identifier: Apache-2.0 */
/* When a child process that is started again and again crashed: whoever crashes rarely is started
 * at once, then with growing pauses, and given up at CRASHES_MAX within a minute.
 * Thread: its owner's; pure. */
#ifndef CHILD_CRASH_LOG_H
#define CHILD_CRASH_LOG_H

#include <stdint.h>

#define CRASHES_MAX 5

struct crash_log {
    int64_t at_ms[CRASHES_MAX]; /* a ring of the last ones */
    int count;                  /* of all */
};

/* Notes a crash; `now_ms` is monotonic. Returns the pause before the next start, -1: give up. */
int64_t crash_log_add(struct crash_log *log, int64_t now_ms);

#endif
