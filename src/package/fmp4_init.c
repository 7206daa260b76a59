/* SPDX-License-Identifier: Apache-2.0 */
/* ftyp and moov (ISO/IEC 14496-12, 8) with the sample entries avc1 (14496-15, 5.4), hvc1 (8.4)
 * and mp4a (14496-14, 6.7). Video counts in 90 kHz, audio in its samples. */
#include "package/fmp4_init.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "media/packet.h"
#include "package/mp4_box.h"

#define INIT_MAX           (1 << 18)
#define LANGUAGE_UND       0x55c4 /* three letters of five bits: undetermined */
#define COLOUR_UNSPECIFIED 2
#define RATE_FIELD_MAX     0xffff

static void put_matrix(struct buf *buf)
{
    static const uint32_t unity[] = { 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000 };

    for (int i = 0; i < 9; i++)
        buf_append_u32(buf, unity[i]);
}

static void put_ftyp(struct buf *buf)
{
    size_t box = box_begin(buf, "ftyp");

    buf_append_str(buf, "iso6");
    buf_append_u32(buf, 0);
    buf_append_str(buf, "iso6mp41");
    box_end(buf, box);
}

static void put_mvhd(struct buf *buf)
{
    size_t box = full_box_begin(buf, "mvhd", 0, 0);

    box_zeroes(buf, 8); /* creation, modification */
    buf_append_u32(buf, MEDIA_TIMESCALE);
    buf_append_u32(buf, 0);       /* duration: told by the fragments */
    buf_append_u32(buf, 0x10000); /* rate */
    buf_append_u16(buf, 0x100);   /* volume */
    box_zeroes(buf, 10);
    put_matrix(buf);
    box_zeroes(buf, 24);
    buf_append_u32(buf, TRACK_AUDIO + 1); /* next_track_ID */
    box_end(buf, box);
}

/* The width at which the picture is to be shown, its samples not being square. */
static uint32_t display_width(const struct video_config *video)
{
    uint64_t width = (uint64_t)video->width;

    if (video->sar_width && video->sar_height)
        width = width * (uint64_t)video->sar_width / (uint64_t)video->sar_height;
    return width > UINT16_MAX ? UINT16_MAX : (uint32_t)width;
}

static void put_tkhd(struct buf *buf, int id, const struct codec_config *config)
{
    size_t box = full_box_begin(buf, "tkhd", 0, 3); /* enabled, in the movie */
    bool is_video = config->kind == MEDIA_VIDEO;

    box_zeroes(buf, 8);
    buf_append_u32(buf, (uint32_t)id);
    box_zeroes(buf, 4 + 4 + 8 + 2 + 2);        /* duration, layer, alternate group */
    buf_append_u16(buf, is_video ? 0 : 0x100); /* volume */
    box_zeroes(buf, 2);
    put_matrix(buf);
    buf_append_u32(buf, is_video ? display_width(&config->video) << 16 : 0);
    buf_append_u32(buf, is_video ? (uint32_t)config->video.height << 16 : 0);
    box_end(buf, box);
}

static void put_mdhd(struct buf *buf, const struct codec_config *config)
{
    size_t box = full_box_begin(buf, "mdhd", 0, 0);

    box_zeroes(buf, 8);
    buf_append_u32(buf, config->kind == MEDIA_VIDEO ? MEDIA_TIMESCALE
                                                    : (uint32_t)config->audio.sample_rate);
    buf_append_u32(buf, 0);
    buf_append_u16(buf, LANGUAGE_UND);
    buf_append_u16(buf, 0);
    box_end(buf, box);
}

static void put_hdlr(struct buf *buf, bool is_video)
{
    size_t box = full_box_begin(buf, "hdlr", 0, 0);

    buf_append_u32(buf, 0);
    buf_append_str(buf, is_video ? "vide" : "soun");
    box_zeroes(buf, 12);
    buf_append_u8(buf, 0); /* name */
    box_end(buf, box);
}

