/* SPDX-License-Identifier: Apache-2.0 */
/* Makes codec configurations: AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) in and
 * out, names as in RFC 6381 and in the service's own API. */
#include "media/codec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/reader.h"
#include "media/aac_config.h"
#include "media/h264_nal.h"
#include "media/h264_sps.h"

#define SETS_MAX     (31 + 255) /* what the record's counters can say */
#define SETS_LEN_MAX 65536

/* The parameter sets of one configuration, borrowed. */
struct parameter_sets {
    struct h264_nal sps[31];
    struct h264_nal pps[255];
    int sps_count, pps_count;
};

static void read_set(struct reader *r, struct h264_nal *set, int type)
{
    size_t len = read_u16(r);
    const uint8_t *data = read_bytes(r, len);

    if (!data || !len || (data[0] & 0x1f) != type) {
        r->err = -EINVAL;
        return;
    }
    *set = (struct h264_nal){ .data = data, .len = len, .type = type };
}

static int read_avcc(struct parameter_sets *sets, const uint8_t *data, size_t len)
{
    struct reader r;

    reader_init(&r, data, len);
    if (read_u8(&r) != 1) /* configurationVersion */
        return -EINVAL;
    read_skip(&r, 4); /* profile, compatibility, level: the SPS says so too; length size */
    sets->sps_count = read_u8(&r) & 0x1f;
    for (int i = 0; i < sets->sps_count && !r.err; i++)
        read_set(&r, &sets->sps[i], NAL_SPS);
    sets->pps_count = read_u8(&r);
    for (int i = 0; i < sets->pps_count && !r.err; i++)
        read_set(&r, &sets->pps[i], NAL_PPS);
    return r.err || !sets->sps_count || !sets->pps_count ? -EINVAL : 0;
}

int avcc_length_size(const uint8_t *data, size_t len)
{
    int size;

    if (len < 5 || data[0] != 1)
        return -EINVAL;
    size = (data[4] & 3) + 1;
    return size == 3 ? -EINVAL : size;
}

static void append_sets(struct buf *buf, const struct h264_nal *sets, int count)
{
    for (int i = 0; i < count; i++) {
        buf_append_u16(buf, (uint16_t)sets[i].len);
        buf_append(buf, sets[i].data, sets[i].len);
    }
}

static bool has_extension(int profile_idc)
{
    return profile_idc == 100 || profile_idc == 110 || profile_idc == 122 || profile_idc == 144 ||
           profile_idc == 244;
}

static struct bytes *write_avcc(const struct parameter_sets *sets, const struct h264_sps *sps)
{
    struct buf buf;

    buf_init(&buf, SETS_LEN_MAX);
    buf_append_u8(&buf, 1);
    buf_append(&buf, sets->sps[0].data + 1, 3); /* profile, compatibility, level */
    buf_append_u8(&buf, 0xfc | 3);              /* four-byte lengths */
    buf_append_u8(&buf, 0xe0 | (uint8_t)sets->sps_count);
    append_sets(&buf, sets->sps, sets->sps_count);
    buf_append_u8(&buf, (uint8_t)sets->pps_count);
    append_sets(&buf, sets->pps, sets->pps_count);
    if (has_extension(sps->profile_idc)) {
        buf_append_u8(&buf, 0xfc | (uint8_t)sps->chroma_format_idc);
        buf_append_u8(&buf, 0xf8 | (uint8_t)(sps->bit_depth_luma - 8));
        buf_append_u8(&buf, 0xf8 | (uint8_t)(sps->bit_depth_chroma - 8));
        buf_append_u8(&buf, 0); /* no SPS extensions */
    }
    if (buf.err) {
        buf_clear(&buf);
        return NULL;
    }
    return bytes_from_buf(&buf);
}

static void append_annexb(struct buf *buf, const struct h264_nal *sets, int count)
{
    for (int i = 0; i < count; i++) {
        buf_append_u32(buf, 1);
        buf_append(buf, sets[i].data, sets[i].len);
    }
}

/* Cannot fail where write_avcc() did not: a set takes two bytes more, the limit is as much higher.
 */
