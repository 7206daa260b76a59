/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of all HTTP servers of the process as metrics.
 * Thread: registered before the loops start; collected on any. */
#ifndef NET_HTTP_METRICS_H
#define NET_HTTP_METRICS_H

#include <stddef.h>

struct http_metrics;
struct http_server;

/* Copies the array; the servers must live until metrics_clear(). Returns owned. */
struct http_metrics *http_metrics_create(struct http_server *const *servers, size_t count);
/* After metrics_clear(). NULL is fine. */
void http_metrics_destroy(struct http_metrics *metrics);

#endif
