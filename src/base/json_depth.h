/* SPDX-License-Identifier: Apache-2.0 */
/* How deeply JSON text is nested, found without parsing it: parsers recurse, and the stacks of
 * worker threads are small.
 * Thread: any. */
#ifndef BASE_JSON_DEPTH_H
#define BASE_JSON_DEPTH_H

#include <stdbool.h>
#include <stddef.h>

/* True if objects and lists are nested more than `max` deep; any bytes may be asked about. */
bool json_is_deeper(const char *text, size_t len, int max);

#endif
