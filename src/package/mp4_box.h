/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2) written into a buffer: begun,
 * filled, and given their size at the end.
 * Thread: any; pure functions. */
#ifndef PACKAGE_MP4_BOX_H
#define PACKAGE_MP4_BOX_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/* Returns where the box begins, for box_end(). */
size_t box_begin(struct buf *buf, const char type[5]);
size_t full_box_begin(struct buf *buf, const char type[5], int version, uint32_t flags);
void box_end(struct buf *buf, size_t begin);
void box_zeroes(struct buf *buf, size_t count);
/* Sets a field written earlier; nothing after an error of the buffer. */
void box_patch_u32(struct buf *buf, size_t at, uint32_t value);

#endif
