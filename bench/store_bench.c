/* SPDX-License-Identifier: Apache-2.0 */
/* What the store costs, without API and network: durable creates of a channel with its stream key
 * by 64 threads, reads by ARN and by stream key, pages of 100, memory.
 *     store_bench DIR CHANNELS [postgresql://...]     DIR: an empty folder on the disk to be
 * measured */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/mem.h"
#include "store/store.h"

#define THREADS    64
#define PREFIX     "arn:aws:ivs:us-west-2:123456789012:"
#define READS      200000
#define LIST_TOTAL 20000
#define ALONE      500 /* channels made by one thread */
#define PAGE       100

struct creator {
    struct store *store;
    int count;
    int64_t *latency_us; /* one for each create */
    char last_arn[96];
    char last_key[64];
};

struct create {
    struct resource *channel, *key;
};

static const char body[] =
    "{\"name\":\"bench\",\"latencyMode\":\"LOW\",\"type\":\"STANDARD\",\"preset\":\"\","
    "\"authorized\":false,\"insecureIngest\":false,\"containerFormat\":\"TS\","
    "\"recordingConfigurationArn\":\"\",\"playbackRestrictionPolicyArn\":\"\","
    "\"adConfigurationArn\":\"\",\"multitrackInputConfiguration\":{\"enabled\":false,"
    "\"policy\":\"ALLOW\",\"maximumResolution\":\"FULL_HD\"}}";

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long resident_kb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int run_create(struct store_txn *txn, void *arg)
{
    struct create *create = arg;
    int err = txn_add(txn, create->channel, 1 << 30);

    return err ? err : txn_add(txn, create->key, 0);
}

static void make_arn(char *out, size_t size, const char *type)
{
    char id[13];

    id_alnum(id, 12);
    snprintf(out, size, PREFIX "%s/%s", type, id);
}

static int create_channel(struct creator *c)
{
    char key_arn[96], passphrase[70];
    struct resource channel = { .arn = c->last_arn,
                                .name = "bench",
                                .parent = "",
                                .state = "",
                                .created_ms = clock_wall_ms(),
                                .body = body,
                                .tags = "{}",
                                .secret = passphrase };
    struct resource key = { .arn = key_arn,
                            .name = "",
                            .parent = c->last_arn,
                            .state = "",
                            .created_ms = clock_wall_ms(),
                            .body = "{}",
                            .tags = "{}",
                            .secret = c->last_key,
                            .is_found_by_secret = true };
    struct create create = { &channel, &key };

    make_arn(c->last_arn, sizeof(c->last_arn), "channel");
    make_arn(key_arn, sizeof(key_arn), "stream-key");
    id_alnum(passphrase, 69);
    memcpy(c->last_key, "sk_us-west-2_", 13);
    id_alnum(c->last_key + 13, 43);
    return store_write(c->store, run_create, &create);
}

static void *create_channels(void *arg)
{
    struct creator *c = arg;

    for (int i = 0; i < c->count; i++) {
        int64_t start = clock_mono_us();
        int err = create_channel(c);

        if (err) {
            fprintf(stderr, "create failed: %d\n", err);
            exit(1);
        }
        c->latency_us[i] = clock_mono_us() - start;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static void bench_creates(struct store *store, int threads, int total, struct creator *creators)
{
    int64_t *latency = mem_alloc((size_t)total * sizeof(*latency));
    pthread_t ids[THREADS];
    double cpu = cpu_seconds();
    int64_t start = clock_mono_us();
    double seconds;

    for (int i = 0; i < threads; i++) {
        creators[i] = (struct creator){ .store = store, .count = total / threads };
        creators[i].latency_us = latency + (size_t)i * (size_t)(total / threads);
        pthread_create(&ids[i], NULL, create_channels, &creators[i]);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    seconds = (double)(clock_mono_us() - start) / 1e6;
    cpu = cpu_seconds() - cpu;
    total = total / threads * threads;
    qsort(latency, (size_t)total, sizeof(*latency), compare);
    printf("create threads=%d count=%d per_s=%.0f cpu_us=%.1f p50_us=%lld p99_us=%lld\n", threads,
           total, total / seconds, cpu * 1e6 / total, (long long)latency[total / 2],
           (long long)latency[total - 1 - total / 100]);
    mem_free(latency);
}

static void bench_reads(struct store *store, const struct creator *creators, const char *what)
{
    bool by_key = !strcmp(what, "by_stream_key");
    double cpu = cpu_seconds();

    for (int i = 0; i < READS; i++) {
        const struct creator *c = &creators[i % THREADS];
        struct arena *arena = arena_create();
        struct resource r;
        int err = by_key ? store_find_secret(store, arena, "stream-key", c->last_key, &r)
                         : store_get(store, arena, c->last_arn, &r);

        if (err)
            exit(1);
        arena_destroy(arena);
    }
    cpu = cpu_seconds() - cpu;
    printf("read %s per_cpu_s=%.0f us=%.2f\n", what, READS / cpu, cpu * 1e6 / READS);
}

static void bench_list(struct store *store)
{
    struct resource_query query = {
        .account = "123456789012", .region = "us-west-2", .type = "channel", .limit = PAGE
    };
    double cpu = cpu_seconds();
    int pages = 0;

    for (; pages < LIST_TOTAL / PAGE; pages++) {
        struct arena *arena = arena_create();
        struct resource_page page;

        if (store_list(store, arena, &query, &page) || page.count != PAGE)
            exit(1);
        query.after = page.items[PAGE - 1].seq;
        arena_destroy(arena);
    }
    cpu = cpu_seconds() - cpu;
    printf("list of=%d page=%d ms_per_page=%.3f\n", LIST_TOTAL, PAGE, cpu * 1e3 / pages);
}

int main(int argc, char **argv)
{
    struct store_config config = { 0 };
    struct creator creators[THREADS];
    struct store *store;
    long before;
    int total;

    if (argc < 3 || argc > 4 || (total = (int)strtol(argv[2], NULL, 10)) < LIST_TOTAL) {
        fprintf(stderr, "usage: store_bench DIR CHANNELS [postgresql://...]\n"
                        "at least 20000 channels\n");
        return 2;
    }
    config.data_dir = argv[1];
    config.url = argv[3];
    if (store_open(&store, &config))
        return 1;
    before = resident_kb();
    bench_creates(store, 1, ALONE, creators);
    bench_creates(store, THREADS, total, creators);
    bench_reads(store, creators, "by_arn");
    bench_reads(store, creators, "by_stream_key");
    bench_list(store);
    printf("memory channels=%d grown_kb=%ld\n", total, resident_kb() - before);
    store_close(store);
    return 0;
}