static uint16_t colour_code(int told)
{
    return told ? (uint16_t)told : COLOUR_UNSPECIFIED;
}

static void put_colr(struct buf *buf, const struct video_colour *colour)
{
    size_t box;

    if (!colour->primaries && !colour->is_full_range)
        return;
    box = box_begin(buf, "colr");
    buf_append_str(buf, "nclx");
    buf_append_u16(buf, colour_code(colour->primaries));
    buf_append_u16(buf, colour_code(colour->transfer));
    buf_append_u16(buf, colour_code(colour->matrix));
    buf_append_u8(buf, colour->is_full_range ? 0x80 : 0);
    box_end(buf, box);
}

static void put_pasp(struct buf *buf, const struct video_config *video)
{
    size_t box;

    if (!video->sar_width)
        return;
    box = box_begin(buf, "pasp");
    buf_append_u32(buf, (uint32_t)video->sar_width);
    buf_append_u32(buf, (uint32_t)video->sar_height);
    box_end(buf, box);
}

static void put_record(struct buf *buf, const struct video_config *video)
{
    bool is_hevc = video->codec == VIDEO_HEVC;
    const struct bytes *record = is_hevc ? video->hvcc : video->avcc;
    size_t box = box_begin(buf, is_hevc ? "hvcC" : "avcC");

    buf_append(buf, record->data, record->len);
    box_end(buf, box);
}

static void put_picture_entry(struct buf *buf, const struct video_config *video)
{
    size_t box = box_begin(buf, video->codec == VIDEO_HEVC ? "hvc1" : "avc1");

    box_zeroes(buf, 6);
    buf_append_u16(buf, 1); /* data_reference_index */
    box_zeroes(buf, 16);
    buf_append_u16(buf, (uint16_t)video->width);
    buf_append_u16(buf, (uint16_t)video->height);
    buf_append_u32(buf, 0x480000); /* 72 dpi, either way */
    buf_append_u32(buf, 0x480000);
    buf_append_u32(buf, 0);
    buf_append_u16(buf, 1); /* frames in a sample */
    box_zeroes(buf, 32);    /* compressor name */
    buf_append_u16(buf, 24);
    buf_append_u16(buf, 0xffff);
    put_record(buf, video);
    put_colr(buf, &video->colour);
    put_pasp(buf, video);
    box_end(buf, box);
}

/* 14496-1, 7.2.6: descriptors with a one-byte length, which codec_config_from_asc() sees to. */
static void put_esds(struct buf *buf, const struct audio_config *audio)
{
    size_t box = full_box_begin(buf, "esds", 0, 0);
    uint8_t asc_len = (uint8_t)audio->asc->len;

    buf_append_u8(buf, 3); /* ES_Descriptor */
    buf_append_u8(buf, 3 + 2 + 13 + 2 + asc_len + 3);
    buf_append_u16(buf, TRACK_AUDIO);
    buf_append_u8(buf, 0);
    buf_append_u8(buf, 4); /* DecoderConfigDescriptor */
    buf_append_u8(buf, 13 + 2 + asc_len);
    buf_append_u8(buf, 0x40); /* ISO/IEC 14496-3 */
    buf_append_u8(buf, 0x15); /* audio stream */
    buf_append_u24(buf, 0);   /* decoding buffer */
    buf_append_u32(buf, 0);   /* maximum and average bit rate: not told */
    buf_append_u32(buf, 0);
    buf_append_u8(buf, 5); /* DecoderSpecificInfo */
    buf_append_u8(buf, asc_len);
    buf_append(buf, audio->asc->data, audio->asc->len);
    buf_append_u8(buf, 6); /* SLConfigDescriptor: as in MP4 files */
    buf_append_u8(buf, 1);
    buf_append_u8(buf, 2);
    box_end(buf, box);
}

