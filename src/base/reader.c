/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include <errno.h>

void reader_init(struct reader *r, const void *data, size_t len)
{
    *r = (struct reader){ .data = data, .len = len };
}

size_t reader_left(const struct reader *r)
{
    return r->err ? 0 : r->len - r->pos;
}

int reader_err(const struct reader *r)
{
    return r->err;
}

const uint8_t *read_bytes(struct reader *r, size_t len)
{
    const uint8_t *at;

    if (reader_left(r) < len) {
        r->err = -ENODATA;
        return NULL;
    }
    if (r->err)
        return NULL;
    at = r->data + r->pos;
    r->pos += len;
    return at;
}

void read_skip(struct reader *r, size_t len)
{
    read_bytes(r, len);
}

static uint64_t read_be(struct reader *r, size_t size)
{
    const uint8_t *at = read_bytes(r, size);
    uint64_t value = 0;

    for (size_t i = 0; at && i < size; i++)
        value = value << 8 | at[i];
    return value;
}

uint8_t read_u8(struct reader *r)
{
    return (uint8_t)read_be(r, 1);
}

uint16_t read_u16(struct reader *r)
{
    return (uint16_t)read_be(r, 2);
}

uint32_t read_u24(struct reader *r)
{
    return (uint32_t)read_be(r, 3);
}

uint32_t read_u32(struct reader *r)
{
    return (uint32_t)read_be(r, 4);
}

uint64_t read_u64(struct reader *r)
{
    return read_be(r, 8);
}

uint16_t read_u16le(struct reader *r)
{
    return __builtin_bswap16(read_u16(r));
}

uint32_t read_u32le(struct reader *r)
{
    return __builtin_bswap32(read_u32(r));
}

uint64_t read_u64le(struct reader *r)
{
    return __builtin_bswap64(read_u64(r));
}

void bit_reader_init(struct bit_reader *r, const void *data, size_t len)
{
    *r = (struct bit_reader){ .data = data, .bits = len * 8 };
}

size_t bits_left(const struct bit_reader *r)
{
    return r->err ? 0 : r->bits - r->pos;
}

uint32_t read_bits(struct bit_reader *r, unsigned count)
{
    uint32_t value = 0;

    if (bits_left(r) < count || count > 32) {
        r->err = -ENODATA;
        return 0;
    }
    for (unsigned i = 0; i < count; i++, r->pos++)
        value = value << 1 | (r->data[r->pos / 8] >> (7 - r->pos % 8) & 1);
    return value;
}

uint32_t read_ue(struct bit_reader *r)
{
    unsigned zeroes = 0;

    while (!r->err && !read_bits(r, 1))
        if (++zeroes > 32)
            r->err = -ENODATA;
    if (r->err)
        return 0;
    if (zeroes == 32) { /* 2^32 - 1 is the largest legal value, with 32 zero bits behind */
        if (read_bits(r, 32))
            r->err = -ENODATA;
        return r->err ? 0 : UINT32_MAX;
    }
    return (uint32_t)((UINT64_C(1) << zeroes) - 1 + read_bits(r, zeroes));
}

int32_t read_se(struct bit_reader *r)
{
    uint32_t k = read_ue(r);

    return k & 1 ? (int32_t)(k / 2 + 1) : -(int32_t)(k / 2);
}
