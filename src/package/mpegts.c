/* SPDX-License-Identifier: Apache-2.0 */
/* MPEG transport stream (ISO/IEC 13818-1; H.264 in it: 2.14, AAC as ADTS: ISO/IEC 14496-3 1.A).
 * A part is first listed as units, from which its size follows, then written in one go:
 *
 *   PAT  PMT  [PES ID3] ...  [PES sound, some frames] [PES picture] [PES picture] ...
 *
 * so that every part plays by itself and no PES packet crosses from one into another. The first
 * picture of a part brings the parameter sets along, IDR or not: video.js begins where it likes,
 * and takes the codec's profile from them. */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/reader.h"
#include "media/aac_config.h"
#include "media/h264_nal.h"
#include "media/packet.h"
#include "package/mux.h"
#include "package/ts_pes.h"
#include "package/ts_psi.h"

/* By how much the clock runs behind the decode times: the time a decoder has to receive a frame. */
#define CLOCK_LEAD       (MEDIA_TIMESCALE / 10)
#define AUDIO_GROUP_MAX  8 /* frames in a PES packet: fewer headers and less stuffing */
#define AUDIO_GROUP_SIZE 32768
#define AUDIO_SLACK      90 /* ticks by which a frame of a group may differ from its count */
#define STREAM_VIDEO     0xe0
#define STREAM_AUDIO     0xc0
#define STREAM_PRIVATE   0xbd

static const uint8_t start_code[] = { 0, 0, 0, 1 };
static const uint8_t access_unit_delimiter[] = { 0, 0, 0, 1, NAL_AUD, 0xf0 };

/* One PES packet of the part, and what goes into it. */
struct unit {
    struct ts_pes pes;
    struct packet *const *packets; /* sound: the first of `count`, others between them */
    int count;
    bool has_sets;               /* parameter sets go before the picture */
    const struct timed_tag *tag; /* instead of packets */
};

struct muxer {
    bool has_video, has_audio;
    uint8_t pat[TS_SIZE], pmt[TS_SIZE];
    uint8_t pat_counter, pmt_counter, audio_counter, video_counter, id3_counter;
    struct unit *units; /* kept from part to part */
    int unit_count, unit_capacity;
};

static struct muxer *mpegts_create(const struct mux_tracks *tracks)
{
    struct muxer *m = mem_zalloc(sizeof(*m));

    m->has_video = tracks->video;
    m->has_audio = tracks->audio;
    ts_write_pat(m->pat);
    ts_write_pmt(m->pmt, m->has_video, m->has_audio);
    return m;
}

static void mpegts_destroy(struct muxer *m)
{
    if (!m)
        return;
    mem_free(m->units);
    mem_free(m);
}

static struct unit *add_unit(struct muxer *m)
{
    if (m->unit_count == m->unit_capacity) {
        m->unit_capacity = m->unit_capacity ? 2 * m->unit_capacity : 32;
        m->units = mem_realloc(m->units, (size_t)m->unit_capacity * sizeof(m->units[0]));
    }
    m->units[m->unit_count] = (struct unit){ 0 };
    return &m->units[m->unit_count++];
}

static void add_tag(struct muxer *m, const struct timed_tag *tag)
{
    struct unit *unit = add_unit(m);

    unit->tag = tag;
    unit->pes = (struct ts_pes){
        .pid = PID_ID3,
        .stream_id = STREAM_PRIVATE,
        .pts = tag->pts,
        .dts = tag->pts,
        .payload_len = tag->id3->len,
    };
}

/* Counted as put_picture() writes, whatever the lengths in the data say. */
static size_t picture_len(const struct packet *packet, bool has_sets)
{
    size_t len = sizeof(access_unit_delimiter);
    struct h264_nal nal;
    struct reader r;

    if (has_sets)
        len += packet->config->video.annexb_sets->len;
    reader_init(&r, packet->data->data, packet->data->len);
    while (h264_next_nal(&r, sizeof(start_code), &nal))
        len += sizeof(start_code) + nal.len;
    return len;
}

static void add_picture(struct muxer *m, struct packet *const *packet, bool has_sets)
{
    struct unit *unit = add_unit(m);

    unit->packets = packet;
    unit->count = 1;
    unit->has_sets = has_sets;
    unit->pes = (struct ts_pes){
        .pid = PID_VIDEO,
        .stream_id = STREAM_VIDEO,
        .has_clock = true,
        .is_random_access = (*packet)->is_idr,
        .pcr = (*packet)->dts - CLOCK_LEAD,
        .pts = (*packet)->pts,
        .dts = (*packet)->dts,
        .payload_len = picture_len(*packet, has_sets),
    };
}

/* Whether a frame follows the ones in the group, in time and kind. */
static bool fits_group(const struct unit *unit, const struct packet *packet)
{
    const struct audio_config *audio = &packet->config->audio;
    int64_t due = unit->pes.dts + (int64_t)unit->count * audio->frame_samples * MEDIA_TIMESCALE /
                                      audio->sample_rate;
    int64_t off = packet->dts - due;

    return unit->count < AUDIO_GROUP_MAX && unit->pes.payload_len < AUDIO_GROUP_SIZE &&
           packet->config == unit->packets[0]->config && off <= AUDIO_SLACK && off >= -AUDIO_SLACK;
}

