/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over NAL units behind lengths (ISO/IEC 14496-15, 5.3.4.2) and behind start codes
 * (ISO/IEC 14496-10, annex B). */
#include "media/h264_nal.h"

#include <string.h>

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
