/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the packets of the two tracks of one rendition into the order of their decode times. Waits
 * for a track that falls behind, but not longer than `wait_max`, and not at all for one that has
 * gone silent. At the same time video goes first: sound at an IDR belongs to its segment.
 * Thread: its owner's. Callbacks run inside interleave_push() and interleave_flush(). */
#ifndef PACKAGE_INTERLEAVE_H
#define PACKAGE_INTERLEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/packet.h"

struct interleave;

#define INTERLEAVE_WAIT_SOURCE (300 * 90) /* 300 ms of media, for what an encoder sends itself */

struct interleave_config {
    bool has_video, has_audio; /* a track that is not expected is not waited for */
    int64_t wait_max;          /* 90 kHz */
};

/* Borrowed: ref to keep. */
typedef void interleave_packet_fn(struct packet *packet, void *ctx);

struct interleave *interleave_create(const struct interleave_config *config,
                                     interleave_packet_fn *on_packet, void *ctx);
/* NULL is fine. No callback after it. Not from inside the callback. */
void interleave_destroy(struct interleave *i);
/* Refs `packet`. Within a track decode times rise. */
void interleave_push(struct interleave *i, struct packet *packet);
/* The track has nothing for now: it is not waited for until its next packet. */
void interleave_lost(struct interleave *i, enum media_kind kind);
/* Both tracks are waited for again, whatever was lost. */
void interleave_expect(struct interleave *i);
/* Nothing more comes for now: hands out what waits. */
void interleave_flush(struct interleave *i);

#endif
