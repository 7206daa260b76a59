/* SPDX-License-Identifier: Apache-2.0 */
/* The process itself as metrics, under the names that Prometheus client libraries use.
 * Thread: any. */
#ifndef BASE_PROCESS_METRICS_H
#define BASE_PROCESS_METRICS_H

/* Until metrics_clear(). */
void process_metrics_register(void);

#endif
