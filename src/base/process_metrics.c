/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process_metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/metric.h"

static double resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long long pages = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%*d %lld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the folder's own */
}

/* clang-format off */
static const struct {
    const char *name;
    const char *help;
    enum metric_type type;
    double (*value)(void);
} families[] = {
    { "process_cpu_seconds_total",     "User and system CPU time.",  METRIC_COUNTER, cpu_seconds },
    { "process_resident_memory_bytes", "Memory in RAM.",             METRIC_GAUGE,   resident_bytes },
    { "process_open_fds",              "Open file descriptors.",     METRIC_GAUGE,   open_descriptors },
};
/* clang-format on */

static void collect(struct buf *out, void *ctx)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        metric_family(out, families[i].name, families[i].help, families[i].type);
        metric_sample(out, families[i].name, NULL, families[i].value());
    }
}

void process_metrics_register(void)
{
    metric_collect_with(collect, NULL);
}
