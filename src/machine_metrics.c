/* SPDX-License-Identifier: Apache-2.0 */
#include "machine_metrics.h"

#include "base/metric.h"
#include "net/connection_limits.h"
#include "transcode/capacity.h"

static void write_gauge(struct buf *out, const char *name, const char *help, double value)
{
    metric_family(out, name, help, METRIC_GAUGE);
    metric_sample(out, name, NULL, value);
}

static void collect(struct buf *out, void *ctx)
{
    const struct machine_metrics *machine = ctx;
    struct capacity_usage usage;

    capacity_usage(machine->capacity, &usage);
    write_gauge(out, "weir_connections", "Open connections of players, encoders and API clients.",
                connection_limits_count(machine->connections));
    write_gauge(out, "weir_transcodes", "Running transcode workers.", usage.transcodes);
    write_gauge(out, "weir_transcode_cores_used", "Cores that transcoding takes, as measured.",
                usage.used);
    write_gauge(out, "weir_transcode_cores", "Cores that transcoding may take.", usage.cores);
}

void machine_metrics_register(const struct machine_metrics *machine)
{
    metric_collect_with(collect, (void *)machine);
}
