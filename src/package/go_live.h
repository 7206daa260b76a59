/* SPDX-License-Identifier: Apache-2.0 */
/* Holds a broadcast's first packets until it is known what is in it: which tracks, how long a GOP
 * is, and with it the target duration, which may never change afterwards. Then hands out the held
 * packets, beginning with the first IDR, and passes on what follows. Of several video tracks the
 * first one decides.
 * Thread: its owner's. Callbacks run inside go_live_push(). */
#ifndef PACKAGE_GO_LIVE_H
#define PACKAGE_GO_LIVE_H

#include <stdbool.h>
#include <stdint.h>

struct codec_config;
struct packet;
struct go_live;

struct go_live_config {
    bool allows_audio_only; /* otherwise it waits for video as long as it takes */
    int segment_s;          /* the target duration wished for; 0: as the first GOP suggests */
};

/* Borrowed during on_ready(). */
struct go_live_decision {
    struct codec_config *video, *audio; /* NULL: there is no such track */
    double fps;                         /* 0 without video */
    int target_duration_s;              /* EXT-X-TARGETDURATION: 2 to 6 */
};

struct go_live_events {
    /* Once, before any packet. */
    void (*on_ready)(const struct go_live_decision *decision, void *ctx);
    /* In the order they came. Borrowed: ref to keep. */
    void (*on_packet)(struct packet *packet, void *ctx);
    /* Once: a track appears that was not there when the decision fell. Its packets are dropped. */
    void (*on_late_track)(struct codec_config *config, void *ctx);
};

struct go_live *go_live_create(const struct go_live_config *config,
                               const struct go_live_events *events, void *ctx);
/* NULL is fine. No callback after it. Not from inside a callback. */
void go_live_destroy(struct go_live *g);
/* Metadata or a sequence header promise these tracks: they are waited for, up to 2 s. */
void go_live_promise(struct go_live *g, bool video, bool audio);
/* Packets as timeline_map() returns them. Refs `packet`. -EMSGSIZE when more comes before the
 * first GOP is complete than anybody would want to hold: end the broadcast. */
int go_live_push(struct go_live *g, struct packet *packet);
bool go_live_is_ready(const struct go_live *g);

#endif
