/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static atomic_bool is_fake;
static atomic_llong fake_mono_us, fake_wall_us;

static int64_t read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    if (atomic_load_explicit(&is_fake, memory_order_relaxed))
        return atomic_load(&fake_mono_us);
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

int64_t clock_wall_us(void)
{
    if (atomic_load_explicit(&is_fake, memory_order_relaxed))
        return atomic_load(&fake_wall_us);
    return read_us(CLOCK_REALTIME);
}

int64_t clock_wall_ms(void)
{
    return clock_wall_us() / 1000;
}

void clock_set_fake(int64_t mono_us, int64_t wall_us)
{
    atomic_store(&fake_mono_us, mono_us);
    atomic_store(&fake_wall_us, wall_us);
    atomic_store(&is_fake, true);
}

void clock_advance_us(int64_t us)
{
    atomic_fetch_add(&fake_mono_us, us);
    atomic_fetch_add(&fake_wall_us, us);
}

static void broken_down(struct tm *out, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);

    gmtime_r(&seconds, out);
}

char *clock_format_ms(char text[CLOCK_TEXT_SIZE], int64_t wall_ms)
{
    struct tm tm;
    size_t len;

    broken_down(&tm, wall_ms);
    len = strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + len, CLOCK_TEXT_SIZE - len, ".%03dZ", (int)(wall_ms % 1000));
    return text;
}

char *clock_format_s(char text[CLOCK_TEXT_SIZE], int64_t wall_ms)
{
    struct tm tm;

    broken_down(&tm, wall_ms);
    strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return text;
}
