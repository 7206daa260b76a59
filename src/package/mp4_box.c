/* SPDX-License-Identifier: Apache-2.0 */
/* ISO/IEC 14496-12, 4.2: a box is its size, its type and its content; a full box has a version and
 * flags before the content. */
#include "package/mp4_box.h"

#include <string.h>

#include "base/buf.h"

size_t box_begin(struct buf *buf, const char type[5])
{
    size_t begin = buf->len;

    buf_append_u32(buf, 0);
    buf_append(buf, type, 4);
    return begin;
}

size_t full_box_begin(struct buf *buf, const char type[5], int version, uint32_t flags)
{
    size_t begin = box_begin(buf, type);

    buf_append_u32(buf, (uint32_t)version << 24 | flags);
    return begin;
}

void box_patch_u32(struct buf *buf, size_t at, uint32_t value)
{
    if (buf->err)
        return;
    for (int i = 0; i < 4; i++)
        buf->data[at + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
}

void box_end(struct buf *buf, size_t begin)
{
    box_patch_u32(buf, begin, (uint32_t)(buf->len - begin));
}

void box_zeroes(struct buf *buf, size_t count)
{
    uint8_t *to = buf_reserve(buf, count);

    if (!to)
        return;
    memset(to, 0, count);
    buf_commit(buf, count);
}
