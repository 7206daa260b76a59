/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/bicubic_axis.h"

#include <math.h>

#include "base/mem.h"

#define SHARPNESS 0.6 /* libswscale's default: the kernel's B is 0, its C this */

#define ENDS 0.1

/* Mitchell and Netravali, "Reconstruction filters in computer graphics", with B = 0. */
static double kernel(double x)
{
    x = fabs(x);
    if (x < 1)
        return (2 - SHARPNESS) * x * x * x + (SHARPNESS - 3) * x * x + 1;
    if (x < 2)
        return SHARPNESS * (-x * x * x + 5 * x * x - 8 * x + 4);
    return 0;
}

static int clamp(int value, int max)
{
    if (value < 0)
        return 0;
    return value > max ? max : value;
}

/* Whole numbers with the right sum: what rounding leaves goes to the largest. */
static void quantise(int16_t *out, const double *weights, int taps)
{
    int left = BICUBIC_ONE, largest = 0;
    double sum = 0;

    for (int k = 0; k < taps; k++)
        sum += weights[k];
    for (int k = 0; k < taps; k++) {
        out[k] = (int16_t)lround(weights[k] / sum * BICUBIC_ONE);
        left -= out[k];
        if (out[k] > out[largest])
            largest = k;
    }
    out[largest] = (int16_t)(out[largest] + left);
}

/* Samples on either side of a new one. The kernel's ends weigh nothing that 8 bits could show. */
static int reach_of(const struct bicubic_axis *axis)
{
    double scale = (double)axis->in / axis->out;

    return (int)ceil(2 * (scale > 1 ? scale : 1) - ENDS);
}

/* Taps that would lie outside fall to the sample at the edge. */
static void set_sample(struct bicubic_axis *axis, int i, double *weights)
{
    double scale = (double)axis->in / axis->out;
    double stretch = scale > 1 ? scale : 1;
    double centre = (clamp(i, axis->out - 1) + 0.5) * scale - 0.5;
    int reach = reach_of(axis);
    int start = (int)floor(centre) - reach + 1;
    int first = clamp(start, axis->in - axis->taps);

    for (int k = 0; k < axis->taps; k++)
        weights[k] = 0;
    for (int at = start; at < start + 2 * reach; at++)
        weights[clamp(at, axis->in - 1) - first] += kernel((at - centre) / stretch);
    axis->first[i] = first;
    quantise(axis->weights + (size_t)i * (size_t)axis->taps, weights, axis->taps);
}

void bicubic_axis_init(struct bicubic_axis *axis, int in, int out, int pad)
{
    double *weights;
    int taps;

    *axis = (struct bicubic_axis){ .in = in, .out = out };
    taps = 2 * reach_of(axis);
    axis->padded = (out + pad - 1) & ~(pad - 1);
    axis->taps = taps < in ? taps : in;
    axis->first = mem_alloc((size_t)axis->padded * sizeof(*axis->first));
    axis->weights = mem_alloc((size_t)axis->padded * (size_t)axis->taps * sizeof(*axis->weights));
    weights = mem_alloc((size_t)axis->taps * sizeof(*weights));
    for (int i = 0; i < axis->padded; i++)
        set_sample(axis, i, weights);
    mem_free(weights);
}

void bicubic_axis_clear(struct bicubic_axis *axis)
{
    mem_free(axis->first);
    mem_free(axis->weights);
}