static struct bytes *write_annexb(const struct parameter_sets *sets)
{
    struct buf buf;

    buf_init(&buf, SETS_LEN_MAX + 2 * SETS_MAX);
    append_annexb(&buf, sets->sps, sets->sps_count);
    append_annexb(&buf, sets->pps, sets->pps_count);
    return bytes_from_buf(&buf);
}

static struct codec_config *config_create(enum media_kind kind)
{
    struct codec_config *config = mem_zalloc(sizeof(*config));

    atomic_init(&config->refs, 1);
    config->kind = kind;
    return config;
}

static void describe_video(struct codec_config *config, const struct h264_sps *sps)
{
    struct video_config *video = &config->video;

    video->width = sps->width;
    video->height = sps->height;
    video->profile_idc = sps->profile_idc;
    video->constraint_flags = sps->constraint_flags;
    video->level_idc = sps->level_idc;
    video->fps = sps->fps;
    video->sar_width = sps->sar_width;
    video->sar_height = sps->sar_height;
    video->colour = sps->colour;
    snprintf(config->rfc6381, sizeof(config->rfc6381), "avc1.%02X%02X%02X",
             (unsigned)sps->profile_idc & 0xff, (unsigned)sps->constraint_flags & 0xff,
             (unsigned)sps->level_idc & 0xff);
}

static int config_from_sets(struct codec_config **out, const struct parameter_sets *sets)
{
    struct codec_config *config = NULL;
    struct h264_sps sps;
    struct bytes *avcc;
    int err;

    err = h264_sps_parse(&sps, sets->sps[0].data, sets->sps[0].len);
    if (err)
        return err;
    avcc = write_avcc(sets, &sps);
    if (!avcc)
        return -EINVAL;
    config = config_create(MEDIA_VIDEO);
    describe_video(config, &sps);
    config->video.avcc = avcc;
    config->video.annexb_sets = write_annexb(sets);
    config->video.sps = bytes_copy(sets->sps[0].data, sets->sps[0].len);
    config->video.pps = bytes_copy(sets->pps[0].data, sets->pps[0].len);
    *out = config;
    return 0;
}

int codec_config_from_avcc(struct codec_config **out, const uint8_t *data, size_t len)
{
    struct parameter_sets sets;
    int err = read_avcc(&sets, data, len);

    return err ? err : config_from_sets(out, &sets);
}

static bool is_set(const uint8_t *data, size_t len, int type)
{
    return len && len <= UINT16_MAX && (data[0] & 0x1f) == type;
}

int codec_config_from_sps_pps(struct codec_config **out, const uint8_t *sps, size_t sps_len,
                              const uint8_t *pps, size_t pps_len)
{
    struct parameter_sets sets = { .sps_count = 1, .pps_count = 1 };

    if (!is_set(sps, sps_len, NAL_SPS) || !is_set(pps, pps_len, NAL_PPS))
        return -EINVAL;
    sets.sps[0] = (struct h264_nal){ .data = sps, .len = sps_len, .type = NAL_SPS };
    sets.pps[0] = (struct h264_nal){ .data = pps, .len = pps_len, .type = NAL_PPS };
    return config_from_sets(out, &sets);
}

/* Whether the configuration has this very parameter set. */
static bool has_set(const struct codec_config *config, const struct h264_nal *set)
{
    struct h264_nal nal;
    struct reader r;

    if (!config)
        return false;
    reader_init(&r, config->video.annexb_sets->data, config->video.annexb_sets->len);
    while (h264_next_annexb_nal(&r, &nal))
        if (nal.len == set->len && !memcmp(nal.data, set->data, nal.len))
            return true;
    return false;
}

static bool has_all_sets(const struct codec_config *config, const struct h264_access_unit *unit)
{
    for (int i = 0; i < unit->set_count; i++)
        if (!has_set(config, &unit->sets[i]))
            return false;
    return true;
}

