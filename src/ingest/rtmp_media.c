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
#include "media/access_unit.h"
#include "media/codec.h"
#include "media/h264_nal.h"
#include "media/hevc_sets.h"

#define TICKS_PER_MS (MEDIA_TIMESCALE / 1000)
#define CAPTIONS_MAX (16 << 10) /* waiting for a picture */

void rtmp_media_init(struct rtmp_media *media)
{
    *media = (struct rtmp_media){ 0 };
    for (int i = 0; i < PACKET_TRACKS_MAX; i++)
        buf_init(&media->video[i].captions, CAPTIONS_MAX);
}

void rtmp_media_clear(struct rtmp_media *media)
{
    for (int i = 0; i < PACKET_TRACKS_MAX; i++) {
        codec_config_unref(media->video[i].config);
        buf_clear(&media->video[i].captions);
    }
    codec_config_unref(media->audio);
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

static int fail_unit(struct rtmp_media *media, int err, const char *codec)
{
    snprintf(media->reason, sizeof(media->reason), "broken %s access unit", codec);
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

static void add(struct rtmp_packets *out, struct packet *packet)
{
    out->items[out->count++] = packet;
}

/* ---- video ---- */

static const char *const codec_names[] = { [VIDEO_H264] = "H.264", [VIDEO_HEVC] = "H.265" };

static int read_record(struct codec_config **out, enum video_codec codec, const uint8_t *data,
                       size_t len)
{
    return codec == VIDEO_HEVC ? codec_config_from_hvcc(out, data, len)
                               : codec_config_from_avcc(out, data, len);
}

static int take_record(struct rtmp_media *media, struct rtmp_video_track *track,
                       const struct bytes *payload, const struct flv_tag *tag)
{
    const uint8_t *data = payload->data + tag->offset;
    struct codec_config *fresh;
    int size = tag->video == VIDEO_HEVC ? hvcc_length_size(data, tag->len)
                                        : avcc_length_size(data, tag->len);
    int err = size < 0 ? size : read_record(&fresh, tag->video, data, tag->len);

    if (err)
        return fail_config(media, err, codec_names[tag->video]);
    if (track->config && track->config->video.codec != tag->video)
        buf_reset(&track->captions); /* they are in the other codec's form */
    track->nal_length_size = size;
    replace_config(&track->config, fresh);
    return 0;
}

static bool is_sei(enum video_codec codec, const struct h264_nal *nal)
{
    return codec == VIDEO_HEVC ? hevc_nal_type(nal) == HEVC_PREFIX_SEI : nal->type == NAL_SEI;
}

/* Where captions go: behind the SEI that is there (a buffering period must stay the first), before
 * everything else. */
static size_t behind_sei(enum video_codec codec, const struct bytes *unit)
{
    struct h264_nal nal;
    struct reader r;

    reader_init(&r, unit->data, unit->len);
    while (h264_next_nal(&r, 4, &nal))
        if (!is_sei(codec, &nal))
            return (size_t)(nal.data - 4 - unit->data);
    return unit->len;
}

static struct bytes *with_captions(struct buf *captions, enum video_codec codec, struct bytes *unit)
{
    struct bytes *joined = bytes_create(unit->len + captions->len);
    size_t before = behind_sei(codec, unit);

    memcpy(joined->data, unit->data, before);
    memcpy(joined->data + before, captions->data, captions->len);
    memcpy(joined->data + before + captions->len, unit->data + before, unit->len - before);
    buf_reset(captions);
    bytes_unref(unit);
    return joined;
}

/* Where tags of several tracks stand in one payload, none of them can have its memory. */
static int read_unit(struct access_unit *unit, struct bytes *payload, const struct flv_tag *tag,
                     int length_size)
{
    if (tag->is_among_others)
        return access_unit_read(unit, tag->video, payload->data + tag->offset, tag->len,
                                length_size);
    return access_unit_reuse(unit, tag->video, payload, tag->offset, length_size);
}

static int take_picture(struct rtmp_media *media, struct rtmp_video_track *track,
                        struct bytes *payload, const struct flv_tag *tag, struct packet **out)
{
    int64_t dts = media->clock_ms * TICKS_PER_MS;
    struct access_unit unit;
    int err;

    if (!track->config)
        return 0; /* nobody could decode it */
    if (track->config->video.codec != tag->video)
        return fail(media, -EINVAL, "a picture in another codec than its configuration");
    err = read_unit(&unit, payload, tag, track->nal_length_size);
    if (err)
        return fail_unit(media, err, codec_names[tag->video]);
    err = codec_config_refresh(&track->config, &unit);
    if (err) {
        bytes_unref(unit.data);
        return fail_config(media, err, codec_names[tag->video]);
    }
    if (!unit.data)
        return 0;
    if (track->captions.len)
        unit.data = with_captions(&track->captions, tag->video, unit.data);
    *out = make_packet(track->config, unit.data, dts, dts + tag->composition_ms * TICKS_PER_MS);
    (*out)->is_idr = unit.is_idr;
    (*out)->track = tag->track;
    return 0;
}

static int take_video_tag(struct rtmp_media *media, struct bytes *payload,
                          const struct flv_tag *tag, struct rtmp_packets *out)
{
    struct rtmp_video_track *track = &media->video[tag->track];
    struct packet *packet = NULL;
    int err;

    if (tag->kind == FLV_CONFIG)
        return take_record(media, track, payload, tag);
    if (tag->kind != FLV_FRAME)
        return 0;
    if (out->count == PACKET_TRACKS_MAX)
        return fail(media, -EINVAL, "too many pictures in a message");
    err = take_picture(media, track, payload, tag, &packet);
    if (packet)
        add(out, packet);
    return err;
}

static int take_video(struct rtmp_media *media, struct bytes *payload, struct rtmp_packets *out)
{
    struct flv_video video;
    struct flv_tag tag;
    int got, err = 0;

    flv_video_init(&video, payload->data, payload->len);
    while (!err && (got = flv_video_next(&video, &tag))) {
        if (got == -ENOTSUP)
            return refuse_codec(media, tag.codec, "H.264");
        if (got < 0)
            return fail(media, got, "broken video tag");
        if (tag.video == VIDEO_HEVC && !media->takes_hevc)
            return refuse_codec(media, "H.265 (HEVC)", "H.264");
        if (tag.track >= PACKET_TRACKS_MAX)
            return fail(media, -EINVAL, "a video track numbered above 15");
        err = take_video_tag(media, payload, &tag, out);
    }
    return err;
}

int rtmp_media_video(struct rtmp_media *media, const struct rtmp_message *message,
                     struct rtmp_packets *out)
{
    int err;

    out->count = 0;
    rtmp_media_time(media, message->timestamp);
    err = take_video(media, message->payload, out);
    while (err && out->count)
        packet_unref(out->items[--out->count]);
    return err;
}

int rtmp_media_captions(struct rtmp_media *media, const char *base64, size_t len)
{
    int err = 0;

    for (int i = 0; i < PACKET_TRACKS_MAX && !err; i++) {
        const struct codec_config *config = media->video[i].config;

        if (!i || config)
            err = caption_sei_append(&media->video[i].captions,
                                     config ? config->video.codec : VIDEO_H264, base64, len);
    }
    return err;
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
                       struct rtmp_packets *out)
{
    if (!media->audio || payload->len == offset)
        return;
    bytes_narrow(payload, offset, payload->len - offset);
    add(out, make_packet(media->audio, bytes_ref(payload), dts, dts));
}

int rtmp_media_audio(struct rtmp_media *media, const struct rtmp_message *message,
                     struct rtmp_packets *out)
{
    struct bytes *payload = message->payload;
    int64_t dts = rtmp_media_time(media, message->timestamp);
    struct flv_tag tag;
    int err = flv_parse_audio(&tag, payload->data, payload->len);

    out->count = 0;
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
