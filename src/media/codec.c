/* SPDX-License-Identifier: Apache-2.0 */
/* Makes codec configurations from the records and parameter sets that encoders send, and gives them
 * their names: those of RFC 6381 and those of the service's own API. */
#include "media/codec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/reader.h"
#include "media/aac_config.h"
#include "media/access_unit.h"
#include "media/h264_nal.h"
#include "media/h264_sets.h"
#include "media/h264_sps.h"
#include "media/hevc_sets.h"
#include "media/hevc_sps.h"
#include "media/hevc_vps.h"

static struct codec_config *config_create(enum media_kind kind)
{
    struct codec_config *config = mem_zalloc(sizeof(*config));

    atomic_init(&config->refs, 1);
    config->kind = kind;
    return config;
}

static void describe_h264(struct codec_config *config, const struct h264_sps *sps)
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

/* -EINVAL for sets that say nothing sensible or are too large. */
static int config_from_h264_sets(struct codec_config **out, const struct h264_sets *sets)
{
    struct codec_config *config;
    struct video_config *video;
    struct h264_sps sps;
    int err = h264_sps_parse(&sps, sets->sps[0].data, sets->sps[0].len);

    if (err)
        return err;
    config = config_create(MEDIA_VIDEO);
    video = &config->video;
    describe_h264(config, &sps);
    video->avcc = h264_sets_to_avcc(sets, &sps);
    video->annexb_sets = h264_sets_to_annexb(sets);
    video->sps = bytes_copy(sets->sps[0].data, sets->sps[0].len);
    video->pps = bytes_copy(sets->pps[0].data, sets->pps[0].len);
    if (!video->avcc || !video->annexb_sets) {
        codec_config_unref(config);
        return -EINVAL;
    }
    *out = config;
    return 0;
}

static void describe_hevc(struct codec_config *config, const struct hevc_sps *sps)
{
    struct video_config *video = &config->video;

    video->codec = VIDEO_HEVC;
    video->width = sps->width;
    video->height = sps->height;
    video->profile_idc = hevc_profile_idc(&sps->profile);
    video->level_idc = hevc_profile_level(&sps->profile);
    video->fps = sps->fps;
    video->sar_width = sps->sar_width;
    video->sar_height = sps->sar_height;
    video->colour = sps->colour;
    hevc_profile_codec_name(config->rfc6381, &sps->profile);
}

static int config_from_hevc_sets(struct codec_config **out, const struct hevc_sets *sets)
{
    const struct h264_nal *first[HEVC_SET_KINDS];
    struct codec_config *config;
    struct hevc_vps vps;
    struct hevc_sps sps;
    int err;

    for (int i = 0; i < HEVC_SET_KINDS; i++)
        first[i] = &sets->kinds[i].nals[0];
    err = hevc_vps_parse(&vps, first[0]->data, first[0]->len);
    if (!err)
        err = hevc_sps_parse(&sps, first[1]->data, first[1]->len);
    if (err)
        return err;
    if (!sps.fps)
        sps.fps = vps.fps;
    config = config_create(MEDIA_VIDEO);
    describe_hevc(config, &sps);
    config->video.hvcc = hevc_sets_to_hvcc(sets, &sps);
    config->video.annexb_sets = hevc_sets_to_annexb(sets);
    config->video.sps = bytes_copy(first[1]->data, first[1]->len);
    config->video.pps = bytes_copy(first[2]->data, first[2]->len);
    if (!config->video.hvcc || !config->video.annexb_sets) {
        codec_config_unref(config);
        return -EINVAL;
    }
    *out = config;
    return 0;
}

int avcc_length_size(const uint8_t *data, size_t len)
{
    int size;

    if (len < 5 || data[0] != 1)
        return -EINVAL;
    size = (data[4] & 3) + 1;
    return size == 3 ? -EINVAL : size;
}

int codec_config_from_avcc(struct codec_config **out, const uint8_t *data, size_t len)
{
    struct h264_sets sets;
    int err = h264_sets_from_avcc(&sets, data, len);

    return err ? err : config_from_h264_sets(out, &sets);
}

int codec_config_from_hvcc(struct codec_config **out, const uint8_t *data, size_t len)
{
    struct hevc_sets sets;
    int err = hevc_sets_from_hvcc(&sets, data, len);

    return err ? err : config_from_hevc_sets(out, &sets);
}

