/* SPDX-License-Identifier: Apache-2.0 */
/* Broadcast performance metrics: SEI messages in which an encoder tells how its session and each of
 * its renditions are doing.
 * Thread: any; pure functions. */
#ifndef MEDIA_BPM_SEI_H
#define MEDIA_BPM_SEI_H

#include <stddef.h>
#include <stdint.h>

#include "media/packet.h"

#define BPM_TIMESTAMPS 1u
#define BPM_SESSION    2u
#define BPM_RENDITION  4u
#define BPM_ALL        7u

/* Which of the three messages stand, well formed, before the first slice of an access unit as
 * packets carry it. */
unsigned bpm_sei_find(enum video_codec codec, const uint8_t *unit, size_t len);

#endif
