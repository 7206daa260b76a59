/* SPDX-License-Identifier: Apache-2.0 */
/* FLV tags: Adobe FLV 10.1, E.4.2 and E.4.3; Enhanced RTMP 2 ("Enhanced audio", "Enhanced video"):
 * the tag's first byte has a bit, or a sound format, that was unused before; a FourCC follows. */
#include "ingest/flv.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"

#define VIDEO_ENHANCED 0x80
#define FRAME_COMMAND  5 /* frame type: for players, no picture */
#define CODEC_AVC      7
#define SOUND_AAC      10
#define SOUND_ENHANCED 9

/* clang-format off */
/* E.4.3.1, by CodecID */
static const char *const video_codecs[16] = {
    [1]  = "JPEG",
    [2]  = "Sorenson H.263",
    [3]  = "Screen Video",
    [4]  = "On2 VP6",
    [5]  = "On2 VP6 alpha",
    [6]  = "Screen Video 2",
    [8]  = "H.263",
    [9]  = "MPEG-4 Part 2",
    [12] = "H.265 (HEVC)", /* not Adobe's, but some encoders' */
    [13] = "AV1",
};

/* E.4.2.1, by SoundFormat */
static const char *const audio_codecs[16] = {
    [0]  = "PCM",
    [1]  = "ADPCM",
    [2]  = "MP3",
    [3]  = "PCM",
    [4]  = "Nellymoser",
    [5]  = "Nellymoser",
    [6]  = "Nellymoser",
    [7]  = "G.711 A-law",
    [8]  = "G.711 mu-law",
    [11] = "Speex",
    [13] = "Opus",
    [14] = "MP3",
    [15] = "device-specific sound",
};

/* Enhanced RTMP's, by FourCC; others are shown as they are */
static const char *const fourcc_codecs[][2] = {
    { "av01", "AV1" },
    { "vp08", "VP8" },
    { "vp09", "VP9" },
    { "Opus", "Opus" },
    { ".mp3", "MP3" },
    { "fLaC", "FLAC" },
    { "ac-3", "AC-3" },
    { "ec-3", "E-AC-3" },
};
/* clang-format on */

/* Both kinds of enhanced packets have ModEx at 7, then the numbers part. */
enum { PACKET_SEQUENCE_START, PACKET_CODED_FRAMES, PACKET_SEQUENCE_END, PACKET_CODED_FRAMES_X };
enum { AUDIO_PACKET_MULTITRACK = 5, VIDEO_PACKET_METADATA = 4, VIDEO_PACKET_MULTITRACK = 6 };
#define PACKET_MOD_EX 7

/* E.4.3.2: AVCPacketType, and E.4.2.2: AACPacketType */
enum { LEGACY_CONFIG, LEGACY_FRAME };

static int finish(struct flv_tag *tag, const struct reader *r)
{
    tag->offset = r->pos;
    tag->len = reader_left(r);
    return reader_err(r) ? -EINVAL : 0;
}

static int refuse(struct flv_tag *tag, const char *codec)
{
    tag->codec = codec ? codec : "an unknown codec";
    return -ENOTSUP;
}

static int32_t read_s24(struct reader *r)
{
    return (int32_t)(read_u24(r) << 8) >> 8;
}

/* "ModEx": extensions before the packet that they modify, each of which may be skipped. Returns the
 * packet type behind them. */
static int skip_mod_ex(struct reader *r)
{
    int type = PACKET_MOD_EX;

    while (type == PACKET_MOD_EX && !reader_err(r)) {
        size_t size = read_u8(r) + 1u;

        if (size == 256)
            size = read_u16(r) + 1u;
        read_skip(r, size);
        type = read_u8(r) & 0x0f; /* the upper half says what the extension was */
    }
    return type;
}

/* 0: the codec is `expected`. */
static int check_fourcc(struct flv_tag *tag, const uint8_t *fourcc, const char *expected)
{
    if (!fourcc)
        return -EINVAL;
    if (!memcmp(fourcc, expected, 4))
        return 0;
    for (int i = 0; i < 4; i++)
        tag->name[i] = fourcc[i] >= 0x20 && fourcc[i] < 0x7f ? (char)fourcc[i] : '?';
    for (size_t i = 0; i < ARRAY_LEN(fourcc_codecs); i++)
        if (!strcmp(fourcc_codecs[i][0], tag->name))
            return refuse(tag, fourcc_codecs[i][1]);
    return refuse(tag, tag->name);
}

/* ---- video ---- */

/* "AvMultitrackType"; the first of them is one more here, as 0 stands for no multitrack at all. */
enum { ONE_TRACK = 1, MANY_TRACKS, MANY_TRACKS_MANY_CODECS };

void flv_video_init(struct flv_video *video, const uint8_t *data, size_t len)
{
    *video = (struct flv_video){ 0 };
    reader_init(&video->r, data, len);
}

/* What the tracks share: how they are told apart, the packet type, and the codec unless each has
 * its own. */
static int begin_multitrack(struct flv_video *video)
{
    int types = read_u8(&video->r);

    video->many = (types >> 4) + ONE_TRACK;
    video->packet_type = types & 0x0f;
    if (video->many > MANY_TRACKS_MANY_CODECS || video->packet_type == VIDEO_PACKET_MULTITRACK)
        return -EINVAL;
    if (video->many != MANY_TRACKS_MANY_CODECS)
        video->fourcc = read_bytes(&video->r, 4);
    return reader_err(&video->r) ? -EINVAL : 0;
}

