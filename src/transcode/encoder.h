/* SPDX-License-Identifier: Apache-2.0 */
/* One rung's H.264 encoder: libx264, one thread, one packet out for each picture in.
 * Thread: its owner's. */
#ifndef TRANSCODE_ENCODER_H
#define TRANSCODE_ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct AVFrame;
struct codec_config;
struct encoder;

struct encoder_config {
    const char *preset; /* of x264 */
    int width, height;
    int bitrate_bps; /* average and, over a second, peak */
    double fps;
};

struct encoded {
    const uint8_t *data; /* NAL units behind 4-byte lengths; borrowed until the next call */
    size_t len;
    bool is_idr;
};

/* `like`: the first picture, for its colour and sample shape. -EINVAL when libx264 refuses. */
int encoder_create(struct encoder **out, const struct encoder_config *config,
                   const struct AVFrame *like);
/* Borrowed. */
const struct codec_config *encoder_codec_config(const struct encoder *e);
/* `pts` must grow. -EIO when libx264 fails: no packet. */
int encoder_encode(struct encoder *e, const struct AVFrame *frame, int64_t pts, bool force_idr,
                   struct encoded *out);
bool encoder_is_preset(const char *name);
/* NULL is fine. */
void encoder_destroy(struct encoder *e);

#endif
