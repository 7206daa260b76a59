/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define COLLECTORS_MAX 16

struct collector {
    void (*collect)(struct buf *out, void *ctx);
    void *ctx;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards: all below */
static struct metric *first;
static struct collector collectors[COLLECTORS_MAX];
static int collector_count;

void metric_register(struct metric *metric)
{
    if (atomic_load_explicit(&metric->is_registered, memory_order_acquire))
        return;
    pthread_mutex_lock(&lock);
    if (!atomic_load(&metric->is_registered)) {
        metric->next = first;
        first = metric;
        atomic_store_explicit(&metric->is_registered, true, memory_order_release);
    }
    pthread_mutex_unlock(&lock);
}

void metric_add(struct metric *metric, int64_t amount)
{
    metric_register(metric);
    atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
    metric_register(metric);
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void metric_collect_with(void (*collect)(struct buf *out, void *ctx), void *ctx)
{
    pthread_mutex_lock(&lock);
    if (collector_count < COLLECTORS_MAX)
        collectors[collector_count++] = (struct collector){ collect, ctx };
    pthread_mutex_unlock(&lock);
}

void metric_family(struct buf *out, const char *name, const char *help, enum metric_type type)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
               type == METRIC_COUNTER ? "counter" : "gauge");
}

void metric_sample(struct buf *out, const char *name, const char *labels, double value)
{
    if (labels)
        buf_printf(out, "%s{%s} %.15g\n", name, labels, value);
    else
        buf_printf(out, "%s %.15g\n", name, value);
}

void metrics_write(struct buf *out)
{
    pthread_mutex_lock(&lock);
    for (struct metric *metric = first; metric; metric = metric->next) {
        metric_family(out, metric->name, metric->help, metric->type);
        metric_sample(out, metric->name, NULL, (double)atomic_load(&metric->value));
    }
    for (int i = 0; i < collector_count; i++)
        collectors[i].collect(out, collectors[i].ctx);
    pthread_mutex_unlock(&lock);
}

void metrics_clear(void)
{
    pthread_mutex_lock(&lock);
    collector_count = 0;
    pthread_mutex_unlock(&lock);
}