static void put_mp4a(struct buf *buf, const struct audio_config *audio)
{
    size_t box = box_begin(buf, "mp4a");
    uint32_t rate = audio->sample_rate <= RATE_FIELD_MAX ? (uint32_t)audio->sample_rate : 0;

    box_zeroes(buf, 6);
    buf_append_u16(buf, 1); /* data_reference_index */
    box_zeroes(buf, 8);
    buf_append_u16(buf, (uint16_t)audio->channels);
    buf_append_u16(buf, 16); /* bits in a sample */
    buf_append_u32(buf, 0);
    buf_append_u32(buf, rate << 16);
    put_esds(buf, audio);
    box_end(buf, box);
}

static void put_stsd(struct buf *buf, const struct codec_config *config)
{
    size_t box = full_box_begin(buf, "stsd", 0, 0);

    buf_append_u32(buf, 1);
    if (config->kind == MEDIA_VIDEO)
        put_picture_entry(buf, &config->video);
    else
        put_mp4a(buf, &config->audio);
    box_end(buf, box);
}

/* The samples are told by the fragments: these tables are empty. */
static void put_stbl(struct buf *buf, const struct codec_config *config)
{
    static const char *const empty[] = { "stts", "stsc", "stco" };
    size_t box = box_begin(buf, "stbl"), table;

    put_stsd(buf, config);
    for (int i = 0; i < 3; i++) {
        table = full_box_begin(buf, empty[i], 0, 0);
        buf_append_u32(buf, 0);
        box_end(buf, table);
    }
    table = full_box_begin(buf, "stsz", 0, 0);
    box_zeroes(buf, 8);
    box_end(buf, table);
    box_end(buf, box);
}

/* The media data is in the same file. */
static void put_dinf(struct buf *buf)
{
    size_t dinf = box_begin(buf, "dinf");
    size_t dref = full_box_begin(buf, "dref", 0, 0);
    size_t url;

    buf_append_u32(buf, 1);
    url = full_box_begin(buf, "url ", 0, 1);
    box_end(buf, url);
    box_end(buf, dref);
    box_end(buf, dinf);
}

static void put_minf(struct buf *buf, const struct codec_config *config)
{
    size_t box = box_begin(buf, "minf"), head;

    if (config->kind == MEDIA_VIDEO) {
        head = full_box_begin(buf, "vmhd", 0, 1);
        box_zeroes(buf, 8);
    } else {
        head = full_box_begin(buf, "smhd", 0, 0);
        box_zeroes(buf, 4);
    }
    box_end(buf, head);
    put_dinf(buf);
    put_stbl(buf, config);
    box_end(buf, box);
}

static void put_trak(struct buf *buf, int id, const struct codec_config *config)
{
    size_t trak = box_begin(buf, "trak"), mdia;

    put_tkhd(buf, id, config);
    mdia = box_begin(buf, "mdia");
    put_mdhd(buf, config);
    put_hdlr(buf, config->kind == MEDIA_VIDEO);
    put_minf(buf, config);
    box_end(buf, mdia);
    box_end(buf, trak);
}

static void put_trex(struct buf *buf, int id)
{
    size_t box = full_box_begin(buf, "trex", 0, 0);

    buf_append_u32(buf, (uint32_t)id);
    buf_append_u32(buf, 1); /* sample description */
    box_zeroes(buf, 12);    /* duration, size, flags: told by each fragment */
    box_end(buf, box);
}

struct bytes *fmp4_init_section(const struct mux_tracks *tracks)
{
    struct buf buf;
    size_t moov, mvex;

    buf_init(&buf, INIT_MAX);
    put_ftyp(&buf);
    moov = box_begin(&buf, "moov");
    put_mvhd(&buf);
    if (tracks->video)
        put_trak(&buf, TRACK_VIDEO, tracks->video);
    if (tracks->audio)
        put_trak(&buf, TRACK_AUDIO, tracks->audio);
    mvex = box_begin(&buf, "mvex");
    if (tracks->video)
        put_trex(&buf, TRACK_VIDEO);
    if (tracks->audio)
        put_trex(&buf, TRACK_AUDIO);
    box_end(&buf, mvex);
    box_end(&buf, moov);
    return bytes_from_buf(&buf);
}
