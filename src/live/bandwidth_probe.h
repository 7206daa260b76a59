/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder that publishes with bandwidthtest=1 gets across. It never goes live.
 * Thread: its owner's; pure. */
#ifndef LIVE_BANDWIDTH_PROBE_H
#define LIVE_BANDWIDTH_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet;

#define BANDWIDTH_PROBE_MAX_MS  (10 * 60 * 1000) /* long enough for any line to show its moods */
#define BANDWIDTH_PROBE_RESULTS 128              /* bytes that every text of results fits into */

struct bandwidth_probe {
    int64_t start_ms, last_ms;
    int64_t bytes[2]; /* by media_kind */
    int64_t frames;
    int64_t second;       /* since the start */
    int64_t second_bytes; /* in it, so far */
    int64_t slowest_bps;  /* of the whole seconds; -1 before the first */
};

/* `now_ms`: monotonic, as below. */
void bandwidth_probe_init(struct bandwidth_probe *probe, int64_t now_ms);
/* A packet has come. False: the test has lasted long enough. */
bool bandwidth_probe_add(struct bandwidth_probe *probe, const struct packet *packet,
                         int64_t now_ms);
/* For the log and the encoder's user: "seconds=.. video_bps=.. audio_bps=.. fps=.. slowest_bps=..",
 * the last one for the slowest whole second. Returns `text`. */
char *bandwidth_probe_results(const struct bandwidth_probe *probe,
                              char text[BANDWIDTH_PROBE_RESULTS]);

#endif
