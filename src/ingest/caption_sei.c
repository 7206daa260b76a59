/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/caption_sei.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

/* The header of an SEI NAL unit; HEVC's prefix SEI, of the base layer. */
#define SEI_NAL           0x06
#define HEVC_SEI_NAL      0x4e01
#define SEI_USER_DATA_T35 4
#define SEI_END           0x80 /* rbsp_trailing_bits */
#define USER_DATA_TYPE_CC 3

/* A/53-4, table 6.6: country code (United States), provider (ATSC), user identifier. */
static const uint8_t registration[] = { 0xb5, 0x00, 0x31, 'G', 'A', '9', '4' };
#define IDENTIFIER_AT 3

static bool starts_with(const uint8_t *data, size_t len, const uint8_t *start, size_t start_len)
{
    return len > start_len && !memcmp(data, start, start_len);
}

/* How many bytes of `registration` have to go before; -EINVAL: not captions. */
static int missing_registration(const uint8_t *data, size_t len)
{
    if (starts_with(data, len, registration, sizeof(registration)))
        return 0;
    if (starts_with(data, len, registration + IDENTIFIER_AT, sizeof(registration) - IDENTIFIER_AT))
        return IDENTIFIER_AT;
    if (len > 2 && data[0] == USER_DATA_TYPE_CC)
        return sizeof(registration);
    return -EINVAL;
}

/* EVP_DecodeBlock() counts what the padding stands for, too. */
static int decode(uint8_t out[CAPTION_MAX], const char *base64, size_t len)
{
    int size;

    if (len / 4 * 3 > CAPTION_MAX)
        return -EMSGSIZE;
    size = EVP_DecodeBlock(out, (const unsigned char *)base64, (int)len);
    if (size <= 0 || len % 4)
        return -EINVAL;
    for (size_t i = len; i > len - 2 && base64[i - 1] == '='; i--)
        size--;
    return size;
}

/* ITU-T H.264, 7.4.1: 0, 0 and a byte up to 3 must not stand in a NAL unit. */
static void append_escaped(struct buf *out, const uint8_t *data, size_t len)
{
    int zeroes = 0;

    for (size_t i = 0; i < len; i++) {
        if (zeroes == 2 && data[i] <= 3) {
            buf_append_u8(out, 3);
            zeroes = 0;
        }
        buf_append_u8(out, data[i]);
        zeroes = data[i] ? 0 : zeroes + 1;
    }
}

static void append_nal(struct buf *nal, enum video_codec codec, const uint8_t *payload, size_t len)
{
    size_t left = len;
    struct buf sei;

    buf_init(&sei, 2 * CAPTION_MAX);
    buf_append_u8(&sei, SEI_USER_DATA_T35);
    for (; left >= 255; left -= 255)
        buf_append_u8(&sei, 255);
    buf_append_u8(&sei, (uint8_t)left);
    buf_append(&sei, payload, len);
    buf_append_u8(&sei, SEI_END);
    if (codec == VIDEO_HEVC)
        buf_append_u16(nal, HEVC_SEI_NAL);
    else
        buf_append_u8(nal, SEI_NAL);
    append_escaped(nal, sei.data, sei.len);
    buf_clear(&sei);
}

int caption_sei_append(struct buf *out, enum video_codec codec, const char *base64, size_t len)
{
    uint8_t payload[sizeof(registration) + CAPTION_MAX], *captions = payload + sizeof(registration);
    struct buf nal;
    int missing, size = decode(captions, base64, len), err;

    if (size < 0)
        return size;
    missing = missing_registration(captions, (size_t)size);
    if (missing < 0)
        return missing;
    memcpy(captions - missing, registration, (size_t)missing);

    buf_init(&nal, 4 * CAPTION_MAX);
    append_nal(&nal, codec, captions - missing, (size_t)(size + missing));
    err = buf_reserve(out, 4 + nal.len) ? 0 : -EMSGSIZE;
    if (!err) {
        buf_append_u32(out, (uint32_t)nal.len);
        buf_append(out, nal.data, nal.len);
    }
    buf_clear(&nal);
    return err;
}
