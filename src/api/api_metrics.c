/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/operation.h"
#include "api/quota.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/metric.h"
#include "live/live_registry.h"
#include "store/store.h"

#define OPERATIONS_MAX 96
#define USES_MAX       1000 /* series of what accounts use; the largest are shown */
#define LABELS_MAX     128

/* Of one operation, or of all requests for none. */
struct call_counters {
    atomic_ullong by_class[6]; /* the first digit of the status */
    atomic_ullong throttled;
    atomic_ullong over_quota;
};

struct use {
    char account[16];
    enum quota quota;
    int64_t count;
};

struct api_metrics {
    struct quotas quotas;
    struct live_registry *live;
    struct call_counters calls[OPERATIONS_MAX]; /* in the order of operations[], then of none */
    pthread_mutex_t lock;                       /* lock guards: uses, use_count */
    struct use uses[USES_MAX];
    int use_count;
};

struct api_metrics *api_metrics_create(const struct quotas *quotas, struct live_registry *live)
{
    struct api_metrics *metrics = mem_zalloc(sizeof(*metrics));

    metrics->quotas = *quotas;
    metrics->live = live;
    pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

void api_metrics_destroy(struct api_metrics *metrics)
{
    if (!metrics)
        return;
    pthread_mutex_destroy(&metrics->lock);
    mem_free(metrics);
}

/* --- calls --- */

/* Of the entry behind the last operation for NULL. */
static size_t index_of(const struct operation *op)
{
    size_t i = 0;

    while (operations[i] && operations[i] != op && i < OPERATIONS_MAX - 1)
        i++;
    return i;
}

void api_metrics_note(struct api_metrics *metrics, const struct operation *op, int status,
                      enum api_error error)
{
    struct call_counters *c = &metrics->calls[index_of(op)];

