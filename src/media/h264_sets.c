/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes AVCDecoderConfigurationRecord: ISO/IEC 14496-15, 5.3.3.1. */
#include "media/h264_sets.h"

#include <errno.h>

#include "base/buf.h"
#include "media/h264_sps.h"

#define SETS_LEN_MAX 65536

bool h264_is_set(const struct h264_nal *nal, int type)
{
    return nal->len && nal->len <= UINT16_MAX && (nal->data[0] & 0x1f) == type;
}

static void read_set(struct reader *r, struct h264_nal *set, int type)
{
    size_t len = read_u16(r);
    const uint8_t *data = read_bytes(r, len);

    *set = (struct h264_nal){ .data = data, .len = data ? len : 0, .type = type };
    if (!h264_is_set(set, type))
        r->err = -EINVAL;
}

int h264_sets_from_avcc(struct h264_sets *sets, const uint8_t *data, size_t len)
{
    struct reader r;

    reader_init(&r, data, len);
    if (read_u8(&r) != 1) /* configurationVersion */
        return -EINVAL;
    read_skip(&r, 4); /* profile, compatibility, level: the SPS says so too; length size */
    sets->sps_count = read_u8(&r) & 0x1f;
    for (int i = 0; i < sets->sps_count && !r.err; i++)
        read_set(&r, &sets->sps[i], NAL_SPS);
    sets->pps_count = read_u8(&r);
    for (int i = 0; i < sets->pps_count && !r.err; i++)
        read_set(&r, &sets->pps[i], NAL_PPS);
    return r.err || !sets->sps_count || !sets->pps_count ? -EINVAL : 0;
}

static void append_sets(struct buf *buf, const struct h264_nal *sets, int count)
{
    for (int i = 0; i < count; i++) {
        buf_append_u16(buf, (uint16_t)sets[i].len);
        buf_append(buf, sets[i].data, sets[i].len);
    }
}

static bool has_extension(int profile_idc)
{
    return profile_idc == 100 || profile_idc == 110 || profile_idc == 122 || profile_idc == 144 ||
           profile_idc == 244;
}

static struct bytes *finish(struct buf *buf)
{
    if (!buf->err)
        return bytes_from_buf(buf);
    buf_clear(buf);
    return NULL;
}

struct bytes *h264_sets_to_avcc(const struct h264_sets *sets, const struct h264_sps *sps)
{
    struct buf buf;

    buf_init(&buf, SETS_LEN_MAX);
    buf_append_u8(&buf, 1);
    buf_append(&buf, sets->sps[0].data + 1, 3); /* profile, compatibility, level */
    buf_append_u8(&buf, 0xfc | 3);              /* four-byte lengths */
    buf_append_u8(&buf, 0xe0 | (uint8_t)sets->sps_count);
    append_sets(&buf, sets->sps, sets->sps_count);
    buf_append_u8(&buf, (uint8_t)sets->pps_count);
    append_sets(&buf, sets->pps, sets->pps_count);
    if (has_extension(sps->profile_idc)) {
        buf_append_u8(&buf, 0xfc | (uint8_t)sps->chroma_format_idc);
        buf_append_u8(&buf, 0xf8 | (uint8_t)(sps->bit_depth_luma - 8));
        buf_append_u8(&buf, 0xf8 | (uint8_t)(sps->bit_depth_chroma - 8));
        buf_append_u8(&buf, 0); /* no SPS extensions */
    }
    return finish(&buf);
}

static void append_annexb(struct buf *buf, const struct h264_nal *sets, int count)
{
    for (int i = 0; i < count; i++) {
        buf_append_u32(buf, 1);
        buf_append(buf, sets[i].data, sets[i].len);
    }
}

struct bytes *h264_sets_to_annexb(const struct h264_sets *sets)
{
    struct buf buf;

    buf_init(&buf, SETS_LEN_MAX);
    append_annexb(&buf, sets->sps, sets->sps_count);
    append_annexb(&buf, sets->pps, sets->pps_count);
    return finish(&buf);
}
