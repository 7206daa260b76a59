/* SPDX-License-Identifier: Apache-2.0 */
/* The quota of concurrent views: an account that has all it may have gets no new viewers. Views are
 * counted anew at most once a second, so that a crowd costs one count.
 * Thread: its server's loop. */
#ifndef DELIVER_VIEW_LIMIT_H
#define DELIVER_VIEW_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct hls_server;
struct view_limit;

/* `max`: views per account; 0: no limit. Returns owned. */
struct view_limit *view_limit_create(struct hls_server *server, int64_t max);
/* NULL is fine. */
void view_limit_destroy(struct view_limit *limit);
bool view_limit_is_reached(struct view_limit *limit, const char *account);

#endif
