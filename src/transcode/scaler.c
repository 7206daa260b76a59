/* SPDX-License-Identifier: Apache-2.0 */
/* Bicubic scaling, planar 8-bit pictures with our own code where the processor has AVX2, all others
 * with libswscale. Each rung is scaled from the next larger: half the work of scaling each from the
 * source, for 0.001 of SSIM. */
#include "transcode/scaler.h"

#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "base/mem.h"
#include "transcode/bicubic.h"

#define ALIGNMENT 64 /* the widest vector that libswscale and x264 read with */

struct scaler {
    int width, height;
    struct bicubic *planes[2]; /* luma and chroma of the last kind of input */
    struct SwsContext *sws;    /* likewise */
    AVBufferPool *pool;        /* of whole pictures */
};

struct scaler *scaler_create(int width, int height)
{
    struct scaler *s = mem_zalloc(sizeof(*s));

    s->width = width;
    s->height = height;
    return s;
}

void scaler_destroy(struct scaler *s)
{
    if (!s)
        return;
    for (int i = 0; i < 2; i++)
        bicubic_destroy(s->planes[i]);
    sws_freeContext(s->sws);
    av_buffer_pool_uninit(&s->pool);
    mem_free(s);
}

/* The full-range formats of old differ from the others in nothing but the range, which is carried
 * as a property. */
static enum AVPixelFormat plain_format(int format)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P:
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
        return AV_PIX_FMT_YUV444P;
    default:
        return format;
    }
}

static int fill_from_pool(struct scaler *s, AVFrame *frame)
{
    int size = av_image_get_buffer_size(AV_PIX_FMT_YUV420P, s->width, s->height, ALIGNMENT);

    if (size < 0)
        return size;
    if (!s->pool)
        s->pool = av_buffer_pool_init((size_t)size + ALIGNMENT, NULL);
    frame->buf[0] = s->pool ? av_buffer_pool_get(s->pool) : NULL;
    if (!frame->buf[0])
        return AVERROR(ENOMEM);
    return av_image_fill_arrays(frame->data, frame->linesize, frame->buf[0]->data,
                                AV_PIX_FMT_YUV420P, s->width, s->height, ALIGNMENT);
}

static AVFrame *create_frame(struct scaler *s, const AVFrame *in)
{
    AVFrame *frame = av_frame_alloc();

    if (!frame)
        return NULL;
    frame->width = s->width;
    frame->height = s->height;
    frame->format = AV_PIX_FMT_YUV420P;
    if (fill_from_pool(s, frame) < 0)
        goto fail;
    frame->color_range = in->format == AV_PIX_FMT_YUVJ420P ? AVCOL_RANGE_JPEG : in->color_range;
    frame->color_primaries = in->color_primaries;
    frame->color_trc = in->color_trc;
    frame->colorspace = in->colorspace;
    frame->chroma_location = in->chroma_location;
    frame->sample_aspect_ratio = in->sample_aspect_ratio;
    return frame;
fail:
    av_frame_free(&frame);
    return NULL;
}

/* -- our own code -- */

struct plane_size {
    int width, height;
};

/* Rounded up, as all decoders and encoders do. */
static struct plane_size plane_size(int width, int height, int log2_width, int log2_height)
{
    return (struct plane_size){ AV_CEIL_RSHIFT(width, log2_width),
                                AV_CEIL_RSHIFT(height, log2_height) };
}

static bool is_planar(enum AVPixelFormat format)
{
    return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUV422P ||
           format == AV_PIX_FMT_YUV444P;
}

static bool is_large_enough(struct plane_size size)
{
    return size.width >= BICUBIC_EDGE_MIN && size.height >= BICUBIC_EDGE_MIN;
}

/* `in` and `out`: of the chroma planes, which are the smaller ones. */
static bool can_scale_planes(enum AVPixelFormat format, struct plane_size in, struct plane_size out)
{
    return bicubic_is_supported() && is_planar(format) && is_large_enough(in) &&
           is_large_enough(out);
}

static void prepare_plane(struct bicubic **plane, struct plane_size in, struct plane_size out)
{
    if (bicubic_fits(*plane, in.width, in.height))
        return;
    bicubic_destroy(*plane);
    *plane = bicubic_create(in.width, in.height, out.width, out.height);
}

static bool scale_planes(struct scaler *s, const AVFrame *in, enum AVPixelFormat format,
                         AVFrame *out)
{
    const AVPixFmtDescriptor *shape = av_pix_fmt_desc_get(format);
    struct plane_size from, to = plane_size(s->width, s->height, 1, 1);

    from = plane_size(in->width, in->height, shape->log2_chroma_w, shape->log2_chroma_h);
    if (!can_scale_planes(format, from, to))
        return false;
    prepare_plane(&s->planes[0], (struct plane_size){ in->width, in->height },
                  (struct plane_size){ s->width, s->height });
    prepare_plane(&s->planes[1], from, to);
    for (int i = 0; i < 3; i++)
        bicubic_scale(s->planes[i > 0], out->data[i], out->linesize[i], in->data[i],
                      in->linesize[i]);
    return true;
}

/* -- either -- */

static bool scale_anything(struct scaler *s, const AVFrame *in, enum AVPixelFormat format,
                           AVFrame *out)
{
    s->sws = sws_getCachedContext(s->sws, in->width, in->height, format, s->width, s->height,
                                  AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    if (s->sws)
        sws_scale(s->sws, (const uint8_t *const *)in->data, in->linesize, 0, in->height, out->data,
                  out->linesize);
    return s->sws;
}

AVFrame *scaler_scale(struct scaler *s, const AVFrame *in)
{
    enum AVPixelFormat format = plain_format(in->format);
    AVFrame *out;

    if (in->width == s->width && in->height == s->height && format == AV_PIX_FMT_YUV420P)
        return av_frame_clone(in);
    out = create_frame(s, in);
    if (out && !scale_planes(s, in, format, out) && !scale_anything(s, in, format, out))
        av_frame_free(&out);
    return out;
}
