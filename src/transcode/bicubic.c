/* SPDX-License-Identifier: Apache-2.0 */
/* Sixteen rows of the result at a time:
 *
 *   in --down the columns--> 16 rows --turned--> a vector of 16 rows per column
 *      --along the rows--> vectors of 16 rows per new column --turned back--> out
 *
 * Turned, the horizontal filter needs no shuffles: every lane is a row of its own. Going down first
 * leaves fewer rows to go along. Samples have 7 fractional bits, then 6, then 5: each
 * multiplication by weights of 14 bits keeps the upper 16 of 31, rounded, and a kernel's overshoot
 * has room. */
#include "transcode/bicubic.h"

#include "base/mem.h"
#include "transcode/bicubic_axis.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2     __attribute__((target("avx2")))
#define INLINE   inline AVX2 __attribute__((always_inline))
#define LANES    16
#define IN_BITS  7
#define OUT_BITS 5
#define PREFETCH 192 /* bytes ahead: rows lie in pages of their own, where no hardware follows */

struct bicubic {
    struct bicubic_axis down, along;
    void *memory;
    __m256i *columns;      /* of the turned rows: per sample of the input's width */
    __m256i *samples;      /* of the input's rows that a block needs, 16 columns of each */
    __m256i *down_weights; /* of a block: per row its taps */
};

bool bicubic_is_supported(void)
{
    return __builtin_cpu_supports("avx2");
}

/* Input rows under a block of LANES rows. */
static int block_span(const struct bicubic_axis *down, int y)
{
    return down->first[y + LANES - 1] + down->taps - down->first[y];
}

static size_t widest_span(const struct bicubic_axis *down)
{
    int widest = 0;

    for (int y = 0; y < down->padded; y += LANES)
        if (block_span(down, y) > widest)
            widest = block_span(down, y);
    return (size_t)widest;
}

struct bicubic *bicubic_create(int in_width, int in_height, int out_width, int out_height)
{
    struct bicubic *b = mem_zalloc(sizeof(*b));
    size_t columns = (size_t)in_width, samples, weights;

    bicubic_axis_init(&b->down, in_height, out_height, LANES);
    bicubic_axis_init(&b->along, in_width, out_width, LANES);
    samples = widest_span(&b->down);
    weights = (size_t)b->down.taps * LANES;
    b->memory = mem_alloc((columns + samples + weights + 1) * sizeof(__m256i));
    b->columns = (__m256i *)(((uintptr_t)b->memory + sizeof(__m256i) - 1) &
                             ~(uintptr_t)(sizeof(__m256i) - 1));
    b->samples = b->columns + columns;
    b->down_weights = b->samples + samples;
    return b;
}

void bicubic_destroy(struct bicubic *b)
{
    if (!b)
        return;
    bicubic_axis_clear(&b->down);
    bicubic_axis_clear(&b->along);
    mem_free(b->memory);
    mem_free(b);
}

/* -- turning -- */

/* Eight columns of eight rows, in each half by itself. */
static INLINE void turn_halves(const __m256i in[8], __m256i out[8])
{
    __m256i a[8], b[8];

    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_epi16(in[2 * i], in[2 * i + 1]);
        a[2 * i + 1] = _mm256_unpackhi_epi16(in[2 * i], in[2 * i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        b[i] = _mm256_unpacklo_epi32(a[i], a[i + 2]);
        b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 2]);
        b[i + 2] = _mm256_unpacklo_epi32(a[i + 1], a[i + 3]);
        b[i + 3] = _mm256_unpackhi_epi32(a[i + 1], a[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        out[2 * i] = _mm256_unpacklo_epi64(b[i], b[i + 4]);
        out[2 * i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 4]);
    }
}

static INLINE void turn(const __m256i in[LANES], __m256i out[LANES])
{
    __m256i lower[8], upper[8];

    for (int i = 0; i < 8; i++) {
        lower[i] = _mm256_permute2x128_si256(in[i], in[i + 8], 0x20);
        upper[i] = _mm256_permute2x128_si256(in[i], in[i + 8], 0x31);
    }
    turn_halves(lower, out);
    turn_halves(upper, out + 8);
}

/* -- down the columns -- */

static AVX2 void spread_weights(struct bicubic *b, int y)
{
    const int16_t *weights = b->down.weights + (size_t)y * (size_t)b->down.taps;

    for (int i = 0; i < LANES * b->down.taps; i++)
        b->down_weights[i] = _mm256_set1_epi16(weights[i]);
}

static INLINE __m256i weigh(const __m256i *samples, const __m256i *weights, int taps)
{
    __m256i sum = _mm256_setzero_si256();

    for (int k = 0; k < taps; k++)
        sum = _mm256_add_epi16(sum, _mm256_mulhrs_epi16(samples[k], weights[k]));
    return sum;
}

