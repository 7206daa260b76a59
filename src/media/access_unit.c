/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites access units into the one form used inside. The codecs differ in what their NAL units
 * are called: ISO/IEC 14496-10, table 7-1; 23008-2, table 7-1. */
#include "media/access_unit.h"

#include <errno.h>
#include <string.h>

#include "media/hevc_nal.h"

#define LENGTH_SIZE 4 /* inside, always */

/* What becomes of a NAL unit. */
enum role {
    ROLE_DROPPED, /* delimiters, filler, what no decoder of ours would look at */
    ROLE_SET,     /* goes into the configuration */
    ROLE_KEPT,
    ROLE_SLICE,
    ROLE_IDR, /* a slice, too */
};

static enum role h264_role(const struct h264_nal *nal)
{
    switch (nal->type) {
    case NAL_SPS:
    case NAL_PPS:
        return ROLE_SET;
    case NAL_AUD:
    case NAL_END_OF_SEQUENCE:
    case NAL_END_OF_STREAM:
    case NAL_FILLER:
        return ROLE_DROPPED;
    case NAL_IDR:
        return ROLE_IDR;
    default:
        return nal->type >= NAL_SLICE && nal->type < NAL_IDR ? ROLE_SLICE : ROLE_KEPT;
    }
}

/* Layers above the base one are for decoders of other standards (annexes F to I). */
static enum role hevc_role(const struct h264_nal *nal)
{
    int type = hevc_nal_type(nal);

    if (nal->len < HEVC_NAL_HEADER || hevc_nal_layer(nal))
        return ROLE_DROPPED;
    switch (type) {
    case HEVC_VPS:
    case HEVC_SPS:
    case HEVC_PPS:
        return ROLE_SET;
    case HEVC_AUD:
    case HEVC_END_OF_SEQUENCE:
    case HEVC_END_OF_STREAM:
    case HEVC_FILLER:
        return ROLE_DROPPED;
    case HEVC_IDR_W_RADL:
    case HEVC_IDR_N_LP:
        return ROLE_IDR;
    default:
        if (type > HEVC_VCL_MAX)
            return ROLE_KEPT;
        return hevc_is_slice(type) ? ROLE_SLICE : ROLE_DROPPED;
    }
}

/* Whether it belongs into a packet; remembers parameter sets and the kind of picture. */
static bool is_kept(struct access_unit *unit, const struct h264_nal *nal, bool *has_slice)
{
    enum role role = unit->codec == VIDEO_HEVC ? hevc_role(nal) : h264_role(nal);

    if (role == ROLE_SET && unit->set_count < ACCESS_UNIT_SETS_MAX)
        unit->sets[unit->set_count++] = *nal;
    if (role >= ROLE_SLICE && !*has_slice) {
        unit->is_idr = role == ROLE_IDR;
        *has_slice = true;
    }
    return role >= ROLE_KEPT;
}

static uint8_t *put_nal(uint8_t *to, const struct h264_nal *nal)
{
    to[0] = (uint8_t)(nal->len >> 24);
    to[1] = (uint8_t)(nal->len >> 16);
    to[2] = (uint8_t)(nal->len >> 8);
    to[3] = (uint8_t)nal->len;
    memcpy(to + LENGTH_SIZE, nal->data, nal->len);
    return to + LENGTH_SIZE + nal->len;
}

/* `length_size` 0 means start codes. */
static bool next_nal(struct reader *r, int length_size, struct h264_nal *nal)
{
    return length_size ? h264_next_nal(r, length_size, nal) : h264_next_annexb_nal(r, nal);
}

/* What of an access unit belongs into a packet. */
struct kept {
    const uint8_t *begin, *end; /* of the NAL units, without the length before the first */
    size_t size;                /* of all, each with a 4-byte length before it */
    bool has_slice;
};

/* Fills all of `unit` but its data. */
static int scan(struct access_unit *unit, struct kept *kept, enum video_codec codec,
                const uint8_t *data, size_t len, int length_size)
{
    struct h264_nal nal;
    struct reader r;

    *unit = (struct access_unit){ .codec = codec };
    *kept = (struct kept){ 0 };
    reader_init(&r, data, len);
    while (next_nal(&r, length_size, &nal)) {
        if (!is_kept(unit, &nal, &kept->has_slice))
            continue;
        if (!kept->begin)
            kept->begin = nal.data;
        kept->end = nal.data + nal.len;
        kept->size += LENGTH_SIZE + nal.len;
    }
    return reader_err(&r) ? -EINVAL : 0;
}

static struct bytes *copy_kept(const struct kept *kept, const uint8_t *data, size_t len,
                               int length_size, enum video_codec codec)
{
    struct bytes *copy = bytes_create(kept->size);
    struct access_unit unused = { .codec = codec };
    bool has_slice = false;
    uint8_t *to = copy->data;
    struct h264_nal nal;
    struct reader r;

    reader_init(&r, data, len);
    while (next_nal(&r, length_size, &nal))
        if (is_kept(&unused, &nal, &has_slice))
            to = put_nal(to, &nal);
    return copy;
}

static int read_unit(struct access_unit *out, enum video_codec codec, const uint8_t *data,
                     size_t len, int length_size)
{
    struct kept kept;
    int err = scan(out, &kept, codec, data, len, length_size);

    if (!err && kept.has_slice)
        out->data = copy_kept(&kept, data, len, length_size, codec);
    return err;
}

int access_unit_reuse(struct access_unit *out, enum video_codec codec, struct bytes *unit,
                      size_t offset, int length_size)
{
    struct kept kept;
    int err = scan(out, &kept, codec, unit->data + offset, unit->len - offset, length_size);

    if (err || !kept.has_slice)
        return err;
    if (length_size == LENGTH_SIZE && kept.begin - LENGTH_SIZE + kept.size == kept.end) {
        bytes_narrow(unit, (size_t)(kept.begin - LENGTH_SIZE - unit->data), kept.size);
        out->data = bytes_ref(unit);
    } else {
        out->data = copy_kept(&kept, unit->data + offset, unit->len - offset, length_size, codec);
    }
    return 0;
}

int access_unit_read(struct access_unit *out, enum video_codec codec, const uint8_t *data,
                     size_t len, int length_size)
{
    return read_unit(out, codec, data, len, length_size);
}

int access_unit_read_annexb(struct access_unit *out, const uint8_t *data, size_t len)
{
    return read_unit(out, VIDEO_H264, data, len, 0);
}
