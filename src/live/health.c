/* SPDX-License-Identifier: Apache-2.0 */
#include "live/health.h"

#include <string.h>

#include "media/packet.h"

#define SILENCE_MS     3000
#define WINDOW_TICKS   ((int64_t)HEALTH_WINDOW_S * MEDIA_TIMESCALE)
#define STARVING_BELOW (WINDOW_TICKS / 2)
#define HEALTHY_FROM   (WINDOW_TICKS * 9 / 10)

void health_init(struct health *health, int64_t now_ms, int64_t media_time)
{
    *health = (struct health){ .state = LIVE_HEALTH_UNKNOWN,
                               .start_ms = now_ms,
                               .last_media_ms = now_ms,
                               .media_time = media_time };
    for (int i = 0; i < HEALTH_WINDOW_S; i++)
        health->media_time_at[i] = media_time;
}

void health_on_media(struct health *health, int64_t now_ms, int64_t media_time)
{
    health->last_media_ms = now_ms;
    if (media_time > health->media_time)
        health->media_time = media_time;
}

enum live_health health_tick(struct health *health, int64_t now_ms)
{
    int64_t received = health->media_time - health->media_time_at[HEALTH_WINDOW_S - 1];

    if (now_ms - health->last_media_ms >= SILENCE_MS)
        health->state = LIVE_STARVING;
    else if (now_ms - health->start_ms < HEALTH_WINDOW_S * 1000)
        ; /* too early to tell */
    else if (received < STARVING_BELOW)
        health->state = LIVE_STARVING;
    else if (received >= HEALTHY_FROM)
        health->state = LIVE_HEALTHY;

    memmove(&health->media_time_at[1], &health->media_time_at[0],
            sizeof(health->media_time_at) - sizeof(health->media_time_at[0]));
    health->media_time_at[0] = health->media_time;
    return health->state;
}
