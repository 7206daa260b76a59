/* SPDX-License-Identifier: Apache-2.0 */
/* The books of the machine's processor time. A prediction is the work in pixels times what a pixel
 * costs on the machine that the figures were measured on (docs/transcoding.md), times how much
 * slower or faster the workers of this machine have turned out to be. */
#include "transcode/capacity.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"

#define USABLE_SHARE    0.9     /* the rest is the server's own */
#define DECODE_S        2.1e-9  /* per pixel, as all of these */
#define SCALE_S         0.65e-9 /* per pixel read */
#define ENCODE_S        6.6e-9  /* superfast */
#define SETTLE_US       5000000 /* measured costs count after this */
#define REPORT_MIN_US   500000
#define SMOOTHING       0.3 /* weight of the newest report */
#define IDLE_SHARE      0.7 /* of the prediction: a still picture will not stay so */
#define SLOWNESS_MIN    0.7 /* still pictures must not look like a fast machine */
#define SLOWNESS_MAX    10.0
#define LATE_REFUSAL_US 10000000

struct capacity {
    pthread_mutex_t lock; /* lock guards: all below and the grants */
    double cores;
    double slowness; /* measured over predicted, of all workers */
    struct list grants;
    int64_t late_us; /* when a worker was late, 0: never */
};

struct capacity_grant {
    struct capacity *capacity;
    struct list node;
    double predicted; /* without slowness */
    double measured;
    int64_t start_us; /* of the worker's current life */
    int64_t report_us, cpu_us;
};

/* clang-format off */
static const struct { const char *name; double factor; } presets[] = {
    { "ultrafast", 0.6 }, { "superfast", 1.0 }, { "veryfast", 1.7 }, { "faster",  2.5 },
    { "fast",      4.0 }, { "medium",    5.5 }, { "slow",     9.0 }, { "slower", 18.0 },
    { "veryslow", 35.0 }, { "placebo",  80.0 },
};
/* clang-format on */

static double preset_factor(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(presets); i++)
        if (strcmp(presets[i].name, name) == 0)
            return presets[i].factor;
    return 1.0;
}

double capacity_predict(const struct transcode_setup *setup, int width, int height)
{
    double larger = (double)width * height * setup->fps; /* pixels a second of the step above */
    double encode_s = ENCODE_S * preset_factor(setup->preset);
    double cost = setup->video_count ? larger * DECODE_S : 0;

    for (int i = 0; i < setup->video_count; i++) {
        const struct transcode_video *video = &setup->video[i];
        double fps = setup->fps / video->frame_divisor;
        double pixels = (double)video->width * video->height * fps;
        if (pixels < larger)
            cost += larger * SCALE_S;
        cost += pixels * encode_s;
        larger = pixels;
    }
    return cost;
}

/* A container's share, as control groups version 2 tell it: "200000 100000" or "max 100000". */
static double group_limit(double otherwise)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    double quota, period, limit = otherwise;

    if (!file)
        return otherwise;
    if (fscanf(file, "%lf %lf", &quota, &period) == 2 && period > 0)
        limit = quota / period;
    fclose(file);
    return limit < otherwise ? limit : otherwise;
}

static double machine_cores(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return group_limit(CPU_COUNT(&set));
    return group_limit((double)sysconf(_SC_NPROCESSORS_ONLN));
}

struct capacity *capacity_create(double cores)
{
    struct capacity *capacity = mem_zalloc(sizeof(*capacity));

    capacity->cores = cores > 0 ? cores : machine_cores() * USABLE_SHARE;
    capacity->slowness = 1;
    list_init(&capacity->grants);
    pthread_mutex_init(&capacity->lock, NULL);
    return capacity;
}

void capacity_destroy(struct capacity *capacity)
{
    if (!capacity)
        return;
    pthread_mutex_destroy(&capacity->lock);
    mem_free(capacity);
}

static bool is_settled(const struct capacity_grant *grant)
{
    return grant->report_us - grant->start_us >= SETTLE_US;
}

static double cost_of(const struct capacity_grant *grant)
{
    double predicted = grant->predicted * grant->capacity->slowness;

    if (!is_settled(grant))
        return predicted;
    return grant->measured > predicted * IDLE_SHARE ? grant->measured : predicted * IDLE_SHARE;
}

static double used(const struct capacity *capacity)
{
    double sum = 0;

    LIST_EACH (node, &capacity->grants)
        sum += cost_of(LIST_ITEM(node, struct capacity_grant, node));
    return sum;
}

static bool is_late(const struct capacity *capacity)
{
    return capacity->late_us && clock_mono_us() - capacity->late_us < LATE_REFUSAL_US;
}

