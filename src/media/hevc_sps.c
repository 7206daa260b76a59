/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence parameter sets of HEVC: ISO/IEC 23008-2, 7.3.2.2 (syntax), 7.4.3.2 (limits), annex E
 * (video usability information). Every count that steers a loop is held to its limit. */
#include "media/hevc_sps.h"

#include <errno.h>

#include "media/hevc_nal.h"
#include "media/param_set.h"
#include "media/rbsp.h"

#define SPS_MAX           4096  /* bytes; the longest that scaling lists and picture sets make */
#define EDGE_MAX          16888 /* samples: A.4.1 item b at level 6.2 */
#define FPS_MAX           240.0
#define SPS_ID_MAX        15
#define BIT_DEPTH_MAX     8 /* above eight */
#define POC_LSB_LOG_MAX   12
#define PICTURE_SETS_MAX  64
#define PICTURES_MAX      16 /* in a set: A.4.2, MaxDpbSize */
#define LONG_TERM_MAX     32
#define SCALING_COEFF_MAX 64

static void read_size(struct bit_reader *r, struct hevc_sps *sps)
{
    int unit_x = sps->chroma_format_idc == 1 || sps->chroma_format_idc == 2 ? 2 : 1;
    int unit_y = sps->chroma_format_idc == 1 ? 2 : 1;

    sps->width = (int)param_set_read_max(r, EDGE_MAX);
    sps->height = (int)param_set_read_max(r, EDGE_MAX);
    if (!sps->width || !sps->height)
        r->err = -EINVAL;
    if (read_bits(r, 1)) /* conformance_window_flag */
        param_set_read_window(r, &sps->width, &sps->height, unit_x, unit_y);
}

/* 7.3.4 */
static void skip_scaling_lists(struct bit_reader *r)
{
    for (int size = 0; size < 4; size++) {
        int coefficients = size ? SCALING_COEFF_MAX : 16;

        for (int matrix = 0; matrix < 6 && !r->err; matrix += size == 3 ? 3 : 1) {
            if (!read_bits(r, 1)) {
                read_ue(r); /* it is another one's */
                continue;
            }
            if (size > 1)
                read_se(r); /* scaling_list_dc_coef_minus8 */
            for (int i = 0; i < coefficients && !r->err; i++)
                read_se(r);
        }
    }
}

/* 7.3.7, for a set whose pictures are told by the set before it. */
static uint32_t read_predicted_set(struct bit_reader *r, uint32_t before)
{
    uint32_t count = 0;

    read_bits(r, 1); /* delta_rps_sign */
    read_ue(r);      /* abs_delta_rps_minus1 */
    for (uint32_t i = 0; i <= before && !r->err; i++)
        if (read_bits(r, 1) || read_bits(r, 1)) /* used_by_curr_pic, else use_delta */
            count++;
    return count;
}

static uint32_t read_listed_set(struct bit_reader *r)
{
    uint32_t count = param_set_read_max(r, PICTURES_MAX);

    count += param_set_read_max(r, PICTURES_MAX);
    for (uint32_t i = 0; i < count && !r->err; i++) {
        read_ue(r);      /* delta_poc_minus1 */
        read_bits(r, 1); /* used_by_curr_pic */
    }
    return count;
}

static void skip_picture_sets(struct bit_reader *r)
{
    uint32_t sets = param_set_read_max(r, PICTURE_SETS_MAX), pictures = 0;

    for (uint32_t i = 0; i < sets && !r->err; i++) {
        pictures = i && read_bits(r, 1) ? read_predicted_set(r, pictures) : read_listed_set(r);
        if (pictures > PICTURES_MAX)
            r->err = -EINVAL;
    }
}

static void skip_long_term_pictures(struct bit_reader *r, unsigned lsb_bits)
{
    uint32_t count = param_set_read_max(r, LONG_TERM_MAX);

    for (uint32_t i = 0; i < count && !r->err; i++)
        read_bits(r, lsb_bits + 1);
}

/* What stands between the size and the usability information: how pictures are coded. */
static void skip_coding_tools(struct bit_reader *r, const struct hevc_sps *sps)
{
    unsigned lsb_bits = param_set_read_max(r, POC_LSB_LOG_MAX) + 4;

    for (int i = read_bits(r, 1) ? 0 : sps->sub_layers - 1; i < sps->sub_layers; i++)
        for (int j = 0; j < 3; j++)
            read_ue(r); /* sizes of buffers */
    for (int i = 0; i < 6; i++)
        read_ue(r); /* sizes of coding and transform blocks */
    if (read_bits(r, 1) && read_bits(r, 1))
        skip_scaling_lists(r);
    read_bits(r, 2); /* asymmetric partitions; sample adaptive offset */
    if (read_bits(r, 1)) {
        read_bits(r, 8); /* bit depths of PCM */
        read_ue(r);
        read_ue(r);
        read_bits(r, 1);
    }
    skip_picture_sets(r);
    if (read_bits(r, 1))
        skip_long_term_pictures(r, lsb_bits);
    read_bits(r, 2); /* temporal motion vectors; strong intra smoothing */
}

/* E.2.1, as far as it is of use: what follows the timing tells buffer sizes only. */
static void read_vui(struct bit_reader *r, struct hevc_sps *sps)
{
    double fps;

    param_set_read_display(r, &sps->sar_width, &sps->sar_height, &sps->colour);
    read_bits(r, 3);     /* neutral chroma; pictures are fields; pictures tell their fields */
    if (read_bits(r, 1)) /* default display window */
        for (int i = 0; i < 4; i++)
            read_ue(r);
    if (!read_bits(r, 1))
        return;
    fps = param_set_read_tick_rate(r);
    if (fps <= FPS_MAX)
        sps->fps = fps;
}

static void read_format(struct bit_reader *r, struct hevc_sps *sps)
{
    param_set_read_max(r, SPS_ID_MAX);
    sps->chroma_format_idc = (int)param_set_read_max(r, 3);
    if (sps->chroma_format_idc == 3)
        read_bits(r, 1); /* separate_colour_plane_flag */
    read_size(r, sps);
    sps->bit_depth_luma = 8 + (int)param_set_read_max(r, BIT_DEPTH_MAX);
    sps->bit_depth_chroma = 8 + (int)param_set_read_max(r, BIT_DEPTH_MAX);
}

int hevc_sps_parse(struct hevc_sps *out, const uint8_t *nal, size_t len)
{
    const struct h264_nal unit = { .data = nal, .len = len };
    struct hevc_sps sps = { 0 };
    uint8_t raw[SPS_MAX];
    struct bit_reader r;

    if (len < HEVC_NAL_HEADER || hevc_nal_type(&unit) != HEVC_SPS || hevc_nal_layer(&unit))
        return -EINVAL;
    bit_reader_init(&r, raw, rbsp_read(raw, SPS_MAX, nal + HEVC_NAL_HEADER, len - HEVC_NAL_HEADER));
    read_bits(&r, 4); /* id of its VPS */
    sps.sub_layers = (int)read_bits(&r, 3) + 1;
    sps.is_temporal_id_nested = read_bits(&r, 1);
    if (sps.sub_layers > HEVC_SUB_LAYERS_MAX)
        return -EINVAL;
    hevc_profile_read(&sps.profile, &r, sps.sub_layers);
    read_format(&r, &sps);
    skip_coding_tools(&r, &sps);
    if (r.err)
        return -EINVAL;
    if (read_bits(&r, 1))
        read_vui(&r, &sps);
    *out = sps;
    return 0;
}
