/* SPDX-License-Identifier: Apache-2.0 */
/* H.264 Main with libx264: no B-frames, no lookahead, no keyframes of its own, so that a picture
 * comes out as soon as it goes in and GOPs are the source's. */
#include "transcode/encoder.h"

#include <errno.h>
#include <libavutil/frame.h>
#include <math.h>
#include <string.h>

#include <x264.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/codec.h"
#include "media/packet.h"

#define LENGTH_SIZE 4 /* in front of each NAL unit, instead of a start code */

struct encoder {
    x264_t *x264;
    x264_picture_t picture;
    struct codec_config *config;
};

bool encoder_is_preset(const char *name)
{
    for (size_t i = 0; x264_preset_names[i]; i++)
        if (strcmp(x264_preset_names[i], name) == 0)
            return true;
    return false;
}

static void set_rate(x264_param_t *param, const struct encoder_config *config)
{
    int kbps = config->bitrate_bps / 1000;

    param->rc.i_rc_method = X264_RC_ABR;
    param->rc.i_bitrate = kbps;
    param->rc.i_vbv_max_bitrate = kbps;
    param->rc.i_vbv_buffer_size = kbps; /* one second of it */
    param->i_fps_num = (uint32_t)lround(config->fps * 1000);
    param->i_fps_den = 1000;
    param->i_timebase_num = 1;
    param->i_timebase_den = MEDIA_TIMESCALE;
    param->b_vfr_input = 0; /* otherwise each picture waits for the next one's time */
}

static void set_colour(x264_param_t *param, const AVFrame *like)
{
    param->vui.b_fullrange = like->color_range == AVCOL_RANGE_JPEG;
    param->vui.i_colorprim = like->color_primaries;
    param->vui.i_transfer = like->color_trc;
    param->vui.i_colmatrix = like->colorspace;
    if (like->chroma_location != AVCHROMA_LOC_UNSPECIFIED)
        param->vui.i_chroma_loc = like->chroma_location - 1;
    if (like->sample_aspect_ratio.num > 0 && like->sample_aspect_ratio.den > 0) {
        param->vui.i_sar_width = like->sample_aspect_ratio.num;
        param->vui.i_sar_height = like->sample_aspect_ratio.den;
    }
}

static int set_up(x264_param_t *param, const struct encoder_config *config, const AVFrame *like)
{
    if (x264_param_default_preset(param, config->preset, "zerolatency") < 0)
        return -EINVAL;
    param->i_log_level = X264_LOG_NONE;
    param->i_threads = 1;
    param->i_width = config->width;
    param->i_height = config->height;
    param->i_csp = X264_CSP_I420;
    param->i_keyint_max = X264_KEYINT_MAX_INFINITE;
    param->i_scenecut_threshold = 0;
    param->i_bframe = 0;
    param->b_annexb = 0;
    param->b_repeat_headers = 0;
    set_rate(param, config);
    set_colour(param, like);
    return x264_param_apply_profile(param, "main") < 0 ? -EINVAL : 0;
}

static int read_headers(struct encoder *e)
{
    const x264_nal_t *sps = NULL, *pps = NULL;
    x264_nal_t *nals;
    int count;

    if (x264_encoder_headers(e->x264, &nals, &count) < 0)
        return -EINVAL;
    for (int i = 0; i < count; i++) {
        if (nals[i].i_type == NAL_SPS)
            sps = &nals[i];
        else if (nals[i].i_type == NAL_PPS)
            pps = &nals[i];
    }
    if (!sps || !pps)
        return -EINVAL;
    return codec_config_from_sps_pps(
        &e->config, sps->p_payload + LENGTH_SIZE, (size_t)sps->i_payload - LENGTH_SIZE,
        pps->p_payload + LENGTH_SIZE, (size_t)pps->i_payload - LENGTH_SIZE);
}

int encoder_create(struct encoder **out, const struct encoder_config *config,
                   const struct AVFrame *like)
{
    struct encoder *e = mem_zalloc(sizeof(*e));
    x264_param_t param;
    int err = set_up(&param, config, like);

    if (err)
        goto out;
    e->x264 = x264_encoder_open(&param);
    err = e->x264 ? read_headers(e) : -EINVAL;
    if (err)
        goto out;
    x264_picture_init(&e->picture);
    e->picture.img.i_csp = X264_CSP_I420;
    e->picture.img.i_plane = 3;

    *out = e;
    e = NULL;
out:
    encoder_destroy(e);
    return err;
}

void encoder_destroy(struct encoder *e)
{
    if (!e)
        return;
    if (e->x264)
        x264_encoder_close(e->x264);
    codec_config_unref(e->config);
    mem_free(e);
}

const struct codec_config *encoder_codec_config(const struct encoder *e)
{
    return e->config;
}

int encoder_encode(struct encoder *e, const struct AVFrame *frame, int64_t pts, bool force_idr,
                   struct encoded *out)
{
    x264_picture_t coded;
    x264_nal_t *nals;
    int count, len;

    for (int i = 0; i < 3; i++) {
        e->picture.img.plane[i] = frame->data[i];
        e->picture.img.i_stride[i] = frame->linesize[i];
    }
    e->picture.i_type = force_idr ? X264_TYPE_IDR : X264_TYPE_AUTO;
    e->picture.i_pts = pts;
    len = x264_encoder_encode(e->x264, &nals, &count, &e->picture, &coded);
    if (len <= 0)
        return -EIO;
    *out = (struct encoded){
        .data = nals[0].p_payload,
        .len = (size_t)len,
        .is_idr = coded.i_type == X264_TYPE_IDR,
    };
    return 0;
}
