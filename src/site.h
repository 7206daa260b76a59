/* SPDX-License-Identifier: Apache-2.0 */
/* What one loop's HTTP ports answer: playback, pages, health, metrics, and the API for all the
 * rest. Thread: its loop; created before the loop runs. */
#ifndef SITE_H
#define SITE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "net/http_server.h"

struct api;
struct hls_server;
struct site;
struct web_pages_config;

struct site_config {
    struct hls_server *hls;
    struct api *api;
    const struct web_pages_config *pages;
    const atomic_bool *is_healthy;
};

/* Borrows all of `config`. Returns owned. */
struct site *site_create(const struct site_config *config);
/* NULL is fine. */
void site_destroy(struct site *site);

/* For http_server_create(), with the site as context: the public ports, and the one that answers
 * /metrics and /healthz alone, to anybody who reaches it. */
extern const struct http_handler site_handler;
extern const struct http_handler site_metrics_handler;

#endif
