/* SPDX-License-Identifier: Apache-2.0 */
/* AMF0 (Adobe, "Action Message Format -- AMF 0"), writing. */
#include "ingest/amf0_write.h"

#include <string.h>

void amf0_write_number(struct buf *out, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    buf_append_u8(out, 0x00);
    buf_append_u64(out, bits);
}

void amf0_write_boolean(struct buf *out, bool boolean)
{
    buf_append_u8(out, 0x01);
    buf_append_u8(out, boolean);
}

void amf0_write_name(struct buf *out, const char *name)
{
    size_t len = strnlen(name, UINT16_MAX);

    buf_append_u16(out, (uint16_t)len);
    buf_append(out, name, len);
}

void amf0_write_string(struct buf *out, const char *text)
{
    buf_append_u8(out, 0x02);
    amf0_write_name(out, text);
}

void amf0_write_null(struct buf *out)
{
    buf_append_u8(out, 0x05);
}

void amf0_write_object(struct buf *out)
{
    buf_append_u8(out, 0x03);
}

void amf0_write_object_end(struct buf *out)
{
    buf_append_u24(out, 0x000009);
}

void amf0_write_ecma_array(struct buf *out, uint32_t count)
{
    buf_append_u8(out, 0x08);
    buf_append_u32(out, count);
}

void amf0_write_strict_array(struct buf *out, uint32_t count)
{
    buf_append_u8(out, 0x0a);
    buf_append_u32(out, count);
}
