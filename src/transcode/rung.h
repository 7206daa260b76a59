/* SPDX-License-Identifier: Apache-2.0 */
/* One encoded video output in the worker: a thread with its queue of pictures and its encoder. When
 * it cannot keep up it loses whole GOPs, and neither the decoder nor the other rungs wait for it.
 * Thread: the one that created it; the encoder runs on its own. */
#ifndef TRANSCODE_RUNG_H
#define TRANSCODE_RUNG_H

#include <stdint.h>

#include "transcode/transcode_link.h"

struct raw_frame;
struct rung;
struct worker_port;

/* Output number `output` of the setup. Borrows both for its life. */
int rung_create(struct rung **out, const struct transcode_setup *setup, int output,
                struct worker_port *port);
/* A picture of the rung's size. Keeps a reference of its own; starts a GOP if it is a key. */
void rung_push(struct rung *rung, const struct raw_frame *raw);
/* Tells the server, behind what waits, that nothing follows from decode time `dts` to the next
 * keyframe. */
void rung_push_lost(struct rung *rung, int64_t dts);
/* Encodes what waits, then ends the thread. */
void rung_finish(struct rung *rung);
uint32_t rung_frame_count(const struct rung *rung);
uint32_t rung_gops_dropped(const struct rung *rung);
/* See gop_queue_busy_ms(). Any thread. */
int64_t rung_busy_ms(const struct rung *rung);
/* After rung_finish(). NULL is fine. */
void rung_destroy(struct rung *rung);

#endif
