/* SPDX-License-Identifier: Apache-2.0 */
/* The initialisation section of fragmented MP4: what a player must know before the first part.
 * Thread: any; pure. */
#ifndef PACKAGE_FMP4_INIT_H
#define PACKAGE_FMP4_INIT_H

#include "package/mux.h"

enum { TRACK_VIDEO = 1, TRACK_AUDIO = 2 };

/* Returns owned. */
struct bytes *fmp4_init_section(const struct mux_tracks *tracks);

#endif
