/* SPDX-License-Identifier: Apache-2.0 */
#include "media/param_set.h"

#include <errno.h>

#include "base/mem.h"

#define SAR_EXTENDED 255

uint32_t param_set_read_max(struct bit_reader *r, uint32_t max)
{
    uint32_t value = read_ue(r);

    if (value <= max)
        return value;
    r->err = -EINVAL;
    return 0;
}

static void read_edges(struct bit_reader *r, int *size, int unit)
{
    uint64_t left_out = read_ue(r);

    left_out = (left_out + read_ue(r)) * (unsigned)unit;
    if (left_out < (uint64_t)*size)
        *size -= (int)left_out;
    else
        r->err = -EINVAL;
}

void param_set_read_window(struct bit_reader *r, int *width, int *height, int unit_x, int unit_y)
{
    read_edges(r, width, unit_x);
    read_edges(r, height, unit_y);
}

/* Table E-1 */
static void read_aspect_ratio(struct bit_reader *r, int *width, int *height)
{
    /* clang-format off */
    static const uint8_t ratios[][2] = {
        { 0, 0 },   { 1, 1 },   { 12, 11 }, { 10, 11 }, { 16, 11 }, { 40, 33 },
        { 24, 11 }, { 20, 11 }, { 32, 11 }, { 80, 33 }, { 18, 11 }, { 15, 11 },
        { 64, 33 }, { 160, 99 }, { 4, 3 },  { 3, 2 },   { 2, 1 },
    };
    /* clang-format on */
    uint32_t idc = read_bits(r, 8);

    *width = *height = 0;
    if (idc == SAR_EXTENDED) {
        *width = (int)read_bits(r, 16);
        *height = (int)read_bits(r, 16);
    } else if (idc < ARRAY_LEN(ratios)) {
        *width = ratios[idc][0];
        *height = ratios[idc][1];
    }
    if (r->err || !*width || !*height)
        *width = *height = 0;
}

static void read_signal_type(struct bit_reader *r, struct video_colour *colour)
{
    struct video_colour told = { 0 };

    read_bits(r, 3); /* video_format */
    told.is_full_range = read_bits(r, 1);
    if (read_bits(r, 1)) {
        told.primaries = (int)read_bits(r, 8);
        told.transfer = (int)read_bits(r, 8);
        told.matrix = (int)read_bits(r, 8);
    }
    if (!r->err)
        *colour = told;
}

void param_set_read_display(struct bit_reader *r, int *sar_width, int *sar_height,
                            struct video_colour *colour)
{
    if (read_bits(r, 1))
        read_aspect_ratio(r, sar_width, sar_height);
    if (read_bits(r, 1))
        read_bits(r, 1); /* overscan_appropriate_flag */
    if (read_bits(r, 1))
        read_signal_type(r, colour);
    if (read_bits(r, 1)) { /* where chroma samples lie, in either field */
        read_ue(r);
        read_ue(r);
    }
}

double param_set_read_tick_rate(struct bit_reader *r)
{
    uint32_t units = read_bits(r, 32);
    uint32_t scale = read_bits(r, 32);

    return r->err || !units ? 0 : (double)scale / units;
}
