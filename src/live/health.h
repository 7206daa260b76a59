/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an encoder delivers the media that the time passed asks for: UNKNOWN for the first five
 * seconds; STARVING when less than half of it came in the last five, or nothing for three; HEALTHY
 * again after five seconds at nine tenths.
 * Thread: its owner's. */
#ifndef LIVE_HEALTH_H
#define LIVE_HEALTH_H

#include <stdint.h>

#include "live/live_registry.h"

#define HEALTH_WINDOW_S 5

struct health {
    enum live_health state;
    int64_t start_ms;
    int64_t last_media_ms;                  /* monotonic, when media last arrived */
    int64_t media_time;                     /* furthest decode time so far, 90 kHz */
    int64_t media_time_at[HEALTH_WINDOW_S]; /* one second ago, two, ... */
};

void health_init(struct health *health, int64_t now_ms, int64_t media_time);
/* Media up to decode time `media_time` (continuous, 90 kHz) has arrived. */
void health_on_media(struct health *health, int64_t now_ms, int64_t media_time);
/* Once a second. Returns the state. */
enum live_health health_tick(struct health *health, int64_t now_ms);

#endif
