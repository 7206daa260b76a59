/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/raw_frame.h"

#include <libavutil/frame.h>

#include "base/mem.h"

struct raw_frame *raw_frame_copy(const struct raw_frame *raw)
{
    struct raw_frame *copy = mem_dup(raw, sizeof(*raw));

    copy->frame = raw->frame ? av_frame_clone(raw->frame) : NULL;
    return copy;
}

void raw_frame_clear(struct raw_frame *raw)
{
    av_frame_free(&raw->frame);
}

void raw_frame_destroy(struct raw_frame *raw)
{
    if (!raw)
        return;
    raw_frame_clear(raw);
    mem_free(raw);
}
