/* SPDX-License-Identifier: Apache-2.0 */
/* Immutable shared bytes: one copy serves playlist, recorder and a thousand viewers.
 * Thread: any once shared; filled by its creator before that. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct bytes {
    atomic_int refs;
    int fd; /* a file that holds the same at its beginning, see base/bytes_file.h; -1: none */
    size_t len;
    uint8_t *data;  /* within the memory behind the struct, within `taken`, or mapped from `fd` */
    uint8_t *taken; /* memory taken over from a buf, NULL if none */
};

/* A piece of shared bytes; whoever stores one holds a reference on `owner`. `owner` may be NULL for
 * data that lives as long as the process. */
struct slice {
    struct bytes *owner;
    const uint8_t *data;
    size_t len;
};

/* Returns owned, with one reference; the content is for the caller to fill. */
struct bytes *bytes_create(size_t len);
struct bytes *bytes_copy(const void *data, size_t len);
/* Takes the memory of `buf`, which is empty afterwards. */
struct bytes *bytes_from_buf(struct buf *buf);
/* Narrows the content to `len` bytes from `offset`, without moving anything: for a creator who
 * finds out that the rest is not wanted. Not once shared. */
void bytes_narrow(struct bytes *bytes, size_t offset, size_t len);
struct bytes *bytes_ref(struct bytes *bytes);
/* NULL is fine. */
void bytes_unref(struct bytes *bytes);

/* The whole of `bytes`; borrows. */
struct slice slice_of(struct bytes *bytes);

#endif
