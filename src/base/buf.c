/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define SMALLEST 64

void buf_init(struct buf *buf, size_t max)
{
    *buf = (struct buf){ .max = max };
}

void buf_clear(struct buf *buf)
{
    mem_free(buf->data);
    buf_init(buf, buf->max);
}

void buf_reset(struct buf *buf)
{
    buf->len = 0;
    buf->err = 0;
}

static int fail(struct buf *buf)
{
    if (!buf->err)
        buf->err = -EMSGSIZE;
    return -EMSGSIZE;
}

uint8_t *buf_reserve(struct buf *buf, size_t len)
{
    size_t needed, capacity;

    if (len > buf->max || buf->len > buf->max - len) {
        fail(buf);
        return NULL;
    }
    needed = buf->len + len + 1;
    if (needed > buf->capacity) {
        capacity = buf->capacity ? buf->capacity : SMALLEST;
        while (capacity < needed)
            capacity *= 2;
        if (capacity > buf->max + 1)
            capacity = buf->max + 1;
        buf->data = mem_realloc(buf->data, capacity);
        buf->capacity = capacity;
    }
    return buf->data + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
    buf->len += len;
    buf->data[buf->len] = '\0';
}

int buf_append(struct buf *buf, const void *data, size_t len)
{
    uint8_t *to = buf_reserve(buf, len);

    if (!to)
        return -EMSGSIZE;
    if (len)
        memcpy(to, data, len);
    buf_commit(buf, len);
    return 0;
}

int buf_append_str(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

static int append_be(struct buf *buf, uint64_t value, unsigned size)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    return buf_append(buf, bytes, size);
}

int buf_append_u8(struct buf *buf, uint8_t value)
{
    return buf_append(buf, &value, 1);
}

int buf_append_u16(struct buf *buf, uint16_t value)
{
    return append_be(buf, value, 2);
}

int buf_append_u24(struct buf *buf, uint32_t value)
{
    return append_be(buf, value, 3);
}

int buf_append_u32(struct buf *buf, uint32_t value)
{
    return append_be(buf, value, 4);
}

int buf_append_u64(struct buf *buf, uint64_t value)
{
    return append_be(buf, value, 8);
}

int buf_append_u16le(struct buf *buf, uint16_t value)
{
    return buf_append_u16(buf, __builtin_bswap16(value));
}

int buf_append_u32le(struct buf *buf, uint32_t value)
{
    return buf_append_u32(buf, __builtin_bswap32(value));
}

int buf_append_u64le(struct buf *buf, uint64_t value)
{
    return buf_append_u64(buf, __builtin_bswap64(value));
}

int buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    uint8_t *to;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    to = buf_reserve(buf, (size_t)len);
    if (!to)
        return -EMSGSIZE;
    vsnprintf((char *)to, (size_t)len + 1, format, args);
    buf_commit(buf, (size_t)len);
    return 0;
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    int err;

    va_start(args, format);
    err = buf_vprintf(buf, format, args);
    va_end(args);
    return err;
}

void buf_consume(struct buf *buf, size_t len)
{
    if (!len)
        return;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
    buf->data[buf->len] = '\0';
}

void buf_truncate(struct buf *buf, size_t len)
{
    if (len >= buf->len)
        return;
    buf->len = len;
    buf->data[len] = '\0';
}

const char *buf_str(const struct buf *buf)
{
    return buf->data ? (const char *)buf->data : "";
}
