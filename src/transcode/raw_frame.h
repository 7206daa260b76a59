/* SPDX-License-Identifier: Apache-2.0 */
/* A decoded picture on its way to the encoders.
 * Thread: whoever holds it; the picture behind `frame` is shared and never written to. */
#ifndef TRANSCODE_RAW_FRAME_H
#define TRANSCODE_RAW_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct AVFrame;

struct raw_frame {
    struct AVFrame *frame; /* holds a reference; NULL: pictures from `dts` on were dropped */
    int64_t pts;
    int64_t dts; /* what the source's decode time would be had it no B-frames: keyframes of all
                    renditions share their decode time, so that all are cut alike */
    int64_t arrival_us;
    bool is_key;         /* every rung starts a GOP here; from the decoder: the source has an IDR */
    bool begins_segment; /* all renditions are cut before it */
};

/* Returns owned: another reference on the same picture. */
struct raw_frame *raw_frame_copy(const struct raw_frame *raw);
/* Drops what `raw` holds, not `raw` itself. */
void raw_frame_clear(struct raw_frame *raw);
/* Releases a copy. NULL is fine. */
void raw_frame_destroy(struct raw_frame *raw);

#endif
