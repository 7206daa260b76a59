/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over NAL units behind lengths (ISO/IEC 14496-15, 5.3.4.2) and behind start codes
 * (ISO/IEC 14496-10, annex B), and rewrites access units into the one form used inside. */
#include "media/h264_nal.h"

#include <errno.h>
#include <string.h>

#define LENGTH_SIZE 4 /* inside, always */

static uint32_t read_length(struct reader *r, int length_size)
{
    uint32_t length = 0;

    for (int i = 0; i < length_size; i++)
        length = length << 8 | read_u8(r);
    return length;
}

static void set_nal(struct h264_nal *nal, const uint8_t *data, size_t len)
{
    *nal = (struct h264_nal){ .data = data, .len = len, .type = data[0] & 0x1f };
}

bool h264_next_nal(struct reader *r, int length_size, struct h264_nal *nal)
{
    while (reader_left(r)) {
        size_t len = read_length(r, length_size);
        const uint8_t *data = read_bytes(r, len);

        if (!data)
            return false;
        if (!len)
            continue;
        set_nal(nal, data, len);
        return true;
    }
    return false;
}

/* Where the next start code 00 00 01 stands at or after `pos`; `len` if nowhere. */
static size_t find_start_code(const uint8_t *data, size_t len, size_t pos)
{
    while (pos + 3 <= len) {
        const uint8_t *one = memchr(data + pos + 2, 1, len - pos - 2);

        if (!one)
            return len;
        pos = (size_t)(one - data) - 2;
        if (!data[pos] && !data[pos + 1])
            return pos;
        pos++;
    }
    return len;
}

bool h264_next_annexb_nal(struct reader *r, struct h264_nal *nal)
{
    while (reader_left(r)) {
        size_t start = find_start_code(r->data, r->len, r->pos);
        size_t end;

        if (start == r->len) {
            r->pos = r->len;
            return false;
        }
        start += 3;
        end = find_start_code(r->data, r->len, start);
        r->pos = end;
        while (end > start && !r->data[end - 1]) /* trailing_zero_8bits */
            end--;
        if (end == start)
            continue;
        set_nal(nal, r->data + start, end - start);
        return true;
    }
    return false;
}

static bool is_slice(int type)
{
    return type >= NAL_SLICE && type <= NAL_IDR;
}

/* Whether it belongs into a packet; remembers parameter sets and the kind of picture. */
static bool is_kept(struct h264_access_unit *unit, const struct h264_nal *nal, bool *has_slice)
{
    switch (nal->type) {
    case NAL_SPS:
    case NAL_PPS:
        if (unit->set_count < H264_SETS_MAX)
            unit->sets[unit->set_count++] = *nal;
        return false;
    case NAL_AUD:
    case NAL_END_OF_SEQUENCE:
    case NAL_END_OF_STREAM:
    case NAL_FILLER:
        return false;
    default:
        if (is_slice(nal->type) && !*has_slice) {
            unit->is_idr = nal->type == NAL_IDR;
            *has_slice = true;
        }
        return true;
    }
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
static int scan(struct h264_access_unit *unit, struct kept *kept, const uint8_t *data, size_t len,
                int length_size)
{
    struct h264_nal nal;
    struct reader r;

    *unit = (struct h264_access_unit){ 0 };
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
                               int length_size)
{
    struct bytes *copy = bytes_create(kept->size);
    struct h264_access_unit unused = { 0 };
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

static int read_access_unit(struct h264_access_unit *out, const uint8_t *data, size_t len,
                            int length_size)
{
    struct kept kept;
    int err = scan(out, &kept, data, len, length_size);

    if (!err && kept.has_slice)
        out->data = copy_kept(&kept, data, len, length_size);
    return err;
}

int h264_access_unit_reuse(struct h264_access_unit *out, struct bytes *unit, size_t offset,
                           int length_size)
{
    struct kept kept;
    int err = scan(out, &kept, unit->data + offset, unit->len - offset, length_size);

    if (err || !kept.has_slice)
        return err;
    if (length_size == LENGTH_SIZE && kept.begin - LENGTH_SIZE + kept.size == kept.end) {
        bytes_narrow(unit, (size_t)(kept.begin - LENGTH_SIZE - unit->data), kept.size);
        out->data = bytes_ref(unit);
    } else {
        out->data = copy_kept(&kept, unit->data + offset, unit->len - offset, length_size);
    }
    return 0;
}

int h264_access_unit_read(struct h264_access_unit *out, const uint8_t *data, size_t len,
                          int length_size)
{
    return read_access_unit(out, data, len, length_size);
}

int h264_access_unit_read_annexb(struct h264_access_unit *out, const uint8_t *data, size_t len)
{
    return read_access_unit(out, data, len, 0);
}
