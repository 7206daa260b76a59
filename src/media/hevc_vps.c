/* SPDX-License-Identifier: Apache-2.0 */
#include "media/hevc_vps.h"

#include <errno.h>

#include "media/hevc_nal.h"
#include "media/hevc_profile.h"
#include "media/param_set.h"
#include "media/rbsp.h"

#define VPS_MAX        1024 /* bytes; what is of use stands before the layer sets end */
#define FPS_MAX        240.0
#define LAYER_SETS_MAX 1023

static void skip_layer_sets(struct bit_reader *r)
{
    unsigned layers = read_bits(r, 6) + 1;
    uint32_t sets = read_ue(r);

    if (sets > LAYER_SETS_MAX)
        r->err = -EINVAL;
    for (uint32_t i = 0; i < sets && !r->err; i++)
        for (unsigned j = 0; j < layers; j++)
            read_bits(r, 1); /* layer_id_included_flag */
}

int hevc_vps_parse(struct hevc_vps *out, const uint8_t *nal, size_t len)
{
    const struct h264_nal unit = { .data = nal, .len = len };
    struct hevc_vps vps = { 0 };
    struct hevc_profile profile;
    uint8_t raw[VPS_MAX];
    struct bit_reader r;
    int sub_layers;

    if (len < HEVC_NAL_HEADER || hevc_nal_type(&unit) != HEVC_VPS)
        return -EINVAL;
    bit_reader_init(&r, raw, rbsp_read(raw, VPS_MAX, nal + HEVC_NAL_HEADER, len - HEVC_NAL_HEADER));
    read_bits(&r, 4 + 2 + 6); /* its id, what the base layer is, how many layers */
    sub_layers = (int)read_bits(&r, 3) + 1;
    read_bits(&r, 1 + 16); /* temporal nesting; reserved */
    if (sub_layers > HEVC_SUB_LAYERS_MAX)
        return -EINVAL;
    hevc_profile_read(&profile, &r, sub_layers);
    for (int i = read_bits(&r, 1) ? 0 : sub_layers - 1; i < sub_layers; i++)
        for (int j = 0; j < 3; j++)
            read_ue(&r); /* sizes of buffers */
    skip_layer_sets(&r);
    if (read_bits(&r, 1))
        vps.fps = param_set_read_tick_rate(&r);
    if (r.err)
        return -EINVAL;
    if (vps.fps > FPS_MAX)
        vps.fps = 0;
    *out = vps;
    return 0;
}
