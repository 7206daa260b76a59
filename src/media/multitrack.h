/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder that sends several video tracks over one connection has been told to send; the
 * tracks become the renditions.
 * Thread: any; a value. */
#ifndef MEDIA_MULTITRACK_H
#define MEDIA_MULTITRACK_H

#include "media/packet.h"

#define MULTITRACK_MAX        5   /* tracks */
#define MULTITRACK_AUDIO_KBPS 160 /* the one audio track, of all renditions */

struct multitrack_track {
    int width, height;
    int fps_num, fps_den;
    int bitrate_kbps;
    enum video_codec codec;
};

struct multitrack_config {
    int count; /* 0: an ordinary broadcast, with one track that nothing was said of */
    struct multitrack_track tracks[MULTITRACK_MAX]; /* by number, the best one first */
};

#endif
