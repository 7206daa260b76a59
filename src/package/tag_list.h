/* SPDX-License-Identifier: Apache-2.0 */
/* ID3 tags that wait for the part they belong to; zeroed memory is an empty list. Bounded: the
 * oldest give way.
 * Thread: its owner's. */
#ifndef PACKAGE_TAG_LIST_H
#define PACKAGE_TAG_LIST_H

#include <stdint.h>

#include "package/mux.h"

#define TAG_LIST_MAX 256

struct tag_list {
    struct timed_tag *items; /* by time */
    int count, capacity;
};

/* Takes `id3`. Behind those of the same time. */
void tag_list_put(struct tag_list *list, int64_t pts, struct bytes *id3);
/* Takes `id3`. Before those of the same time. */
void tag_list_put_first(struct tag_list *list, int64_t pts, struct bytes *id3);
/* How many belong before `end`; those before `start`, which are late, move to it. */
int tag_list_due(struct tag_list *list, int64_t start, int64_t end);
/* Forgets the first `count`. */
void tag_list_drop(struct tag_list *list, int count);
void tag_list_clear(struct tag_list *list);

#endif
