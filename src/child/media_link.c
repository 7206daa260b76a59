/* SPDX-License-Identifier: Apache-2.0 */
#include "child/media_link.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "media/access_unit.h"
#include "media/codec.h"

#define CONFIG_MAX     65536
#define AAC_FRAME_MAX  8191 /* what ADTS can carry */
#define ARRIVAL_MAX_US (60 * 1000000LL)
#define FLAG_IDR       0x01
#define FLAG_SEGMENT   0x02

void link_put(struct link_writer *w, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        w->at[w->len++] = (uint8_t)(value >> (8 * i));
}

void link_put_bytes(struct link_writer *w, const void *data, size_t len)
{
    memcpy(w->at + w->len, data, len);
    w->len += len;
}

struct reader link_reader(const struct worker_frame *frame)
{
    struct reader r;

    reader_init(&r, frame->data, frame->len);
    return r;
}

int link_reader_end(const struct reader *r)
{
    return reader_err(r) || reader_left(r) ? -EPROTO : 0;
}

/* -- to the link and from it -- */

static void put_target(struct link_writer *w, int output, enum media_kind kind)
{
    link_put(w, (uint64_t)output, 1);
    link_put(w, kind, 1);
}

static int read_target(struct reader *r, int *output, enum media_kind *kind)
{
    *output = read_u8(r);
    *kind = (enum media_kind)read_u8(r);
    if (*output >= LINK_OUTPUTS_MAX || (*kind != MEDIA_VIDEO && *kind != MEDIA_AUDIO))
        return -EPROTO;
    return 0;
}

size_t link_config_write(uint8_t out[LINK_HEAD_MAX], const struct link_config *in)
{
    struct link_writer w = { out, 0 };

    put_target(&w, in->output, in->kind);
    return w.len;
}

int link_config_parse(struct link_config *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);

    *out = (struct link_config){ 0 };
    if (read_target(&r, &out->output, &out->kind))
        return -EPROTO;
    out->len = reader_left(&r);
    out->data = read_bytes(&r, out->len);
    return reader_err(&r) || !out->len || out->len > CONFIG_MAX ? -EPROTO : 0;
}

size_t link_packet_write(uint8_t out[LINK_HEAD_MAX], const struct link_packet *in)
{
    struct link_writer w = { out, 0 };

    put_target(&w, in->output, in->kind);
    link_put(&w, (in->is_idr ? FLAG_IDR : 0) | (in->begins_segment ? FLAG_SEGMENT : 0), 1);
    link_put(&w, (uint64_t)in->dts, 8);
    link_put(&w, (uint64_t)in->pts, 8);
    link_put(&w, (uint64_t)in->arrival_us, 8);
    return w.len;
}

int link_packet_parse(struct link_packet *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);
    uint8_t flags;

    *out = (struct link_packet){ 0 };
    if (read_target(&r, &out->output, &out->kind))
        return -EPROTO;
    flags = read_u8(&r);
    out->is_idr = flags & FLAG_IDR;
    out->begins_segment = flags & FLAG_SEGMENT;
    out->dts = (int64_t)read_u64le(&r);
    out->pts = (int64_t)read_u64le(&r);
    out->arrival_us = (int64_t)read_u64le(&r);
    out->len = reader_left(&r);
    out->data = read_bytes(&r, out->len);
    return reader_err(&r) || !out->len ? -EPROTO : 0;
}

/* -- what the server makes of it -- */

int link_config_read(struct codec_config **out, const struct link_config *in)
{
    int err = in->kind == MEDIA_VIDEO ? codec_config_from_avcc(out, in->data, in->len)
                                      : codec_config_from_asc(out, in->data, in->len);

    return err ? -EPROTO : 0;
}

/* The packet's bytes, in the form that struct packet promises. */
static int read_data(struct bytes **out, bool *is_idr, const struct link_packet *in)
{
    struct access_unit unit;
    int err;

    *is_idr = false;
    if (in->kind == MEDIA_AUDIO) {
        if (in->len > AAC_FRAME_MAX)
            return -EPROTO;
        *out = bytes_copy(in->data, in->len);
        return 0;
    }
    err = access_unit_read(&unit, VIDEO_H264, in->data, in->len, 4);
    if (err || !unit.data)
        return -EPROTO;
    *out = unit.data;
    *is_idr = unit.is_idr;
    return 0;
}

static int64_t sane_arrival(int64_t arrival_us)
{
    int64_t now_us = clock_wall_us();

    return arrival_us > now_us || arrival_us < now_us - ARRIVAL_MAX_US ? now_us : arrival_us;
}

int link_packet_read(struct packet **out, const struct link_packet *in, struct codec_config *config)
{
    struct packet *packet;
    struct bytes *data;
    bool is_idr;
    int err = read_data(&data, &is_idr, in);

    if (err)
        return err;
    packet = packet_create(config, data);
    packet->is_idr = is_idr;
    packet->dts = in->dts;
    packet->pts = in->pts;
    packet->arrival_us = sane_arrival(in->arrival_us);
    *out = packet;
    return 0;
}