/* `free`: what counts as unused although it is. */
static bool has_room(const struct capacity *capacity, double predicted, double free)
{
    return used(capacity) - free + predicted * capacity->slowness <= capacity->cores;
}

static struct capacity_grant *add_grant(struct capacity *capacity, double predicted)
{
    struct capacity_grant *grant = mem_zalloc(sizeof(*grant));

    grant->capacity = capacity;
    grant->predicted = predicted;
    grant->start_us = grant->report_us = clock_mono_us();
    list_append(&capacity->grants, &grant->node);
    return grant;
}

int capacity_admit(struct capacity *capacity, struct capacity_grant **out,
                   const struct transcode_setup *setup, int width, int height)
{
    double predicted = capacity_predict(setup, width, height);
    int err = 0;

    pthread_mutex_lock(&capacity->lock);
    if (!is_late(capacity) && has_room(capacity, predicted, 0))
        *out = add_grant(capacity, predicted);
    else
        err = -EBUSY;
    pthread_mutex_unlock(&capacity->lock);
    return err;
}

int capacity_change(struct capacity_grant *grant, const struct transcode_setup *setup, int width,
                    int height)
{
    double predicted = capacity_predict(setup, width, height);
    struct capacity *capacity = grant->capacity;
    int err = 0;

    pthread_mutex_lock(&capacity->lock);
    if (predicted > grant->predicted && !has_room(capacity, predicted, cost_of(grant)))
        err = -EBUSY;
    if (!err) {
        grant->predicted = predicted;
        grant->measured = 0;
        grant->start_us = grant->report_us = clock_mono_us();
        grant->cpu_us = 0;
    }
    pthread_mutex_unlock(&capacity->lock);
    return err;
}

/* All workers run on the same machine: what one shows holds for the next. */
static void learn_slowness(struct capacity *capacity)
{
    double measured = 0, predicted = 0;

    LIST_EACH (node, &capacity->grants) {
        const struct capacity_grant *grant = LIST_ITEM(node, struct capacity_grant, node);
        if (!is_settled(grant))
            continue;
        measured += grant->measured;
        predicted += grant->predicted;
    }
    if (predicted <= 0)
        return;
    capacity->slowness += SMOOTHING * (measured / predicted - capacity->slowness);
    if (capacity->slowness < SLOWNESS_MIN)
        capacity->slowness = SLOWNESS_MIN;
    if (capacity->slowness > SLOWNESS_MAX)
        capacity->slowness = SLOWNESS_MAX;
}

static void take_report(struct capacity_grant *grant, int64_t cpu_us, int64_t now_us)
{
    int64_t passed_us = now_us - grant->report_us;
    double share = ((double)cpu_us - (double)grant->cpu_us) / (double)passed_us;

    if (share > grant->capacity->cores * 2)
        share = grant->capacity->cores * 2; /* the worker's word is not trusted */
    grant->measured =
        grant->measured > 0 ? grant->measured + SMOOTHING * (share - grant->measured) : share;
    grant->report_us = now_us;
    grant->cpu_us = cpu_us;
}

void capacity_report_cpu(struct capacity_grant *grant, int64_t cpu_us)
{
    struct capacity *capacity = grant->capacity;
    int64_t now_us = clock_mono_us();

    pthread_mutex_lock(&capacity->lock);
    if (cpu_us < grant->cpu_us) { /* another process began */
        grant->start_us = grant->report_us = now_us;
        grant->cpu_us = cpu_us;
    }
    if (now_us - grant->report_us >= REPORT_MIN_US) {
        take_report(grant, cpu_us, now_us);
        learn_slowness(capacity);
    }
    pthread_mutex_unlock(&capacity->lock);
}

void capacity_report_late(struct capacity_grant *grant)
{
    pthread_mutex_lock(&grant->capacity->lock);
    grant->capacity->late_us = clock_mono_us();
    pthread_mutex_unlock(&grant->capacity->lock);
}

void capacity_release(struct capacity_grant *grant)
{
    if (!grant)
        return;
    pthread_mutex_lock(&grant->capacity->lock);
    list_remove(&grant->node);
    pthread_mutex_unlock(&grant->capacity->lock);
    mem_free(grant);
}

void capacity_usage(struct capacity *capacity, struct capacity_usage *out)
{
    *out = (struct capacity_usage){ 0 };
    pthread_mutex_lock(&capacity->lock);
    out->cores = capacity->cores;
    out->used = used(capacity);
    LIST_EACH (node, &capacity->grants)
        out->transcodes++;
    pthread_mutex_unlock(&capacity->lock);
}
