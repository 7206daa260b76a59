/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine carries, as metrics: connections, and the cores that transcoding takes.
 * Thread: any. */
#ifndef MACHINE_METRICS_H
#define MACHINE_METRICS_H

struct capacity;
struct connection_limits;

struct machine_metrics {
    struct capacity *capacity;
    struct connection_limits *connections;
};

/* Until metrics_clear(). Borrows `machine`. */
void machine_metrics_register(const struct machine_metrics *machine);

#endif
