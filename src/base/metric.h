/* SPDX-License-Identifier: Apache-2.0 */
/* What /metrics shows, as Prometheus text (exposition format 0.0.4): counters that live for as long
 * as the process, and collectors that are asked at the moment of the scrape.
 * Thread: any. */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdatomic.h>
#include <stdint.h>

struct buf;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

/* Static storage; registers itself when it is first added to, so a family appears once something
 * happened, or by metric_register(). */
struct metric {
    const char *name; /* "weir_..." */
    const char *help;
    enum metric_type type;
    atomic_llong value;
    atomic_bool is_registered;
    struct metric *next;
};

#define METRIC(variable, metric_type, metric_name, help_text)                                      \
    static struct metric variable = { .name = metric_name, .help = help_text, .type = metric_type }

void metric_register(struct metric *metric);
void metric_add(struct metric *metric, int64_t amount);
void metric_set(struct metric *metric, int64_t value);

/* A collector writes whole families with metric_family() and metric_sample(). Called on the thread
 * of the scrape. */
void metric_collect_with(void (*collect)(struct buf *out, void *ctx), void *ctx);
void metric_family(struct buf *out, const char *name, const char *help, enum metric_type type);
/* `labels` is inside the braces, such as channel="Qw7RtYp2LmNz"; NULL: none. */
void metric_sample(struct buf *out, const char *name, const char *labels, double value);

void metrics_write(struct buf *out);
/* Forgets collectors, whose contexts are about to go. */
void metrics_clear(void);

#endif
