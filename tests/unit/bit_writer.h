/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BIT_WRITER_H
#define TESTS_BIT_WRITER_H

#include <stddef.h>
#include <stdint.h>

/* Writes a parameter set bit by bit. */
struct bit_writer {
    uint8_t data[256];
    size_t bits;
};

static inline void put(struct bit_writer *w, unsigned count, uint32_t value)
{
    while (count--) {
        if (value >> count & 1)
            w->data[w->bits / 8] |= (uint8_t)(0x80 >> w->bits % 8);
        w->bits++;
    }
}

static inline void put_ue(struct bit_writer *w, uint32_t value)
{
    unsigned length = 0;

    while (((uint64_t)value + 1) >> (length + 1))
        length++;
    put(w, length, 0);
    put(w, length + 1, value + 1);
}

#endif
