/* SPDX-License-Identifier: Apache-2.0 */
/* The video tracks of an encoder that sends several: what they were agreed to be, what they have
 * turned out to be, and the packets of those beside the first one, which wait here until the plan,
 * made from the first one, has come to their time.
 * Thread: its owner's. */
#ifndef LIVE_TRACK_SET_H
#define LIVE_TRACK_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "media/multitrack.h"
#include "package/packet_queue.h"

/* Zeroed: an ordinary broadcast, with one track that nothing was said of. */
struct track_set {
    struct multitrack_config agreed;
    struct codec_config *configs[MULTITRACK_MAX]; /* as far as they have come; references */
    struct packet_queue waiting;
};

void track_set_clear(struct track_set *set);
/* False: it is the same agreement as before, and nothing has changed. */
bool track_set_agree(struct track_set *set, const struct multitrack_config *agreed);
/* It was not agreed that this track comes. */
bool track_set_is_unexpected(const struct track_set *set, const struct packet *packet);
/* A video packet comes whose track is expected. */
void track_set_note_config(struct track_set *set, const struct packet *packet);

/* -EMSGSIZE when too many wait. Refs. */
int track_set_hold(struct track_set *set, struct packet *packet);
/* Returns owned: the next packet, if its decode time is not behind `until`; else NULL. */
struct packet *track_set_release(struct track_set *set, int64_t until);
/* Nobody waits for what waits. */
void track_set_drop(struct track_set *set);

#endif
