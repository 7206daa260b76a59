/* SPDX-License-Identifier: Apache-2.0 */
/* Fragmented MP4 (ISO/IEC 14496-12, 8.8): each part is a chunk that decodes behind the init
 * section.
 *
 *   [emsg] ...  moof ( mfhd, traf video, traf audio )  mdat ( pictures, sound )
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "media/packet.h"
#include "package/fmp4_init.h"
#include "package/mp4_box.h"
#include "package/mux.h"

#define BOX_HEAD         8
#define VIDEO_STEP       (MEDIA_TIMESCALE / 30) /* until two pictures were seen */
#define BASE_IS_MOOF     0x020000
#define TRUN_OFFSET      0x000001
#define TRUN_DURATION    0x000100
#define TRUN_SIZE        0x000200
#define TRUN_FLAGS       0x000400
#define TRUN_COMPOSITION 0x000800
#define SAMPLE_SYNC      0x02000000 /* depends on no other */
#define SAMPLE_NO_SYNC   0x01010000 /* depends on others, no place to start */
#define ID3_SCHEME       "https://aomedia.org/emsg/ID3"

struct muxer {
    bool has_video, has_audio;
    uint32_t sequence;
    uint32_t tag_id;
    int64_t video_step; /* duration of the last picture */
    bool has_sound;
    int64_t sound_end; /* in samples: where the next frame is due */
    int sound_rate;
    struct buf head; /* all before the media data; kept from part to part */
};

static struct muxer *fmp4_create(const struct mux_tracks *tracks)
{
    struct muxer *m = mem_zalloc(sizeof(*m));

    m->has_video = tracks->video;
    m->has_audio = tracks->audio;
    m->video_step = VIDEO_STEP;
    buf_init(&m->head, MUX_PART_MAX);
    return m;
}

static void fmp4_destroy(struct muxer *m)
{
    if (!m)
        return;
    buf_clear(&m->head);
    mem_free(m);
}

/* 14496-12, 8.8.15 of the DASH amendment (ISO/IEC 23009-1, 5.10.3.3): version 1 tells the time in
 * the media's own clock. */
static void put_emsg(struct muxer *m, const struct timed_tag *tag)
{
    struct buf *buf = &m->head;
    size_t box = full_box_begin(buf, "emsg", 1, 0);

    buf_append_u32(buf, MEDIA_TIMESCALE);
    buf_append_u64(buf, (uint64_t)tag->pts);
    buf_append_u32(buf, 0); /* it has no duration */
    buf_append_u32(buf, m->tag_id++);
    buf_append(buf, ID3_SCHEME, sizeof(ID3_SCHEME));
    buf_append_u8(buf, 0); /* value */
    buf_append(buf, tag->id3->data, tag->id3->len);
    box_end(buf, box);
}

static void put_traf_head(struct buf *buf, int track, int64_t time)
{
    size_t box = full_box_begin(buf, "tfhd", 0, BASE_IS_MOOF);

    buf_append_u32(buf, (uint32_t)track);
    box_end(buf, box);
    box = full_box_begin(buf, "tfdt", 1, 0);
    buf_append_u64(buf, time > 0 ? (uint64_t)time : 0);
    box_end(buf, box);
}

static int count_kind(const struct mux_part *part, enum media_kind kind)
{
    int count = 0;

    for (int i = 0; i < part->packet_count; i++)
        count += part->packets[i]->kind == kind;
    return count;
}

/* The next packet of the kind at or behind `from`; NULL if none. */
static const struct packet *next_of(const struct mux_part *part, int from, enum media_kind kind)
{
    for (int i = from; i < part->packet_count; i++)
        if (part->packets[i]->kind == kind)
            return part->packets[i];
    return NULL;
}

/* How long a picture lasts: until the next is decoded, as far as that is known. */
static int64_t picture_duration(struct muxer *m, const struct mux_part *part, int i)
{
    const struct packet *next = next_of(part, i + 1, MEDIA_VIDEO);
    int64_t end = next ? next->dts : part->next_video_dts;
    int64_t duration = end - part->packets[i]->dts;

    if (duration <= 0 || duration > INT32_MAX)
        return m->video_step;
    m->video_step = duration;
    return duration;
}

/* Returns where the offset of the data stands. */
static size_t put_video(struct muxer *m, const struct mux_part *part, int count)
{
    struct buf *buf = &m->head;
    size_t traf = box_begin(buf, "traf"), trun, offset;

    put_traf_head(buf, TRACK_VIDEO, next_of(part, 0, MEDIA_VIDEO)->dts);
    trun = full_box_begin(buf, "trun", 1,
                          TRUN_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_COMPOSITION);
    buf_append_u32(buf, (uint32_t)count);
    offset = buf->len;
    buf_append_u32(buf, 0);
    for (int i = 0; i < part->packet_count; i++) {
        const struct packet *packet = part->packets[i];

        if (packet->kind != MEDIA_VIDEO)
            continue;
        buf_append_u32(buf, (uint32_t)picture_duration(m, part, i));
        buf_append_u32(buf, (uint32_t)packet->data->len);
        buf_append_u32(buf, packet->is_idr ? SAMPLE_SYNC : SAMPLE_NO_SYNC);
        buf_append_u32(buf, (uint32_t)(packet->pts - packet->dts));
    }
    box_end(buf, trun);
    box_end(buf, traf);
    return offset;
}

