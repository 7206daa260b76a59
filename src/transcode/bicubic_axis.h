/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of a bicubic resampling: which samples, with which weights, make each new one. The
 * kernel is libswscale's, and so are the positions: both ends of the axis stay where they are.
 * Thread: any; immutable once made. */
#ifndef TRANSCODE_BICUBIC_AXIS_H
#define TRANSCODE_BICUBIC_AXIS_H

#include <stdint.h>

#define BICUBIC_ONE (1 << 14) /* the sum of a sample's weights */

struct bicubic_axis {
    int in, out;
    int padded; /* `out`, rounded up: what lies beyond repeats the last */
    int taps;
    int *first;       /* per new sample; all of its taps lie inside */
    int16_t *weights; /* per new sample `taps` */
};

/* `pad`: a power of two. */
void bicubic_axis_init(struct bicubic_axis *axis, int in, int out, int pad);
void bicubic_axis_clear(struct bicubic_axis *axis);

#endif
