/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence parameter sets: ISO/IEC 14496-10, 7.3.2.1.1 (syntax), 7.4.2.1.1 (limits), annex E
 * (video usability information). Every count that steers a loop is held to its limit. */
#include "media/h264_sps.h"

#include <errno.h>

#include "base/mem.h"
#include "base/reader.h"
#include "media/h264_nal.h"
#include "media/param_set.h"
#include "media/rbsp.h"

#define SPS_MAX         1024 /* bytes; the longest that the syntax can reach with its lists */
#define MBS_MAX         1055 /* macroblocks along an edge: A.3.1 item f at level 6.2 */
#define FPS_MAX         240.0
#define POC_CYCLE_MAX   255
#define SPS_ID_MAX      31
#define BIT_DEPTH_MAX   6 /* above eight */
#define POC_LSB_LOG_MAX 12

static void skip_scaling_list(struct bit_reader *r, int size)
{
    int last = 8, next = 8;

    for (int i = 0; i < size && !r->err; i++) {
        if (next)
            next = (int)(((unsigned)last + (unsigned)read_se(r)) & 0xff);
        if (next)
            last = next;
    }
}

static void skip_scaling_matrix(struct bit_reader *r, int lists)
{
    for (int i = 0; i < lists; i++)
        if (read_bits(r, 1))
            skip_scaling_list(r, i < 6 ? 16 : 64);
}

static bool has_chroma_info(int profile_idc)
{
    static const uint8_t profiles[] = {
        100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135
    };

    for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
        if (profiles[i] == profile_idc)
            return true;
    return false;
}

/* Returns ChromaArrayType: 0 when the planes are coded apart. */
static int read_chroma(struct bit_reader *r, struct h264_sps *sps)
{
    bool are_planes_separate = false;

    sps->chroma_format_idc = (int)param_set_read_max(r, 3);
    if (sps->chroma_format_idc == 3)
        are_planes_separate = read_bits(r, 1);
    sps->bit_depth_luma += (int)param_set_read_max(r, BIT_DEPTH_MAX);
    sps->bit_depth_chroma += (int)param_set_read_max(r, BIT_DEPTH_MAX);
    read_bits(r, 1); /* qpprime_y_zero_transform_bypass_flag */
    if (read_bits(r, 1))
        skip_scaling_matrix(r, sps->chroma_format_idc == 3 ? 12 : 8);
    return are_planes_separate ? 0 : sps->chroma_format_idc;
}

static void skip_picture_order(struct bit_reader *r)
{
    uint32_t type = param_set_read_max(r, 2);
    uint32_t count;

    if (type == 0)
        param_set_read_max(r, POC_LSB_LOG_MAX);
    if (type != 1)
        return;
    read_bits(r, 1); /* delta_pic_order_always_zero_flag */
    read_se(r);      /* offset_for_non_ref_pic */
    read_se(r);      /* offset_for_top_to_bottom_field */
    count = param_set_read_max(r, POC_CYCLE_MAX);
    for (uint32_t i = 0; i < count && !r->err; i++)
        read_se(r); /* offset_for_ref_frame */
}

static void read_size(struct bit_reader *r, struct h264_sps *sps, int chroma_array_type)
{
    int unit_x = chroma_array_type == 1 || chroma_array_type == 2 ? 2 : 1;
    int unit_y = chroma_array_type == 1 ? 2 : 1;
    int fields;

    sps->width = 16 * (int)(param_set_read_max(r, MBS_MAX - 1) + 1);
    sps->height = 16 * (int)(param_set_read_max(r, MBS_MAX - 1) + 1);
    fields = read_bits(r, 1) ? 1 : 2; /* frame_mbs_only_flag */
    sps->height *= fields;
    if (fields == 2)
        read_bits(r, 1); /* mb_adaptive_frame_field_flag */
    read_bits(r, 1);     /* direct_8x8_inference_flag */
    if (read_bits(r, 1)) /* frame_cropping_flag */
        param_set_read_window(r, &sps->width, &sps->height, unit_x, unit_y * fields);
}

static void read_timing(struct bit_reader *r, struct h264_sps *sps)
{
    double fps = param_set_read_tick_rate(r) / 2; /* E.2.1: a tick is a field */

    read_bits(r, 1); /* fixed_frame_rate_flag */
    if (!r->err && fps <= FPS_MAX)
        sps->fps = fps;
}

/* E.1.1, as far as it is of use: what follows the timing tells buffer sizes only. */
static void read_vui(struct bit_reader *r, struct h264_sps *sps)
{
    param_set_read_display(r, &sps->sar_width, &sps->sar_height, &sps->colour);
    if (read_bits(r, 1))
        read_timing(r, sps);
}

int h264_sps_parse(struct h264_sps *out, const uint8_t *nal, size_t len)
{
    struct h264_sps sps = { .chroma_format_idc = 1, .bit_depth_luma = 8, .bit_depth_chroma = 8 };
    uint8_t raw[SPS_MAX];
    struct bit_reader r;
    int chroma_array_type = 1;

    if (!len || (nal[0] & 0x1f) != NAL_SPS)
        return -EINVAL;
    bit_reader_init(&r, raw, rbsp_read(raw, SPS_MAX, nal + 1, len - 1));
    sps.profile_idc = (int)read_bits(&r, 8);
    sps.constraint_flags = (int)read_bits(&r, 8);
    sps.level_idc = (int)read_bits(&r, 8);
    param_set_read_max(&r, SPS_ID_MAX);
    if (has_chroma_info(sps.profile_idc))
        chroma_array_type = read_chroma(&r, &sps);
    param_set_read_max(&r, POC_LSB_LOG_MAX); /* log2_max_frame_num_minus4 */
    skip_picture_order(&r);
    read_ue(&r);      /* max_num_ref_frames */
    read_bits(&r, 1); /* gaps_in_frame_num_value_allowed_flag */
    read_size(&r, &sps, chroma_array_type);
    if (r.err)
        return -EINVAL;
    if (read_bits(&r, 1))
        read_vui(&r, &sps);
    *out = sps;
    return 0;
}
