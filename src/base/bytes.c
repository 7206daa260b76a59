/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

#include "base/buf.h"
#include "base/bytes_file.h"
#include "base/mem.h"

struct bytes *bytes_create(size_t len)
{
    struct bytes *bytes = mem_alloc(sizeof(*bytes) + len);

    atomic_init(&bytes->refs, 1);
    bytes->fd = -1;
    bytes->len = len;
    bytes->data = (uint8_t *)(bytes + 1);
    bytes->taken = NULL;
    return bytes;
}

struct bytes *bytes_copy(const void *data, size_t len)
{
    struct bytes *bytes = bytes_create(len);

    if (len)
        memcpy(bytes->data, data, len);
    return bytes;
}

struct bytes *bytes_from_buf(struct buf *buf)
{
    struct bytes *bytes = mem_alloc(sizeof(*bytes));

    atomic_init(&bytes->refs, 1);
    bytes->fd = -1;
    bytes->len = buf->len;
    bytes->data = bytes->taken = mem_realloc(buf->data, buf->len + 1);
    buf_init(buf, buf->max);
    return bytes;
}

void bytes_narrow(struct bytes *bytes, size_t offset, size_t len)
{
    bytes->data += offset;
    bytes->len = len;
}

struct bytes *bytes_ref(struct bytes *bytes)
{
    atomic_fetch_add_explicit(&bytes->refs, 1, memory_order_relaxed);
    return bytes;
}

void bytes_unref(struct bytes *bytes)
{
    if (!bytes || atomic_fetch_sub_explicit(&bytes->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (bytes->fd >= 0)
        bytes_file_close(bytes);
    mem_free(bytes->taken);
    mem_free(bytes);
}

struct slice slice_of(struct bytes *bytes)
{
    return (struct slice){ .owner = bytes, .data = bytes->data, .len = bytes->len };
}