/* The sets of the access unit; of a kind that it does not bring, those in force. */
static int merge_sets(struct parameter_sets *sets, const struct codec_config *old,
                      const struct h264_access_unit *unit)
{
    struct parameter_sets fresh = { .sps_count = 0 };

    for (int i = 0; i < unit->set_count; i++) {
        const struct h264_nal *set = &unit->sets[i];

        if (!is_set(set->data, set->len, set->type))
            return -EINVAL;
        if (set->type == NAL_SPS)
            fresh.sps[fresh.sps_count++] = *set;
        else
            fresh.pps[fresh.pps_count++] = *set;
    }
    *sets = fresh;
    if (fresh.sps_count && fresh.pps_count)
        return 0;
    if (!old || read_avcc(sets, old->video.avcc->data, old->video.avcc->len))
        return -EINVAL;
    for (int i = 0; i < fresh.sps_count; i++)
        sets->sps[i] = fresh.sps[i];
    for (int i = 0; i < fresh.pps_count; i++)
        sets->pps[i] = fresh.pps[i];
    sets->sps_count = fresh.sps_count ? fresh.sps_count : sets->sps_count;
    sets->pps_count = fresh.pps_count ? fresh.pps_count : sets->pps_count;
    return 0;
}

int codec_config_refresh(struct codec_config **config, const struct h264_access_unit *unit)
{
    struct codec_config *fresh = NULL;
    struct parameter_sets sets;
    int err;

    if (has_all_sets(*config, unit))
        return 0;
    err = merge_sets(&sets, *config, unit);
    if (!err)
        err = config_from_sets(&fresh, &sets);
    if (err)
        return err;
    if (codec_config_is_equal(fresh, *config)) {
        codec_config_unref(fresh);
        return 0;
    }
    codec_config_unref(*config);
    *config = fresh;
    return 0;
}

int codec_config_from_asc(struct codec_config **out, const uint8_t *data, size_t len)
{
    struct audio_config audio = { 0 };
    struct codec_config *config;
    int err = aac_config_parse(&audio, data, len);

    if (err)
        return err;
    config = config_create(MEDIA_AUDIO);
    config->audio = audio;
    config->audio.asc = bytes_copy(data, len);
    snprintf(config->rfc6381, sizeof(config->rfc6381), "mp4a.40.%d", audio.object_type);
    *out = config;
    return 0;
}

static bool is_same_bytes(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

bool codec_config_is_equal(const struct codec_config *a, const struct codec_config *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind)
        return false;
    if (a->kind == MEDIA_AUDIO)
        return is_same_bytes(a->audio.asc, b->audio.asc);
    return is_same_bytes(a->video.avcc, b->video.avcc);
}

bool codec_config_is_compatible(const struct codec_config *a, const struct codec_config *b)
{
    if (codec_config_is_equal(a, b))
        return true;
    if (!a || !b || a->kind != b->kind || a->kind == MEDIA_AUDIO)
        return false;
    return a->video.width == b->video.width && a->video.height == b->video.height &&
           a->video.profile_idc == b->video.profile_idc;
}

const char *video_profile_name(const struct video_config *video)
{
    switch (video->profile_idc) {
    case 66:
        return "Baseline";
    case 77:
        return "Main";
    case 88:
        return "Extended";
    case 100:
        return "High";
    case 110:
        return "High 10";
    case 122:
        return "High 4:2:2";
    case 244:
        return "High 4:4:4 Predictive";
    default:
        return "";
    }
}

/* A.3.1: level 1b is 9, or 11 with constraint_set3_flag in the profiles that know no 9. */
static bool is_level_1b(const struct video_config *video)
{
    bool is_old = video->profile_idc == 66 || video->profile_idc == 77 || video->profile_idc == 88;

    return video->level_idc == 9 ||
           (is_old && video->level_idc == 11 && video->constraint_flags & 0x10);
}

char *video_level_name(char text[VIDEO_LEVEL_SIZE], const struct video_config *video)
{
    if (is_level_1b(video))
        snprintf(text, VIDEO_LEVEL_SIZE, "1b");
    else
        snprintf(text, VIDEO_LEVEL_SIZE, "%d.%d", (video->level_idc & 0xff) / 10,
                 (video->level_idc & 0xff) % 10);
    return text;
}
