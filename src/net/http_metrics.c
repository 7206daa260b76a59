/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_metrics.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/metric.h"
#include "net/http_server.h"

struct http_metrics {
    size_t count;
    struct http_server *servers[];
};

static struct http_counters sum(const struct http_metrics *metrics)
{
    struct http_counters all = { 0 }, one;

    for (size_t i = 0; i < metrics->count; i++) {
        http_server_count(metrics->servers[i], &one);
        all.connections += one.connections;
        for (size_t k = 0; k < ARRAY_LEN(all.requests); k++)
            all.requests[k] += one.requests[k];
        for (size_t k = 0; k < ARRAY_LEN(all.answers); k++)
            all.answers[k] += one.answers[k];
        all.body_bytes += one.body_bytes;
        all.timeouts += one.timeouts;
        all.open_connections += one.open_connections;
        all.open_exchanges += one.open_exchanges;
    }
    return all;
}

static void write_one(struct buf *out, const char *name, const char *help, enum metric_type type,
                      double value)
{
    metric_family(out, name, help, type);
    metric_sample(out, name, NULL, value);
}

static void write_requests(struct buf *out, const struct http_counters *all)
{
    static const char name[] = "weir_http_requests_total";

    metric_family(out, name, "Requests, by version of HTTP.", METRIC_COUNTER);
    metric_sample(out, name, "version=\"1.1\"", (double)all->requests[0]);
    metric_sample(out, name, "version=\"2\"", (double)all->requests[1]);
}

static void write_answers(struct buf *out, const struct http_counters *all)
{
    static const char name[] = "weir_http_responses_total";
    char labels[32];

    metric_family(out, name, "Responses begun, by class of status.", METRIC_COUNTER);
    for (size_t i = 2; i < ARRAY_LEN(all->answers); i++) {
        snprintf(labels, sizeof(labels), "class=\"%zuxx\"", i);
        metric_sample(out, name, labels, (double)all->answers[i]);
    }
}

static void collect(struct buf *out, void *ctx)
{
    struct http_counters all = sum(ctx);

    write_one(out, "weir_http_connections_total", "Connections taken.", METRIC_COUNTER,
              (double)all.connections);
    write_one(out, "weir_http_open_connections", "Connections now.", METRIC_GAUGE,
              (double)all.open_connections);
    write_one(out, "weir_http_open_requests", "Requests being answered, parked ones included.",
              METRIC_GAUGE, (double)all.open_exchanges);
    write_requests(out, &all);
    write_answers(out, &all);
    write_one(out, "weir_http_body_bytes_total", "Bytes in bodies of responses.", METRIC_COUNTER,
              (double)all.body_bytes);
    write_one(out, "weir_http_timeouts_total", "Peers that took too long.", METRIC_COUNTER,
              (double)all.timeouts);
}

struct http_metrics *http_metrics_create(struct http_server *const *servers, size_t count)
{
    struct http_metrics *metrics = mem_alloc(sizeof(*metrics) + count * sizeof(*servers));

    metrics->count = count;
    for (size_t i = 0; i < count; i++)
        metrics->servers[i] = servers[i];
    metric_collect_with(collect, metrics);
    return metrics;
}

void http_metrics_destroy(struct http_metrics *metrics)
{
    mem_free(metrics);
}