static int begin_enhanced(struct flv_video *video, int first)
{
    video->frame_type = first >> 4 & 7;
    video->packet_type = first & 0x0f;
    if (video->packet_type == PACKET_MOD_EX)
        video->packet_type = skip_mod_ex(&video->r);
    if (video->packet_type == VIDEO_PACKET_MULTITRACK && video->frame_type != FRAME_COMMAND)
        return begin_multitrack(video);
    if (video->packet_type != VIDEO_PACKET_METADATA && video->frame_type != FRAME_COMMAND)
        video->fourcc = read_bytes(&video->r, 4);
    return 0;
}

/* Which track comes next, and how many bytes are its own. */
static int begin_track(struct flv_video *video, struct flv_tag *tag, size_t *len)
{
    struct reader *r = &video->r;

    *len = reader_left(r);
    if (!video->many)
        return 0;
    if (video->many == MANY_TRACKS_MANY_CODECS)
        video->fourcc = read_bytes(r, 4);
    tag->track = read_u8(r);
    tag->is_among_others = video->many != ONE_TRACK;
    *len = tag->is_among_others ? read_u24(r) : reader_left(r);
    return reader_err(r) || *len > reader_left(r) ? -EINVAL : 0;
}

static bool is_hevc(const uint8_t *fourcc)
{
    return fourcc && !memcmp(fourcc, "hvc1", 4);
}

static int read_enhanced(struct flv_video *video, struct flv_tag *tag)
{
    int type = video->packet_type, err;
    struct reader body;
    size_t start, len;

    err = begin_track(video, tag, &len);
    if (err)
        return err;
    start = video->r.pos;
    reader_init(&body, video->r.data, start + len);
    body.pos = start;
    read_skip(&video->r, len);
    if (type == VIDEO_PACKET_METADATA || video->frame_type == FRAME_COMMAND)
        return finish(tag, &body);
    tag->video = is_hevc(video->fourcc) ? VIDEO_HEVC : VIDEO_H264;
    err = check_fourcc(tag, video->fourcc, tag->video == VIDEO_HEVC ? "hvc1" : "avc1");
    if (err)
        return err;
    if (type == PACKET_SEQUENCE_START)
        tag->kind = FLV_CONFIG;
    else if (type == PACKET_CODED_FRAMES || type == PACKET_CODED_FRAMES_X)
        tag->kind = FLV_FRAME;
    if (type == PACKET_CODED_FRAMES)
        tag->composition_ms = read_s24(&body);
    return finish(tag, &body);
}

static int read_legacy(struct flv_tag *tag, struct reader *r, int first)
{
    int packet;

    if (first >> 4 == FRAME_COMMAND)
        return finish(tag, r);
    if ((first & 0x0f) != CODEC_AVC)
        return refuse(tag, video_codecs[first & 0x0f]);

    packet = read_u8(r);
    if (packet > LEGACY_FRAME)
        return finish(tag, r);
    tag->kind = packet == LEGACY_CONFIG ? FLV_CONFIG : FLV_FRAME;
    tag->composition_ms = read_s24(r);
    return finish(tag, r);
}

static int read_first(struct flv_video *video, struct flv_tag *tag)
{
    struct reader *r = &video->r;
    int first, err;

    video->is_begun = true;
    if (!reader_left(r))
        return 0;
    first = read_u8(r);
    if (!(first & VIDEO_ENHANCED))
        return read_legacy(tag, r, first);
    err = begin_enhanced(video, first);
    return err ? err : read_enhanced(video, tag);
}

int flv_video_next(struct flv_video *video, struct flv_tag *tag)
{
    int err;

    *tag = (struct flv_tag){ .kind = FLV_OTHER };
    if (video->is_over)
        return 0;
    err = video->is_begun ? read_enhanced(video, tag) : read_first(video, tag);
    video->is_over = !tag->is_among_others || !reader_left(&video->r);
    return err ? err : 1;
}

/* ---- audio ---- */

static int parse_enhanced_audio(struct flv_tag *tag, struct reader *r, int type)
{
    int err;

    if (type == PACKET_MOD_EX)
        type = skip_mod_ex(r);
    if (type == AUDIO_PACKET_MULTITRACK)
        return refuse(tag, "multitrack audio");
    err = check_fourcc(tag, read_bytes(r, 4), "mp4a");
    if (err)
        return err;
    if (type == PACKET_SEQUENCE_START)
        tag->kind = FLV_CONFIG;
    else if (type == PACKET_CODED_FRAMES)
        tag->kind = FLV_FRAME;
    return finish(tag, r);
}

int flv_parse_audio(struct flv_tag *tag, const uint8_t *data, size_t len)
{
    struct reader r;
    int first, packet;

    *tag = (struct flv_tag){ .kind = FLV_OTHER };
    if (!len)
        return 0;
    reader_init(&r, data, len);
    first = read_u8(&r);
    if (first >> 4 == SOUND_ENHANCED)
        return parse_enhanced_audio(tag, &r, first & 0x0f);
    if (first >> 4 != SOUND_AAC)
        return refuse(tag, audio_codecs[first >> 4]);
    packet = read_u8(&r);
    if (packet == LEGACY_CONFIG)
        tag->kind = FLV_CONFIG;
    else if (packet == LEGACY_FRAME && len > 2)
        tag->kind = FLV_FRAME;
    return finish(tag, &r);
}
