/* SPDX-License-Identifier: Apache-2.0 */
/* Holds one encoder's connection against what it was told to send: as many tracks, of these codecs,
 * sizes, rates and bit rates, with IDRs at the same times and performance metrics before each.
 * Thread: its owner's; pure. */
#ifndef LIVE_MULTITRACK_WATCH_H
#define LIVE_MULTITRACK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "media/multitrack.h"

struct packet;

/* The codes of a session's end, as IVS has them. */
#define MULTITRACK_NOT_ALLOWED  "MultitrackInputNotAllowed"
#define MULTITRACK_REQUIRED     "MultitrackInputRequired"
#define MULTITRACK_KEY_INVALID  "InvalidGetClientConfigurationStreamKey"
#define MULTITRACK_KEY_REQUIRED "GetClientConfigurationStreamKeyRequired"
#define MULTITRACK_TRACK_COUNT  "InvalidMultitrackInputTrackCount"
#define MULTITRACK_PROPERTIES   "InvalidMultitrackInputVideoTrackMediaProperties"

struct multitrack_fault {
    const char *code; /* one of the above */
    char detail[72];  /* for people */
};

/* Private to multitrack_watch.c; times are the encoder's, 90 kHz. */
struct multitrack_idr {
    int64_t dts, pts;
};

struct multitrack_state {
    int idrs; /* so far */
    struct multitrack_idr idr, previous_idr;
    const void *checked_config; /* whose codec and size are known to be right; only compared */
    int64_t last_dts;
    int64_t since; /* what follows is counted from this decode time */
    int64_t frames, bytes;
    int64_t step_min; /* between two frames */
};

struct multitrack_watch {
    struct multitrack_config config;
    bool is_enabled; /* for the channel */
    struct multitrack_state tracks[MULTITRACK_MAX];
};

/* `config` without tracks: there must be one track, anything else needs another key, or another
 * channel. */
void multitrack_watch_init(struct multitrack_watch *watch, const struct multitrack_config *config,
                           bool is_enabled);
/* A packet has come, its times as the encoder sent them. False: the broadcast must end, `out` tells
 * why. */
bool multitrack_watch_allow(struct multitrack_watch *watch, const struct packet *packet,
                            struct multitrack_fault *out);

#endif
