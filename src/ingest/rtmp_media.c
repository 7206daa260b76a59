/* SPDX-License-Identifier: Apache-2.0 */
/*     message (FLV tag body) -> flv.c: what is it? -> configuration, kept until it changes
 *                                                  `-> access unit or AAC frame -> packet
 *
 * A frame stays in the memory that its message was received into: the packet's bytes are the
 * message's, narrowed. Only pictures that need rewriting are copied. */
#include "ingest/rtmp_media.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ingest/caption_sei.h"
#include "ingest/flv.h"
#include "media/codec.h"
#include "media/h264_nal.h"

#define TICKS_PER_MS (MEDIA_TIMESCALE / 1000)
#define CAPTIONS_MAX (16 << 10) /* waiting for a picture */

void rtmp_media_init(struct rtmp_media *media)
{
    *media = (struct rtmp_media){ 0 };
    buf_init(&media->captions, CAPTIONS_MAX);
}

void rtmp_media_clear(struct rtmp_media *media)
{
    codec_config_unref(media->video);
    codec_config_unref(media->audio);
    buf_clear(&media->captions);
    rtmp_media_init(media);
}

int64_t rtmp_media_time(struct rtmp_media *media, uint32_t timestamp)
{
    if (media->has_clock)
        media->clock_ms += (int32_t)(timestamp - (uint32_t)media->clock_ms);
    else
        media->clock_ms = timestamp;
    media->has_clock = true;
    return media->clock_ms * TICKS_PER_MS;
}

static int fail(struct rtmp_media *media, int err, const char *reason)
{
    snprintf(media->reason, sizeof(media->reason), "%s", reason);
    return err;
}

static int refuse_codec(struct rtmp_media *media, const char *codec, const char *wanted)
{
    snprintf(media->reason, sizeof(media->reason), "%s is not supported: send %s", codec, wanted);
    return -ENOTSUP;
}

static int fail_config(struct rtmp_media *media, int err, const char *codec)
{
    snprintf(media->reason, sizeof(media->reason),
             err == -ENOTSUP ? "this kind of %s is not supported" : "broken %s configuration",
             codec);
    return err;
}

/* Takes `fresh`; an equal one changes nothing, so that packets keep sharing one. */
static void replace_config(struct codec_config **config, struct codec_config *fresh)
{
    struct codec_config *loser = codec_config_is_equal(*config, fresh) ? fresh : *config;

    if (loser != fresh)
        *config = fresh;
    codec_config_unref(loser);
}

static struct packet *make_packet(struct codec_config *config, struct bytes *data, int64_t dts,
                                  int64_t pts)
{
    struct packet *packet = packet_create(config, data);

    packet->dts = dts;
    packet->pts = pts;
    packet->arrival_us = clock_wall_us();
    return packet;
}

/* ---- video ---- */

static int take_avcc(struct rtmp_media *media, const uint8_t *data, size_t len)
{
    struct codec_config *fresh;
    int size = avcc_length_size(data, len);
    int err = size < 0 ? size : codec_config_from_avcc(&fresh, data, len);

    if (err)
        return fail_config(media, err, "H.264");
    media->nal_length_size = size;
    replace_config(&media->video, fresh);
    return 0;
}

/* Where captions go: behind the SEI that is there (a buffering period must stay the first), before
 * everything else. */
static size_t behind_sei(const struct bytes *unit)
{
    struct h264_nal nal;
    struct reader r;

    reader_init(&r, unit->data, unit->len);
    while (h264_next_nal(&r, 4, &nal))
        if (nal.type != NAL_SEI)
            return (size_t)(nal.data - 4 - unit->data);
    return unit->len;
}

static struct bytes *with_captions(struct rtmp_media *media, struct bytes *unit)
{
    struct buf *captions = &media->captions;
    struct bytes *joined = bytes_create(unit->len + captions->len);
    size_t before = behind_sei(unit);

    memcpy(joined->data, unit->data, before);
    memcpy(joined->data + before, captions->data, captions->len);
    memcpy(joined->data + before + captions->len, unit->data + before, unit->len - before);
    buf_reset(captions);
    bytes_unref(unit);
    return joined;
}

static int take_picture(struct rtmp_media *media, struct bytes *payload, const struct flv_tag *tag,
                        int64_t dts, struct packet **out)
{
    struct h264_access_unit unit;
    int err;

    if (!media->video)
        return 0; /* nobody could decode it */
    err = h264_access_unit_reuse(&unit, payload, tag->offset, media->nal_length_size);
    if (err)
        return fail(media, err, "broken H.264 access unit");
    err = codec_config_refresh(&media->video, &unit);
    if (err) {
        bytes_unref(unit.data);
        return fail_config(media, err, "H.264");
    }
    if (!unit.data)
        return 0;
    if (media->captions.len)
        unit.data = with_captions(media, unit.data);
    *out = make_packet(media->video, unit.data, dts, dts + tag->composition_ms * TICKS_PER_MS);
    (*out)->is_idr = unit.is_idr;
    return 0;
}

int rtmp_media_video(struct rtmp_media *media, const struct rtmp_message *message,
                     struct packet **out)
{
    struct bytes *payload = message->payload;
    int64_t dts = rtmp_media_time(media, message->timestamp);
    struct flv_tag tag;
    int err = flv_parse_video(&tag, payload->data, payload->len);

    *out = NULL;
    if (err == -ENOTSUP)
        return refuse_codec(media, tag.codec, "H.264");
    if (err)
        return fail(media, err, "broken video tag");
    if (tag.kind == FLV_CONFIG)
        return take_avcc(media, payload->data + tag.offset, payload->len - tag.offset);
    return tag.kind == FLV_FRAME ? take_picture(media, payload, &tag, dts, out) : 0;
}

int rtmp_media_captions(struct rtmp_media *media, const char *base64, size_t len)
{
    return caption_sei_append(&media->captions, base64, len);
}

/* ---- audio ---- */

static int take_asc(struct rtmp_media *media, const uint8_t *data, size_t len)
{
    struct codec_config *fresh;
    int err = codec_config_from_asc(&fresh, data, len);

    if (err)
        return fail_config(media, err, "AAC");
    replace_config(&media->audio, fresh);
    return 0;
}

static void take_sound(struct rtmp_media *media, struct bytes *payload, size_t offset, int64_t dts,
                       struct packet **out)
{
    if (!media->audio || payload->len == offset)
        return;
    bytes_narrow(payload, offset, payload->len - offset);
    *out = make_packet(media->audio, bytes_ref(payload), dts, dts);
}

int rtmp_media_audio(struct rtmp_media *media, const struct rtmp_message *message,
                     struct packet **out)
{
    struct bytes *payload = message->payload;
    int64_t dts = rtmp_media_time(media, message->timestamp);
    struct flv_tag tag;
    int err = flv_parse_audio(&tag, payload->data, payload->len);

    *out = NULL;
    if (err == -ENOTSUP)
        return refuse_codec(media, tag.codec, "AAC");
    if (err)
        return fail(media, err, "broken audio tag");
    if (tag.kind == FLV_CONFIG)
        return take_asc(media, payload->data + tag.offset, payload->len - tag.offset);
    if (tag.kind == FLV_FRAME)
        take_sound(media, payload, tag.offset, dts, out);
    return 0;
}