/* Collects a group beginning at `from`. Returns the index behind the last packet looked at. */
static int add_sound(struct muxer *m, const struct mux_part *part, int from)
{
    struct unit *unit = add_unit(m);
    int i;

    unit->packets = &part->packets[from];
    unit->pes = (struct ts_pes){
        .pid = PID_AUDIO,
        .stream_id = STREAM_AUDIO,
        .has_clock = !m->has_video,
        .is_random_access = true,
        .pcr = part->packets[from]->dts - CLOCK_LEAD,
        .pts = part->packets[from]->dts,
        .dts = part->packets[from]->dts,
    };
    for (i = from; i < part->packet_count; i++) {
        const struct packet *packet = part->packets[i];

        if (packet->kind != MEDIA_AUDIO)
            continue;
        if (!fits_group(unit, packet))
            break;
        unit->count++;
        unit->pes.payload_len += ADTS_SIZE + packet->data->len;
    }
    return i;
}

/* Sound goes where its first frame stands, ahead of the pictures shown meanwhile. */
static void list_units(struct muxer *m, const struct mux_part *part)
{
    bool owes_sets = true;
    int sound_done = 0;

    m->unit_count = 0;
    for (int i = 0; i < part->tag_count; i++)
        add_tag(m, &part->tags[i]);
    for (int i = 0; i < part->packet_count; i++) {
        if (part->packets[i]->kind == MEDIA_VIDEO) {
            add_picture(m, &part->packets[i], owes_sets || part->packets[i]->is_idr);
            owes_sets = false;
        } else if (i >= sound_done) {
            sound_done = add_sound(m, part, i);
        }
    }
}

/* The program's clock ticks in every part, also while there are no pictures to carry it. */
static bool needs_clock(const struct muxer *m, const struct mux_part *part)
{
    if (!m->has_video)
        return false;
    for (int i = 0; i < part->packet_count; i++)
        if (part->packets[i]->kind == MEDIA_VIDEO)
            return false;
    return true;
}

static uint8_t *write_table(uint8_t *at, const uint8_t table[TS_SIZE], uint8_t *counter)
{
    memcpy(at, table, TS_SIZE);
    at[3] = (uint8_t)(at[3] | ((*counter)++ & 0x0f));
    return at + TS_SIZE;
}

static void put_picture(struct ts_writer *w, const struct unit *unit)
{
    const struct packet *packet = unit->packets[0];
    struct h264_nal nal;
    struct reader r;

    ts_put(w, access_unit_delimiter, sizeof(access_unit_delimiter));
    if (unit->has_sets)
        ts_put(w, packet->config->video.annexb_sets->data, packet->config->video.annexb_sets->len);
    reader_init(&r, packet->data->data, packet->data->len);
    while (h264_next_nal(&r, sizeof(start_code), &nal)) {
        ts_put(w, start_code, sizeof(start_code));
        ts_put(w, nal.data, nal.len);
    }
}

static void put_sound(struct ts_writer *w, const struct unit *unit)
{
    uint8_t header[ADTS_SIZE];

    for (int i = 0, left = unit->count; left; i++) {
        const struct packet *packet = unit->packets[i];

        if (packet->kind != MEDIA_AUDIO)
            continue;
        adts_write(header, &packet->config->audio, packet->data->len);
        ts_put(w, header, sizeof(header));
        ts_put(w, packet->data->data, packet->data->len);
        left--;
    }
}

static uint8_t *write_unit(struct muxer *m, uint8_t *at, const struct unit *unit)
{
    struct ts_writer w;

    if (unit->tag) {
        ts_begin(&w, at, &unit->pes, &m->id3_counter);
        ts_put(&w, unit->tag->id3->data, unit->tag->id3->len);
    } else if (unit->packets[0]->kind == MEDIA_VIDEO) {
        ts_begin(&w, at, &unit->pes, &m->video_counter);
        put_picture(&w, unit);
    } else {
        ts_begin(&w, at, &unit->pes, &m->audio_counter);
        put_sound(&w, unit);
    }
    return w.at;
}

static int mpegts_write_part(struct muxer *m, const struct mux_part *part, struct bytes **out)
{
    bool has_clock = needs_clock(m, part);
    size_t count = 2 + (has_clock ? 1 : 0);
    uint8_t *at;

    list_units(m, part);
    for (int i = 0; i < m->unit_count; i++)
        count += ts_pes_packets(&m->units[i].pes);
    if (count * TS_SIZE > MUX_PART_MAX)
        return -EMSGSIZE;

    *out = bytes_create(count * TS_SIZE);
    at = write_table((*out)->data, m->pat, &m->pat_counter);
    at = write_table(at, m->pmt, &m->pmt_counter);
    if (has_clock) {
        ts_write_clock(at, PID_VIDEO, part->start - CLOCK_LEAD, m->video_counter);
        at += TS_SIZE;
    }
    for (int i = 0; i < m->unit_count; i++)
        at = write_unit(m, at, &m->units[i]);
    return 0;
}

const struct mux_format mux_mpegts = {
    .name = "mpegts",
    .create = mpegts_create,
    .destroy = mpegts_destroy,
    .write_part = mpegts_write_part,
};
