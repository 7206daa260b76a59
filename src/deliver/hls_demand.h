/* SPDX-License-Identifier: Apache-2.0 */
/* What a player demands of one rendition, answered now or when it is there: blocking playlist
 * reloads, the hinted part, the segment in production and the one after it, a new init section.
 * Thread: the loop of the rendition's server. */
#ifndef DELIVER_HLS_DEMAND_H
#define DELIVER_HLS_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/hls_url.h"

struct hls_rendition;
struct http_exchange;

struct hls_demand {
    struct hls_rendition *rendition;
    struct http_exchange *exchange;
    int64_t number; /* of the part, segment or init section; of a playlist the `_HLS_msn` */
    int part;       /* of a playlist: the `_HLS_part` */
    enum hls_resource resource;
    bool is_delta;
    bool is_blocking; /* a playlist with directives: caches may keep it */
    bool accepts_gzip;
};

/* Answers, or parks a copy of the demand on its rendition. */
void hls_demand_make(const struct hls_demand *demand);

/* The rendition has changed: answers every demand that this helps. */
void hls_demands_meet(struct hls_rendition *rendition);
/* Answers 503 to what has waited for three target durations. */
void hls_demands_expire(struct hls_rendition *rendition, int64_t now_ms);
/* Answers 503 to everything: the rendition goes away. */
void hls_demands_refuse(struct hls_rendition *rendition);

#endif
