/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds-checked reading of bytes from a peer, with a sticky error: after the first read that falls
 * short every read answers zeroes, so that a parser checks once, at its end.
 * Thread: its owner's. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *data;
    size_t len;
    size_t pos;
    int err;
};

/* Borrows `data`. */
void reader_init(struct reader *r, const void *data, size_t len);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r); /* big-endian, as all but the -le ones */
uint32_t read_u24(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
uint16_t read_u16le(struct reader *r);
uint32_t read_u32le(struct reader *r);
uint64_t read_u64le(struct reader *r);
/* The next `len` bytes, borrowed from the input; NULL if it falls short. */
const uint8_t *read_bytes(struct reader *r, size_t len);
void read_skip(struct reader *r, size_t len);
size_t reader_left(const struct reader *r);
/* 0, or -ENODATA if any read fell short. */
int reader_err(const struct reader *r);

/* Bits, most significant first (ISO/IEC 14496-10, 7.2), with the same sticky error. */
struct bit_reader {
    const uint8_t *data;
    size_t bits;
    size_t pos;
    int err;
};

void bit_reader_init(struct bit_reader *r, const void *data, size_t len);
/* 0 to 32 bits. */
uint32_t read_bits(struct bit_reader *r, unsigned count);
uint32_t read_ue(struct bit_reader *r); /* Exp-Golomb, 9.1 */
int32_t read_se(struct bit_reader *r);
size_t bits_left(const struct bit_reader *r);

#endif
