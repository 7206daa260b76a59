/* SPDX-License-Identifier: Apache-2.0 */
/* A regular expression that a whole value must match, compiled at its first use.
 * Thread: any. */
#ifndef API_PATTERN_H
#define API_PATTERN_H

#include <stdbool.h>

struct pattern {
    const char *text;
    _Atomic(void *) code;
};

bool pattern_matches(struct pattern *pattern, const char *value);

#endif