int codec_config_from_sps_pps(struct codec_config **out, const uint8_t *sps, size_t sps_len,
                              const uint8_t *pps, size_t pps_len)
{
    struct h264_sets sets;

    sets.sps[0] = (struct h264_nal){ .data = sps, .len = sps_len, .type = NAL_SPS };
    sets.pps[0] = (struct h264_nal){ .data = pps, .len = pps_len, .type = NAL_PPS };
    sets.sps_count = sets.pps_count = 1;
    if (!h264_is_set(&sets.sps[0], NAL_SPS) || !h264_is_set(&sets.pps[0], NAL_PPS))
        return -EINVAL;
    return config_from_h264_sets(out, &sets);
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

static bool has_all_sets(const struct codec_config *config, const struct access_unit *unit)
{
    for (int i = 0; i < unit->set_count; i++)
        if (!has_set(config, &unit->sets[i]))
            return false;
    return true;
}

static void take_sets(struct h264_nal *out, int *count, const struct access_unit *unit, int type)
{
    bool is_first = true;

    for (int i = 0; i < unit->set_count; i++) {
        if (unit->sets[i].type != type)
            continue;
        if (is_first)
            *count = 0;
        is_first = false;
        out[(*count)++] = unit->sets[i];
    }
}

/* The sets of the access unit; of a kind that it does not bring, those in force. */
static int merge_sets(struct h264_sets *sets, const struct codec_config *old,
                      const struct access_unit *unit)
{
    sets->sps_count = sets->pps_count = 0;
    for (int i = 0; i < unit->set_count; i++)
        if (!h264_is_set(&unit->sets[i], unit->sets[i].type))
            return -EINVAL;
    if (old && h264_sets_from_avcc(sets, old->video.avcc->data, old->video.avcc->len))
        return -EINVAL;
    take_sets(sets->sps, &sets->sps_count, unit, NAL_SPS);
    take_sets(sets->pps, &sets->pps_count, unit, NAL_PPS);
    return sets->sps_count && sets->pps_count ? 0 : -EINVAL;
}

/* Likewise for HEVC, where there are always some in force. */
static int merge_hevc_sets(struct hevc_sets *sets, const struct codec_config *old,
                           const struct access_unit *unit)
{
    bool is_fresh[HEVC_SET_KINDS] = { false };

    if (hevc_sets_from_hvcc(sets, old->video.hvcc->data, old->video.hvcc->len))
        return -EINVAL;
    for (int i = 0; i < unit->set_count; i++) {
        int type = hevc_nal_type(&unit->sets[i]);

        if (!is_fresh[type - HEVC_VPS])
            hevc_sets_of(sets, type)->count = 0;
        is_fresh[type - HEVC_VPS] = true;
        if (hevc_sets_add(sets, &unit->sets[i]))
            return -EINVAL;
    }
    return 0;
}

static int make_refreshed(struct codec_config **out, const struct codec_config *old,
                          const struct access_unit *unit)
{
    struct hevc_sets hevc;
    struct h264_sets h264;
    int err;

    if (unit->codec == VIDEO_HEVC) {
        err = merge_hevc_sets(&hevc, old, unit);
        return err ? err : config_from_hevc_sets(out, &hevc);
    }
    err = merge_sets(&h264, old, unit);
    return err ? err : config_from_h264_sets(out, &h264);
}

int codec_config_refresh(struct codec_config **config, const struct access_unit *unit)
{
    struct codec_config *fresh = NULL;
    int err;

    if (has_all_sets(*config, unit))
        return 0;
    err = make_refreshed(&fresh, *config, unit);
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
    if (a->video.codec != b->video.codec)
        return false;
    if (a->video.codec == VIDEO_HEVC)
        return is_same_bytes(a->video.hvcc, b->video.hvcc);
    return is_same_bytes(a->video.avcc, b->video.avcc);
}

static bool is_same_audio(const struct audio_config *a, const struct audio_config *b)
{
    return a->object_type == b->object_type && a->sample_rate == b->sample_rate &&
           a->core_rate == b->core_rate && a->channels == b->channels;
}

bool codec_config_is_compatible(const struct codec_config *a, const struct codec_config *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind)
        return false;
    if (a->kind == MEDIA_AUDIO)
        return is_same_audio(&a->audio, &b->audio);
    return a->video.codec == b->video.codec && a->video.width == b->video.width &&
           a->video.height == b->video.height && a->video.profile_idc == b->video.profile_idc;
}

/* 23008-2, A.3 */
static const char *hevc_profile_name(int profile_idc)
{
    switch (profile_idc) {
    case 1:
        return "Main";
    case 2:
        return "Main 10";
    case 3:
        return "Main Still Picture";
    case 4:
        return "Format Range Extensions";
    default:
        return "";
    }
}

const char *video_profile_name(const struct video_config *video)
{
    if (video->codec == VIDEO_HEVC)
        return hevc_profile_name(video->profile_idc);
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
    if (video->codec == VIDEO_HEVC) /* thirty times the level: 23008-2, A.4 */
        snprintf(text, VIDEO_LEVEL_SIZE, "%d.%d", (video->level_idc & 0xff) / 30,
                 (video->level_idc & 0xff) % 30 / 3);
    else if (is_level_1b(video))
        snprintf(text, VIDEO_LEVEL_SIZE, "1b");
    else
        snprintf(text, VIDEO_LEVEL_SIZE, "%d.%d", (video->level_idc & 0xff) / 10,
                 (video->level_idc & 0xff) % 10);
    return text;
}
