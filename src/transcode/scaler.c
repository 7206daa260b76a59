/* SPDX-License-Identifier: Apache-2.0 */
/* Bicubic scaling with libswscale. Each rung is scaled from the next larger: half the work of
 * scaling each from the source, for 0.001 of SSIM. */
#include "transcode/scaler.h"

#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

#include "base/mem.h"

#define ALIGNMENT 64 /* the widest vector that libswscale and x264 read with */

struct scaler {
    int width, height;
    struct SwsContext *sws; /* for the last kind of input */
    AVBufferPool *pool;     /* of whole pictures */
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

AVFrame *scaler_scale(struct scaler *s, const AVFrame *in)
{
    enum AVPixelFormat format = plain_format(in->format);
    AVFrame *out;

    if (in->width == s->width && in->height == s->height && format == AV_PIX_FMT_YUV420P)
        return av_frame_clone(in);
    s->sws = sws_getCachedContext(s->sws, in->width, in->height, format, s->width, s->height,
                                  AV_PIX_FMT_YUV420P, SWS_BICUBIC, NULL, NULL, NULL);
    if (!s->sws)
        return NULL;
    out = create_frame(s, in);
    if (out)
        sws_scale(s->sws, (const uint8_t *const *)in->data, in->linesize, 0, in->height, out->data,
                  out->linesize);
    return out;
}