    atomic_fetch_add_explicit(&c->by_class[status / 100 % 6], 1, memory_order_relaxed);
    if (status < 400)
        return;
    if (error == API_THROTTLING)
        atomic_fetch_add_explicit(&c->throttled, 1, memory_order_relaxed);
    if (error == API_QUOTA_EXCEEDED)
        atomic_fetch_add_explicit(&c->over_quota, 1, memory_order_relaxed);
}

static const char *label_of(size_t index)
{
    return operations[index] ? operations[index]->name : "none";
}

static void write_calls(struct buf *out, struct api_metrics *metrics)
{
    static const char name[] = "weir_api_calls_total";
    char labels[LABELS_MAX];

    metric_family(out, name, "API calls by operation and class of status.", METRIC_COUNTER);
    for (size_t i = 0; i <= index_of(NULL); i++) {
        for (int class = 2; class < 6; class ++) {
            uint64_t count =
                atomic_load_explicit(&metrics->calls[i].by_class[class], memory_order_relaxed);

            snprintf(labels, sizeof(labels), "operation=\"%s\",status=\"%dxx\"", label_of(i),
                     class);
            if (count)
                metric_sample(out, name, labels, (double)count);
        }
    }
}

static void write_refusals(struct buf *out, struct api_metrics *metrics, const char *name,
                           const char *help, size_t counter)
{
    char labels[LABELS_MAX];

    metric_family(out, name, help, METRIC_COUNTER);
    for (size_t i = 0; operations[i]; i++) {
        atomic_ullong *counted = (atomic_ullong *)((char *)&metrics->calls[i] + counter);
        uint64_t count = atomic_load_explicit(counted, memory_order_relaxed);

        snprintf(labels, sizeof(labels), "operation=\"%s\"", label_of(i));
        if (count)
            metric_sample(out, name, labels, (double)count);
    }
}

/* --- quotas --- */

static bool find_quota(const char *type, enum quota *out)
{
    for (int i = 0; i < QUOTA_COUNT; i++) {
        const char *counted = quota_resource_type((enum quota)i);

        if (counted && !strcmp(counted, type)) {
            *out = (enum quota)i;
            return true;
        }
    }
    return false;
}

int api_metrics_measure(struct api_metrics *metrics, struct store *store, const char *region)
{
    struct arena *arena = arena_create();
    struct resource_tally *tallies;
    int count, err = store_tallies(store, arena, USES_MAX, &tallies, &count);

    pthread_mutex_lock(&metrics->lock);
    if (!err)
        metrics->use_count = 0;
    for (int i = 0; !err && i < count; i++) {
        struct use *use = &metrics->uses[metrics->use_count];

        if (strcmp(tallies[i].region, region) || !find_quota(tallies[i].type, &use->quota))
            continue;
        snprintf(use->account, sizeof(use->account), "%s", tallies[i].account);
        use->count = tallies[i].count;
        metrics->use_count++;
    }
    pthread_mutex_unlock(&metrics->lock);
    arena_destroy(arena);
    return err;
}

static void write_use(struct buf *out, enum quota quota, const char *account, int64_t count)
{
    char labels[LABELS_MAX];

    snprintf(labels, sizeof(labels), "quota=\"%s\",account=\"%s\"", quota_name(quota), account);
    metric_sample(out, "weir_quota_used", labels, (double)count);
}

/* arn:aws:ivs:<region>:<account>:channel/<id> */
static void account_of(char account[16], const char *arn)
{
    const char *at = arn;

    for (int colons = 0; colons < 4 && at; colons++)
        at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL;
    snprintf(account, 16, "%.*s", at ? (int)strcspn(at, ":") : 0, at ? at : "");
}

/* Adds one stream and its viewers to its account's sums, if there is room for its account. */
static int add_live(struct use *uses, int count, const struct live_info *info)
{
    char account[16];
    int i = 0;

    account_of(account, info->channel_arn);
    while (i < count && strcmp(uses[i].account, account))
        i += 2;
    if (i + 1 >= USES_MAX)
        return count;
    if (i == count) {
        uses[i] = (struct use){ .quota = QUOTA_CONCURRENT_STREAMS };
        uses[i + 1] = (struct use){ .quota = QUOTA_CONCURRENT_VIEWS };
        memcpy(uses[i].account, account, sizeof(account));
        memcpy(uses[i + 1].account, account, sizeof(account));
        count += 2;
    }
    uses[i].count++;
    uses[i + 1].count += info->viewer_count;
    return count;
}

static void write_live_uses(struct buf *out, struct live_registry *live)
{
    struct arena *arena = arena_create();
    struct use *uses = arena_alloc(arena, USES_MAX * sizeof(*uses));
    struct live_info *infos;
    size_t live_count = live_list(live, arena, NULL, &infos);
    int count = 0;

    for (size_t i = 0; i < live_count; i++)
        count = add_live(uses, count, &infos[i]);
    for (int i = 0; i < count; i++)
        write_use(out, uses[i].quota, uses[i].account, uses[i].count);
    arena_destroy(arena);
}

static void write_quotas(struct buf *out, struct api_metrics *metrics)
{
    char labels[LABELS_MAX];

    metric_family(out, "weir_quota_limit", "What each account may have.", METRIC_GAUGE);
    for (int i = 0; i < QUOTA_COUNT; i++) {
        snprintf(labels, sizeof(labels), "quota=\"%s\"", quota_name((enum quota)i));
        metric_sample(out, "weir_quota_limit", labels, (double)metrics->quotas.values[i]);
    }
    metric_family(out, "weir_quota_used", "What an account has of it.", METRIC_GAUGE);
    pthread_mutex_lock(&metrics->lock);
    for (int i = 0; i < metrics->use_count; i++)
        write_use(out, metrics->uses[i].quota, metrics->uses[i].account, metrics->uses[i].count);
    pthread_mutex_unlock(&metrics->lock);
    write_live_uses(out, metrics->live);
}

void api_metrics_collect(struct buf *out, void *ctx)
{
    struct api_metrics *metrics = ctx;

    write_calls(out, metrics);
    write_refusals(out, metrics, "weir_api_throttled_total", "Calls beyond their operation's rate.",
                   offsetof(struct call_counters, throttled));
    write_refusals(out, metrics, "weir_api_over_quota_total", "Calls beyond a quota.",
                   offsetof(struct call_counters, over_quota));
    write_quotas(out, metrics);
}
