/* SPDX-License-Identifier: Apache-2.0 */
/* How much transcoding the machine carries: a new ladder is refused when the running ones would
 * suffer. Costs are predicted from sizes and corrected by what workers measure of themselves.
 * Thread: any; one short lock. */
#ifndef TRANSCODE_CAPACITY_H
#define TRANSCODE_CAPACITY_H

#include "transcode/transcode_link.h"

struct capacity;
struct capacity_grant;

/* `cores`: how many may be used; 0: nine tenths of what the process may run on. */
struct capacity *capacity_create(double cores);
/* After all grants are released. NULL is fine. */
void capacity_destroy(struct capacity *capacity);

/* Processor seconds per second that an average machine needs. `width` and `height`: the source's.
 */
double capacity_predict(const struct transcode_setup *setup, int width, int height);
/* -EBUSY: there is no room, or a running transcode was late within the last ten seconds. */
int capacity_admit(struct capacity *capacity, struct capacity_grant **out,
                   const struct transcode_setup *setup, int width, int height);
/* A transcode that runs is to become another one, such as for a picture of another size: it has its
 * place already, and somebody's being late is no reason to take that. -EBUSY: there is no room for
 * what it would need more. */
int capacity_change(struct capacity_grant *grant, const struct transcode_setup *setup, int width,
                    int height);
/* What the grant's worker has used since its start, about once a second; restarts count anew. */
void capacity_report_cpu(struct capacity_grant *grant, int64_t cpu_us);
/* The worker could not keep up: the machine has more than it can carry. */
void capacity_report_late(struct capacity_grant *grant);
/* NULL is fine. */
void capacity_release(struct capacity_grant *grant);

/* For metrics. */
struct capacity_usage {
    double cores, used;
    int transcodes;
};
void capacity_usage(struct capacity *capacity, struct capacity_usage *out);

#endif
