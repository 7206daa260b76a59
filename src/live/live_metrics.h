/* SPDX-License-Identifier: Apache-2.0 */
/* What is on air, as metrics: IVS's CloudWatch names in Prometheus form, per channel and in all.
 * Thread: any. */
#ifndef LIVE_LIVE_METRICS_H
#define LIVE_LIVE_METRICS_H

struct live_registry;

/* Until metrics_clear(). Borrows `registry`. */
void live_metrics_register(struct live_registry *registry);

#endif
