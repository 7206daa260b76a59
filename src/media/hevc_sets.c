/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes HEVCDecoderConfigurationRecord: ISO/IEC 14496-15, 8.3.3.1. */
#include "media/hevc_sets.h"

#include <errno.h>

#include "base/buf.h"
#include "media/hevc_sps.h"

#define SETS_LEN_MAX   65536
#define RECORD_HEAD    22 /* bytes before the number of arrays */
#define LENGTH_SIZE_AT 21
#define ARRAY_COMPLETE 0x80 /* none of the kind stand in the stream, as `hvc1` asks for */

struct hevc_set_list *hevc_sets_of(struct hevc_sets *sets, int type)
{
    return type >= HEVC_VPS && type <= HEVC_PPS ? &sets->kinds[type - HEVC_VPS] : NULL;
}

int hevc_sets_add(struct hevc_sets *sets, const struct h264_nal *nal)
{
    struct hevc_set_list *list;

    if (nal->len <= HEVC_NAL_HEADER || nal->len > UINT16_MAX || hevc_nal_layer(nal))
        return -EINVAL;
    list = hevc_sets_of(sets, hevc_nal_type(nal));
    if (!list || list->count == HEVC_SETS_MAX)
        return -EINVAL;
    list->nals[list->count++] = *nal;
    return 0;
}

static void read_array(struct reader *r, struct hevc_sets *sets)
{
    int type = read_u8(r) & 0x3f;
    int count = read_u16(r);

    for (int i = 0; i < count && !r->err; i++) {
        size_t len = read_u16(r);
        const uint8_t *data = read_bytes(r, len);
        const struct h264_nal nal = { .data = data, .len = data ? len : 0 };

        if (!data || !hevc_sets_of(sets, type))
            continue;
        if (len <= HEVC_NAL_HEADER || hevc_nal_type(&nal) != type || hevc_sets_add(sets, &nal))
            r->err = -EINVAL;
    }
}

int hevc_sets_from_hvcc(struct hevc_sets *sets, const uint8_t *data, size_t len)
{
    struct reader r;
    int arrays;

    for (int i = 0; i < HEVC_SET_KINDS; i++)
        sets->kinds[i].count = 0;
    reader_init(&r, data, len);
    if (read_u8(&r) != 1) /* configurationVersion */
        return -EINVAL;
    read_skip(&r, RECORD_HEAD - 1); /* what the SPS says, too; length size */
    arrays = read_u8(&r);
    for (int i = 0; i < arrays && !r.err; i++)
        read_array(&r, sets);
    for (int i = 0; i < HEVC_SET_KINDS; i++)
        if (!sets->kinds[i].count)
            return -EINVAL;
    return r.err ? -EINVAL : 0;
}

int hvcc_length_size(const uint8_t *data, size_t len)
{
    int size;

    if (len <= LENGTH_SIZE_AT || data[0] != 1)
        return -EINVAL;
    size = (data[LENGTH_SIZE_AT] & 3) + 1;
    return size == 3 ? -EINVAL : size;
}

static struct bytes *finish(struct buf *buf)
{
    if (!buf->err)
        return bytes_from_buf(buf);
    buf_clear(buf);
    return NULL;
}

static void append_head(struct buf *buf, const struct hevc_sps *sps)
{
    buf_append_u8(buf, 1);
    buf_append(buf, sps->profile.general, HEVC_GENERAL_SIZE);
    buf_append_u16(buf, 0xf000); /* min_spatial_segmentation_idc: not told */
    buf_append_u8(buf, 0xfc);    /* parallelismType: not told */
    buf_append_u8(buf, 0xfc | (uint8_t)sps->chroma_format_idc);
    buf_append_u8(buf, 0xf8 | (uint8_t)(sps->bit_depth_luma - 8));
    buf_append_u8(buf, 0xf8 | (uint8_t)(sps->bit_depth_chroma - 8));
    buf_append_u16(buf, 0); /* average frame rate: not told */
    buf_append_u8(buf, (uint8_t)(sps->sub_layers << 3 | sps->is_temporal_id_nested << 2 | 3));
}

struct bytes *hevc_sets_to_hvcc(const struct hevc_sets *sets, const struct hevc_sps *sps)
{
    struct buf buf;

    buf_init(&buf, SETS_LEN_MAX);
    append_head(&buf, sps);
    buf_append_u8(&buf, HEVC_SET_KINDS);
    for (int i = 0; i < HEVC_SET_KINDS; i++) {
        const struct hevc_set_list *list = &sets->kinds[i];

        buf_append_u8(&buf, ARRAY_COMPLETE | (uint8_t)(HEVC_VPS + i));
        buf_append_u16(&buf, (uint16_t)list->count);
        for (int j = 0; j < list->count; j++) {
            buf_append_u16(&buf, (uint16_t)list->nals[j].len);
            buf_append(&buf, list->nals[j].data, list->nals[j].len);
        }
    }
    return finish(&buf);
}

struct bytes *hevc_sets_to_annexb(const struct hevc_sets *sets)
{
    struct buf buf;

    buf_init(&buf, SETS_LEN_MAX);
    for (int i = 0; i < HEVC_SET_KINDS; i++)
        for (int j = 0; j < sets->kinds[i].count; j++) {
            buf_append_u32(&buf, 1);
            buf_append(&buf, sets->kinds[i].nals[j].data, sets->kinds[i].nals[j].len);
        }
    return finish(&buf);
}
