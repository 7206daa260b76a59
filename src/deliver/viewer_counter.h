/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the viewers of one live stream: distinct pairs of client address and user agent seen
 * within a span of time, over all loops. Each loop notes into a table of its own, whose lock only a
 * count ever contends for. Thread: any; a loop notes under its own index. */
#ifndef DELIVER_VIEWER_COUNTER_H
#define DELIVER_VIEWER_COUNTER_H

#include <stdint.h>

struct viewer_counter;

/* Returns owned, with one reference. */
struct viewer_counter *viewer_counter_create(int loop_count, int64_t span_ms);
struct viewer_counter *viewer_counter_ref(struct viewer_counter *counter);
/* NULL is fine. */
void viewer_counter_unref(struct viewer_counter *counter);

void viewer_counter_note(struct viewer_counter *counter, int loop_index, const char *address,
                         const char *user_agent, int64_t now_ms);
int viewer_counter_count(struct viewer_counter *counter, int64_t now_ms);

#endif
