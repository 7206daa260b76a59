/* SPDX-License-Identifier: Apache-2.0 */
/* Bicubic resampling of planes of 8-bit samples with AVX2: what libswscale does, in a quarter of
 * the time. Its horizontal filter is the most expensive step of the cascade.
 * Thread: its owner's. */
#ifndef TRANSCODE_BICUBIC_H
#define TRANSCODE_BICUBIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BICUBIC_EDGE_MIN 16 /* of either plane */

struct bicubic;

/* False where the processor lacks AVX2: libswscale has code for others. */
bool bicubic_is_supported(void);
/* No edge below BICUBIC_EDGE_MIN. Returns owned. */
struct bicubic *bicubic_create(int in_width, int in_height, int out_width, int out_height);
bool bicubic_fits(const struct bicubic *b, int in_width, int in_height);
/* Rows of `out` have room for their width rounded up to 16. */
void bicubic_scale(struct bicubic *b, uint8_t *out, ptrdiff_t out_stride, const uint8_t *in,
                   ptrdiff_t in_stride);
/* NULL is fine. */
void bicubic_destroy(struct bicubic *b);

#endif
