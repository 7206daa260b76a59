/* SPDX-License-Identifier: Apache-2.0 */
/* One step of the cascade: pictures of any size and sampling to 4:2:0 of 8 bits in one size.
 * Thread: its owner's. */
#ifndef TRANSCODE_SCALER_H
#define TRANSCODE_SCALER_H

struct AVFrame;
struct scaler;

/* Returns owned. */
struct scaler *scaler_create(int width, int height);
/* Returns owned: a new picture, or another reference on `in` when that fits already. Colour
 * properties are carried over. NULL for RGB: no player of 4:2:0 would show its
 * colours anyhow. */
struct AVFrame *scaler_scale(struct scaler *s, const struct AVFrame *in);
/* NULL is fine; pictures handed out stay valid. */
void scaler_destroy(struct scaler *s);

#endif
