/* SPDX-License-Identifier: Apache-2.0 */
/* Which video tracks an encoder shall send: as many as its picture, its line and the channel have
 * room for.
 * Thread: any; pure functions. */
#ifndef API_ENCODER_CHOICE_H
#define API_ENCODER_CHOICE_H

#include "media/multitrack.h"
#include "store/channel.h"

struct encoder_wish {
    int width, height; /* of the picture that it makes */
    int fps_num, fps_den;
    int kbps_max;            /* of all its tracks together; 0: not told */
    int tracks_max;          /* 0: not told */
    bool has_h264, has_hevc; /* at least one of them */
    enum multitrack_resolution resolution_max;
};

/* Every player takes H.264, so that HEVC is for encoders that have nothing else, and for a best
 * track that the line has no room for in H.264, above others that are. NULL, or what is wrong with
 * the wish, in words for people. */
const char *encoder_choose(struct multitrack_config *out, const struct encoder_wish *wish);

#endif
