/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the API, what it refused for being too often or too much, and how much of their
 * quotas accounts use, as metrics. What a client may choose, such as an unknown operation's name,
 * makes no series of its own.
 * Thread: any. */
#ifndef API_API_METRICS_H
#define API_API_METRICS_H

#include "api/api_error.h"

struct api_metrics;
struct buf;
struct live_registry;
struct operation;
struct quotas;
struct store;

/* Borrows `live`, copies `quotas`. Returns owned. */
struct api_metrics *api_metrics_create(const struct quotas *quotas, struct live_registry *live);
/* NULL is fine. */
void api_metrics_destroy(struct api_metrics *metrics);

/* Counts a call; `op` is NULL if there is no such operation, `error` counts from status 400. */
void api_metrics_note(struct api_metrics *metrics, const struct operation *op, int status,
                      enum api_error error);
/* Looks up what accounts have in `region`, for collections from now on. Blocks. */
int api_metrics_measure(struct api_metrics *metrics, struct store *store, const char *region);
/* For metric_collect_with(). Never blocks. */
void api_metrics_collect(struct buf *out, void *metrics);

#endif