/* The frame's time in samples: where the one before ends, unless it is clearly elsewhere. */
static int64_t sound_time(const struct packet *packet, bool has_due, int64_t due)
{
    const struct audio_config *audio = &packet->config->audio;
    int64_t time = (packet->dts * audio->sample_rate + MEDIA_TIMESCALE / 2) / MEDIA_TIMESCALE;
    int64_t off = time - due;

    return has_due && 2 * off < audio->frame_samples && -2 * off < audio->frame_samples ? due
                                                                                        : time;
}

/* How long a frame lasts in samples, beginning at `time`: up to the next one of the part. */
static int64_t sound_duration(const struct mux_part *part, int i, int64_t time)
{
    const struct packet *next = next_of(part, i + 1, MEDIA_AUDIO);
    int64_t due = time + part->packets[i]->config->audio.frame_samples;
    int64_t duration = (next ? sound_time(next, true, due) : due) - time;

    return duration > 0 && duration <= INT32_MAX ? duration : due - time;
}

static int64_t sound_start(const struct muxer *m, const struct packet *first)
{
    bool has_due = m->has_sound && m->sound_rate == first->config->audio.sample_rate;

    return sound_time(first, has_due, m->sound_end);
}

static size_t put_audio(struct muxer *m, const struct mux_part *part, int count)
{
    const struct packet *first = next_of(part, 0, MEDIA_AUDIO);
    int64_t time = sound_start(m, first);
    struct buf *buf = &m->head;
    size_t traf = box_begin(buf, "traf"), trun, offset;

    put_traf_head(buf, TRACK_AUDIO, time);
    trun = full_box_begin(buf, "trun", 0, TRUN_OFFSET | TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS);
    buf_append_u32(buf, (uint32_t)count);
    offset = buf->len;
    buf_append_u32(buf, 0);
    for (int i = 0; i < part->packet_count; i++) {
        int64_t duration;

        if (part->packets[i]->kind != MEDIA_AUDIO)
            continue;
        duration = sound_duration(part, i, time);
        time += duration;
        buf_append_u32(buf, (uint32_t)duration);
        buf_append_u32(buf, (uint32_t)part->packets[i]->data->len);
        buf_append_u32(buf, SAMPLE_SYNC);
    }
    m->has_sound = true;
    m->sound_end = time;
    m->sound_rate = first->config->audio.sample_rate;
    box_end(buf, trun);
    box_end(buf, traf);
    return offset;
}

static size_t data_len(const struct mux_part *part, enum media_kind kind)
{
    size_t len = 0;

    for (int i = 0; i < part->packet_count; i++)
        if (part->packets[i]->kind == kind)
            len += part->packets[i]->data->len;
    return len;
}

/* Everything up to the media data. */
static void put_head(struct muxer *m, const struct mux_part *part)
{
    int pictures = m->has_video ? count_kind(part, MEDIA_VIDEO) : 0;
    int sounds = m->has_audio ? count_kind(part, MEDIA_AUDIO) : 0;
    size_t picture_len = data_len(part, MEDIA_VIDEO), sound_len = data_len(part, MEDIA_AUDIO);
    size_t video_offset = 0, audio_offset = 0, moof, box, behind;

    buf_reset(&m->head);
    for (int i = 0; i < part->tag_count; i++)
        put_emsg(m, &part->tags[i]);
    moof = box_begin(&m->head, "moof");
    box = full_box_begin(&m->head, "mfhd", 0, 0);
    buf_append_u32(&m->head, ++m->sequence);
    box_end(&m->head, box);
    if (pictures)
        video_offset = put_video(m, part, pictures);
    if (sounds)
        audio_offset = put_audio(m, part, sounds);
    box_end(&m->head, moof);
    behind = m->head.len - moof + BOX_HEAD;
    if (pictures)
        box_patch_u32(&m->head, video_offset, (uint32_t)behind);
    if (sounds)
        box_patch_u32(&m->head, audio_offset, (uint32_t)(behind + picture_len));
    buf_append_u32(&m->head, (uint32_t)(BOX_HEAD + picture_len + sound_len));
    buf_append_str(&m->head, "mdat");
}

static uint8_t *put_data(uint8_t *to, const struct mux_part *part, enum media_kind kind)
{
    for (int i = 0; i < part->packet_count; i++) {
        const struct packet *packet = part->packets[i];

        if (packet->kind != kind)
            continue;
        memcpy(to, packet->data->data, packet->data->len);
        to += packet->data->len;
    }
    return to;
}

static int fmp4_write_part(struct muxer *m, const struct mux_part *part, struct bytes **out)
{
    size_t len = data_len(part, MEDIA_VIDEO) + data_len(part, MEDIA_AUDIO);
    uint8_t *to;

    if (len > MUX_PART_MAX)
        return -EMSGSIZE;
    put_head(m, part);
    if (m->head.err || m->head.len > MUX_PART_MAX - len)
        return -EMSGSIZE;
    *out = bytes_create(m->head.len + len);
    to = (*out)->data;
    memcpy(to, m->head.data, m->head.len);
    to = put_data(to + m->head.len, part, MEDIA_VIDEO);
    put_data(to, part, MEDIA_AUDIO);
    return 0;
}

const struct mux_format mux_fmp4 = {
    .name = "fmp4",
    .create = fmp4_create,
    .destroy = fmp4_destroy,
    .init_section = fmp4_init_section,
    .write_part = fmp4_write_part,
};
