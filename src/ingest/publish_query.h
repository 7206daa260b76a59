/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder's user asks for behind the stream key: "?priority=2&keyframeInterval=2".
 * Thread: any; pure function. */
#ifndef INGEST_PUBLISH_QUERY_H
#define INGEST_PUBLISH_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#define PUBLISH_PRIORITY_MAX          2147483647
#define PUBLISH_KEYFRAME_INTERVAL_MIN 2
#define PUBLISH_KEYFRAME_INTERVAL_MAX 6
#define PUBLISH_INVALID               (-1)
#define PUBLISH_CONFIG_ID_SIZE        40

struct publish_query {
    /* Of a stream takeover, 1 to PUBLISH_PRIORITY_MAX; 0: not given; PUBLISH_INVALID. */
    int64_t priority;
    /* Seconds within the limits above; 0: not given; PUBLISH_INVALID. */
    int keyframe_interval_s;
    bool is_bandwidth_test; /* measure, never go live */
    /* What GetClientConfiguration called its answer; "" if none, cut where it is too long. */
    char client_config_id[PUBLISH_CONFIG_ID_SIZE];
};

/* `query`: without the '?', undecoded. Of a parameter that stands there twice the last one counts,
 * unknown ones are ignored. */
void publish_query_parse(struct publish_query *out, const char *query);

#endif
