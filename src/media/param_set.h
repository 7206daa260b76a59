/* SPDX-License-Identifier: Apache-2.0 */
/* What the parameter sets of H.264 (ISO/IEC 14496-10) and HEVC (23008-2) have alike; their
 * usability information is in annex E of either. Thread: any; pure functions. */
#ifndef MEDIA_PARAM_SET_H
#define MEDIA_PARAM_SET_H

#include "base/reader.h"
#include "media/packet.h"

/* An unsigned code (9.1) whose limit the specification names: the reader fails above it. */
uint32_t param_set_read_max(struct bit_reader *r, uint32_t max);
/* The window within the picture that is shown: how much is left out at each edge, in units of
 * samples. Takes it off the size; the reader fails when nothing remains. */
void param_set_read_window(struct bit_reader *r, int *width, int *height, int unit_x, int unit_y);
/* How usability information begins: the shape of a sample (0 and 0 when it is not told), overscan,
 * colours, where chroma samples lie. Where the bits end early, what they do not tell is unchanged.
 */
void param_set_read_display(struct bit_reader *r, int *sar_width, int *sar_height,
                            struct video_colour *colour);
/* Ticks in a second; 0 when that is not told. */
double param_set_read_tick_rate(struct bit_reader *r);

#endif
