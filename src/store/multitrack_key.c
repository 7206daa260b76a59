/* SPDX-License-Identifier: Apache-2.0 */
/* "mk_" and, as base64url:
 *     version (1) | MAC (16) | good until, s (5) | config id (16, a UUID)
 *     | tracks: how many (low 3 bits), which of them are HEVC (a bit each above, the first the
 *       lowest) (1) | { width (2) height (2) fps (2 / 2) kb/s (2) } | ARN of the stream key */
#include "store/multitrack_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/reader.h"

#define PREFIX     "mk_"
#define PREFIX_LEN 3
#define VERSION    1
#define MAC_SIZE   16
#define MAC_END    (1 + MAC_SIZE)
#define UUID_SIZE  16
#define COUNT_BITS 3 /* a bit for each of five tracks is left in the byte */
#define DATA_MAX   ((MULTITRACK_KEY_SIZE - PREFIX_LEN - 1) * 3 / 4)

/* The text of a UUID, without its dashes, is the id's bytes in hexadecimal. */
static void write_uuid(char out[MULTITRACK_CONFIG_ID_SIZE], const uint8_t id[UUID_SIZE])
{
    static const int dashes_before[] = { 4, 6, 8, 10 };
    char hex[2 * UUID_SIZE + 1];
    size_t at = 0, dash = 0;

    hex_encode(hex, id, UUID_SIZE);
    for (int i = 0; i < UUID_SIZE; i++) {
        if (dash < ARRAY_LEN(dashes_before) && dashes_before[dash] == i) {
            out[at++] = '-';
            dash++;
        }
        out[at++] = hex[2 * i];
        out[at++] = hex[2 * i + 1];
    }
    out[at] = '\0';
}

static void read_uuid(uint8_t id[UUID_SIZE], const char *text)
{
    unsigned byte;

    memset(id, 0, UUID_SIZE);
    for (int i = 0; i < UUID_SIZE && sscanf(text, "%2x", &byte) == 1; i++) {
        id[i] = (uint8_t)byte;
        text += 2;
        text += *text == '-';
    }
}

static void write_track(struct buf *out, const struct multitrack_track *track)
{
    buf_append_u16(out, (uint16_t)track->width);
    buf_append_u16(out, (uint16_t)track->height);
    buf_append_u16(out, (uint16_t)track->fps_num);
    buf_append_u16(out, (uint16_t)track->fps_den);
    buf_append_u16(out, (uint16_t)track->bitrate_kbps);
}

static int hevc_bits(const struct multitrack_config *config)
{
    int bits = 0;

    for (int i = 0; i < config->count; i++)
        if (config->tracks[i].codec == VIDEO_HEVC)
            bits |= 1 << (COUNT_BITS + i);
    return bits;
}

void multitrack_key_make(char out[MULTITRACK_KEY_SIZE], const uint8_t secret[SHA256_SIZE],
                         const struct multitrack_grant *grant)
{
    uint8_t mac[SHA256_SIZE] = { 0 }, id[UUID_SIZE];
    int64_t until_s = grant->until_ms / 1000;
    struct buf data;

    read_uuid(id, grant->config_id);
    buf_init(&data, DATA_MAX);
    buf_append_u8(&data, VERSION);
    buf_append(&data, mac, MAC_SIZE); /* not known yet */
    buf_append_u8(&data, (uint8_t)(until_s >> 32));
    buf_append_u32(&data, (uint32_t)until_s);
    buf_append(&data, id, UUID_SIZE);
    buf_append_u8(&data, (uint8_t)(grant->config.count | hevc_bits(&grant->config)));
    for (int i = 0; i < grant->config.count; i++)
        write_track(&data, &grant->config.tracks[i]);
    buf_append_str(&data, grant->stream_key_arn);
    hmac_sha256(mac, secret, SHA256_SIZE, data.data + MAC_END, data.len - MAC_END);
    memcpy(data.data + 1, mac, MAC_SIZE);
    memcpy(out, PREFIX, PREFIX_LEN);
    base64url_encode(out + PREFIX_LEN, data.data, data.len);
    buf_clear(&data);
}

bool multitrack_key_is_one(const char *key)
{
    return !strncmp(key, PREFIX, PREFIX_LEN);
}

static struct multitrack_track read_track(struct reader *r)
{
    struct multitrack_track track = { 0 };

    track.width = read_u16(r);
    track.height = read_u16(r);
    track.fps_num = read_u16(r);
    track.fps_den = read_u16(r);
    track.bitrate_kbps = read_u16(r);
    return track;
}

/* What is behind the MAC, which has been found right: written here. */
static int read_grant(struct multitrack_grant *out, struct reader *r)
{
    const uint8_t *id, *arn;
    size_t arn_len;
    int tracks;

    out->until_ms = (int64_t)read_u8(r) << 32;
    out->until_ms = (out->until_ms | read_u32(r)) * 1000;
    id = read_bytes(r, UUID_SIZE);
    tracks = read_u8(r);
    out->config.count = tracks & ((1 << COUNT_BITS) - 1);
    if (!id || out->config.count < 1 || out->config.count > MULTITRACK_MAX)
        return -EBADMSG;
    write_uuid(out->config_id, id);
    for (int i = 0; i < out->config.count; i++) {
        out->config.tracks[i] = read_track(r);
        out->config.tracks[i].codec = tracks >> (COUNT_BITS + i) & 1 ? VIDEO_HEVC : VIDEO_H264;
    }
    arn_len = reader_left(r);
    arn = read_bytes(r, arn_len);
    if (reader_err(r) || arn_len >= sizeof(out->stream_key_arn))
        return -EBADMSG;
    memcpy(out->stream_key_arn, arn, arn_len);
    return 0;
}

int multitrack_key_read(struct multitrack_grant *out, const uint8_t secret[SHA256_SIZE],
                        const char *key, int64_t now_ms)
{
    uint8_t data[DATA_MAX + 3], expected[SHA256_SIZE];
    const uint8_t *mac;
    struct reader r;
    size_t len;
    int err;

    *out = (struct multitrack_grant){ 0 };
    if (!multitrack_key_is_one(key) || strlen(key) >= MULTITRACK_KEY_SIZE ||
        base64url_decode(data, &len, key + PREFIX_LEN, strlen(key) - PREFIX_LEN))
        return -EBADMSG;
    reader_init(&r, data, len);
    if (read_u8(&r) != VERSION)
        return -EBADMSG;
    mac = read_bytes(&r, MAC_SIZE);
    if (!mac)
        return -EBADMSG;
    hmac_sha256(expected, secret, SHA256_SIZE, data + MAC_END, len - MAC_END);
    if (!secret_equal(mac, expected, MAC_SIZE))
        return -EBADMSG;
    err = read_grant(out, &r);
    if (err)
        return err;
    return now_ms > out->until_ms ? -EKEYEXPIRED : 0;
}
