/* SPDX-License-Identifier: Apache-2.0 */
/* An encoder that is about to take a running broadcast over: what it sends is held from its first
 * IDR on, until it is known whether its media are like those that run.
 *
 *   running encoder   I . . . . I . . . . I . .|            (closed)
 *   newcomer                   . . . . . . . . I . . . . I  (goes on from its first IDR)
 *
 * Thread: its owner's. */
#ifndef LIVE_TAKEOVER_H
#define LIVE_TAKEOVER_H

#include "live/live_host.h"
#include "package/packet_queue.h"

struct codec_config;
struct packet;

/* As events and error texts name it. */
#define TAKEOVER_INVALID_PRIORITY "StreamTakeoverInvalidPriority"
#define TAKEOVER_MEDIA_MISMATCH   "StreamTakeoverMediaMismatch"
#define TAKEOVER_LIMIT_BREACHED   "StreamTakeoverLimitBreached"

#define TAKEOVER_WAIT_MS 10000 /* for its first IDR */

/* Zeroed: nobody is waiting. */
struct takeover {
    struct publisher_address publisher; /* number 0: nobody */
    int64_t priority;
    int64_t since_ms; /* monotonic */
    bool has_metadata;
    struct ingest_metadata metadata; /* the newest */
    struct codec_config *configs[2]; /* by media_kind, of its newest packets; references */
    struct packet_queue held;        /* begins with an IDR */
    size_t held_size;
};

enum takeover_verdict {
    TAKEOVER_WAITING,
    TAKEOVER_READY,   /* what is held goes on where the running encoder is now */
    TAKEOVER_MISMATCH /* other media than those that run, or too much before it can be told */
};

void takeover_begin(struct takeover *takeover, struct publisher_address publisher, int64_t priority,
                    int64_t now_ms);
bool takeover_is_of(const struct takeover *takeover, struct publisher_address publisher);
/* Refs `packet`. `running`: the configurations of the running encoder, by media_kind; NULL for a
 * track that it does not have. */
enum takeover_verdict takeover_push(struct takeover *takeover, struct packet *packet,
                                    struct codec_config *const running[2]);
/* Lets go of everything: nobody is waiting. */
void takeover_clear(struct takeover *takeover);

#endif