static INLINE __m256i weigh_row(const struct bicubic *b, int y, int row)
{
    const __m256i *samples = b->samples + (b->down.first[y + row] - b->down.first[y]);
    const __m256i *weights = b->down_weights + row * b->down.taps;

    switch (b->down.taps) { /* known numbers of taps: no loop */
    case 4:
        return weigh(samples, weights, 4);
    case 6:
        return weigh(samples, weights, 6);
    default:
        return weigh(samples, weights, b->down.taps);
    }
}

/* Sixteen rows of sixteen columns from `in` on, turned. */
static AVX2 void go_down(struct bicubic *b, int y, const uint8_t *in, ptrdiff_t stride,
                         __m256i *columns)
{
    int span = block_span(&b->down, y);
    __m256i rows[LANES];

    in += b->down.first[y] * stride;
    for (int i = 0; i < span; i++, in += stride) {
        _mm_prefetch((const char *)in + PREFETCH, _MM_HINT_T0);
        b->samples[i] =
            _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)in)), IN_BITS);
    }
    for (int r = 0; r < LANES; r++)
        rows[r] = weigh_row(b, y, r);
    turn(rows, columns);
}

static AVX2 void fill_columns(struct bicubic *b, int y, const uint8_t *in, ptrdiff_t stride)
{
    int last = b->along.in - LANES;

    for (int x = 0; x < last; x += LANES)
        go_down(b, y, in + x, stride, b->columns + x);
    go_down(b, y, in + last, stride, b->columns + last); /* may overlap: no byte too many is read */
}

/* -- along the rows -- */

static INLINE __m256i weigh_lanes(const __m256i *columns, const int16_t *weights, int taps)
{
    __m256i sum = _mm256_setzero_si256();

    for (int k = 0; k < taps; k++)
        sum = _mm256_add_epi16(sum, _mm256_mulhrs_epi16(columns[k], _mm256_set1_epi16(weights[k])));
    return sum;
}

static INLINE __m256i go_along(const struct bicubic *b, int x)
{
    const int16_t *weights = b->along.weights + (size_t)x * (size_t)b->along.taps;
    const __m256i *columns = b->columns + b->along.first[x];

    switch (b->along.taps) {
    case 4:
        return weigh_lanes(columns, weights, 4);
    case 6:
        return weigh_lanes(columns, weights, 6);
    default:
        return weigh_lanes(columns, weights, b->along.taps);
    }
}

static INLINE __m256i to_integer(__m256i samples)
{
    return _mm256_srai_epi16(_mm256_add_epi16(samples, _mm256_set1_epi16(1 << (OUT_BITS - 1))),
                             OUT_BITS);
}

/* Rows beyond the last are not stored. */
static AVX2 void store(const __m256i rows[LANES], int count, uint8_t *out, ptrdiff_t stride)
{
    for (int r = 0; r < count; r += 2, out += 2 * stride) {
        __m256i both = _mm256_permute4x64_epi64(
            _mm256_packus_epi16(to_integer(rows[r]), to_integer(rows[r + 1])), 0xd8);
        _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(both));
        if (r + 1 < count)
            _mm_storeu_si128((__m128i *)(out + stride), _mm256_extracti128_si256(both, 1));
    }
}

static AVX2 void make_rows(const struct bicubic *b, int count, uint8_t *out, ptrdiff_t stride)
{
    __m256i columns[LANES], rows[LANES];

    for (int x = 0; x < b->along.padded; x += LANES) {
        for (int i = 0; i < LANES; i++)
            columns[i] = go_along(b, x + i);
        turn(columns, rows);
        store(rows, count, out + x, stride);
    }
}

void bicubic_scale(struct bicubic *b, uint8_t *out, ptrdiff_t out_stride, const uint8_t *in,
                   ptrdiff_t in_stride)
{
    for (int y = 0; y < b->down.out; y += LANES, out += LANES * out_stride) {
        int left = b->down.out - y;
        spread_weights(b, y);
        fill_columns(b, y, in, in_stride);
        make_rows(b, left < LANES ? left : LANES, out, out_stride);
    }
}

bool bicubic_fits(const struct bicubic *b, int in_width, int in_height)
{
    return b && b->along.in == in_width && b->down.in == in_height;
}

#else /* other processors */

bool bicubic_is_supported(void)
{
    return false;
}

struct bicubic *bicubic_create(int in_width, int in_height, int out_width, int out_height)
{
    return NULL;
}

bool bicubic_fits(const struct bicubic *b, int in_width, int in_height)
{
    return false;
}

void bicubic_scale(struct bicubic *b, uint8_t *out, ptrdiff_t out_stride, const uint8_t *in,
                   ptrdiff_t in_stride)
{
}

void bicubic_destroy(struct bicubic *b)
{
}

#endif
