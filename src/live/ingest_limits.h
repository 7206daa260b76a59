/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder may send, by channel type: bit rate over ten seconds, picture size, frame rate.
 * Thread: its owner's; pure. */
#ifndef LIVE_INGEST_LIMITS_H
#define LIVE_INGEST_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/channel.h"

struct packet;

#define INGEST_WINDOW_S 10

/* As the event "IVS Limit Breach" tells it. */
struct limit_breach {
    const char *name; /* "Ingest Bitrate", "Ingest Resolution", "Ingest Framerate" */
    const char *unit;
    int64_t limit, exceeded_by;
};

struct ingest_limits {
    bool is_basic;
    int64_t bps_max; /* 0: by type and height */
    int64_t pixels_max;
    int edge_max;
    int height; /* the picture's shorter edge; 0 before the first one */
    int64_t start_ms;
    int64_t due;      /* when the newest packet was, 90 kHz since `start_ms` */
    int64_t last_dts; /* of the first track's pictures */
    bool has_picture;
    int64_t bytes[INGEST_WINDOW_S]; /* by the second they were due */
    int64_t newest_s;               /* the second that bytes[newest_s % INGEST_WINDOW_S] is for */
    int64_t frames;                 /* since `frames_from` */
    int64_t frames_from;            /* decode time, 90 kHz */
    const void *checked_config;     /* whose size is known to be fine; only compared */
};

/* `now_ms`: monotonic, as below. */
void ingest_limits_init(struct ingest_limits *limits, const char *channel_type, int64_t now_ms);
/* For several video tracks: the bit rate is of all of them together, `maximum` is that of each. */
void ingest_limits_init_multitrack(struct ingest_limits *limits, enum multitrack_resolution maximum,
                                   int64_t now_ms);
/* A packet has come, its times as the encoder sent them. False: a limit is breached, told in `out`;
 * the broadcast must end. */
bool ingest_limits_allow(struct ingest_limits *limits, const struct packet *packet, int64_t now_ms,
                         struct limit_breach *out);

#endif
