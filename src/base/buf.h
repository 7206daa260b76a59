/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a ceiling given at birth: the only place for what a peer can make
 * large. The data is always followed by a NUL that is not counted.
 * Thread: its owner's. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* NULL while nothing was appended */
    size_t len;
    size_t capacity;
    size_t max;
    int err; /* sticky: the first failure, 0 if none */
};

/* Allocates nothing yet. */
void buf_init(struct buf *buf, size_t max);
/* Frees the memory; the ceiling stays and the buffer can be used again. */
void buf_clear(struct buf *buf);
/* Forgets the content, keeps the memory. */
void buf_reset(struct buf *buf);

/* -EMSGSIZE when the ceiling would be passed; the content is then unchanged. */
int buf_append(struct buf *buf, const void *data, size_t len);
int buf_append_str(struct buf *buf, const char *text);
int buf_append_u8(struct buf *buf, uint8_t value);
int buf_append_u16(struct buf *buf, uint16_t value); /* big-endian, as all but the -le ones */
int buf_append_u24(struct buf *buf, uint32_t value);
int buf_append_u32(struct buf *buf, uint32_t value);
int buf_append_u64(struct buf *buf, uint64_t value);
int buf_append_u16le(struct buf *buf, uint16_t value);
int buf_append_u32le(struct buf *buf, uint32_t value);
int buf_append_u64le(struct buf *buf, uint64_t value);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *buf, const char *format, va_list args);
/* Makes room for `len` more bytes and returns where they go, NULL past the ceiling;
 * buf_commit() then counts what was written. */
uint8_t *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);
/* Drops the first `len` bytes. */
void buf_consume(struct buf *buf, size_t len);
/* Keeps the first `len` bytes; no more than there are. */
void buf_truncate(struct buf *buf, size_t len);
/* The content as a string: "" while empty. Borrowed. */
const char *buf_str(const struct buf *buf);

#endif
