/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads in and out. What the server reads here comes from a process that decodes strangers'
 * bytes: every number is checked before it is used as a size or an index. */
#include "transcode/transcode_link.h"

#include <errno.h>
#include <stdio.h>

#include "base/reader.h"

#define EDGE_MAX      8192
#define FPS_SCALE     1000.0
#define FLAG_OWN_KEYS 0x01

/* -- setup -- */

size_t transcode_setup_write(uint8_t out[TRANSCODE_SETUP_MAX], const struct transcode_setup *in)
{
    struct link_writer w = { out, 0 };

    link_put_bytes(&w, in->preset, sizeof(in->preset));
    link_put(&w, (uint64_t)(in->fps * FPS_SCALE + 0.5), 4);
    link_put(&w, in->has_own_keyframes ? FLAG_OWN_KEYS : 0, 1);
    link_put(&w, (uint64_t)in->video_count, 1);
    link_put(&w, (uint64_t)in->audio_count, 1);
    for (int i = 0; i < in->video_count; i++) {
        link_put(&w, (uint64_t)in->video[i].width, 2);
        link_put(&w, (uint64_t)in->video[i].height, 2);
        link_put(&w, (uint64_t)in->video[i].bitrate_bps, 4);
        link_put(&w, (uint64_t)in->video[i].frame_divisor, 1);
    }
    for (int i = 0; i < in->audio_count; i++)
        link_put(&w, (uint64_t)in->audio_bps[i], 4);
    return w.len;
}

static void read_preset(struct reader *r, char out[TRANSCODE_PRESET_SIZE])
{
    const uint8_t *text = read_bytes(r, TRANSCODE_PRESET_SIZE);

    if (text)
        snprintf(out, TRANSCODE_PRESET_SIZE, "%.*s", TRANSCODE_PRESET_SIZE - 1, (const char *)text);
}

static bool is_video_sane(const struct transcode_video *video)
{
    return video->width >= 2 && video->width <= EDGE_MAX && video->width % 2 == 0 &&
           video->height >= 2 && video->height <= EDGE_MAX && video->height % 2 == 0 &&
           video->bitrate_bps > 0 && video->frame_divisor >= 1 && video->frame_divisor <= 2;
}

static int read_video(struct reader *r, struct transcode_video *video)
{
    video->width = read_u16le(r);
    video->height = read_u16le(r);
    video->bitrate_bps = (int)read_u32le(r);
    video->frame_divisor = read_u8(r);
    return is_video_sane(video) ? 0 : -EPROTO;
}

int transcode_setup_parse(struct transcode_setup *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);

    *out = (struct transcode_setup){ 0 };
    read_preset(&r, out->preset);
    out->fps = read_u32le(&r) / FPS_SCALE;
    out->has_own_keyframes = read_u8(&r) & FLAG_OWN_KEYS;
    out->video_count = read_u8(&r);
    out->audio_count = read_u8(&r);
    if (out->fps <= 0 || out->video_count > TRANSCODE_VIDEO_MAX ||
        out->audio_count > TRANSCODE_AUDIO_MAX)
        return -EPROTO;
    for (int i = 0; i < out->video_count; i++)
        if (read_video(&r, &out->video[i]))
            return -EPROTO;
    for (int i = 0; i < out->audio_count; i++) {
        out->audio_bps[i] = (int)read_u32le(&r);
        if (out->audio_bps[i] <= 0)
            return -EPROTO;
    }
    return link_reader_end(&r);
}

/* -- what became of it -- */

size_t transcode_lost_write(uint8_t out[LINK_HEAD_MAX], const struct transcode_lost *in)
{
    struct link_writer w = { out, 0 };

    link_put(&w, (uint64_t)in->output, 1);
    link_put(&w, (uint64_t)in->dts, 8);
    return w.len;
}

int transcode_lost_parse(struct transcode_lost *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);

    out->output = read_u8(&r);
    out->dts = (int64_t)read_u64le(&r);
    return out->output >= TRANSCODE_OUTPUTS_MAX ? -EPROTO : link_reader_end(&r);
}

size_t transcode_stats_write(uint8_t out[LINK_HEAD_MAX], const struct transcode_stats *in)
{
    struct link_writer w = { out, 0 };

    link_put(&w, in->frames_decoded, 4);
    link_put(&w, in->decode_errors, 4);
    link_put(&w, in->gops_dropped, 4);
    for (int i = 0; i < TRANSCODE_VIDEO_MAX; i++) {
        link_put(&w, in->video[i].frames, 4);
        link_put(&w, in->video[i].gops_dropped, 4);
    }
    return w.len;
}

int transcode_stats_parse(struct transcode_stats *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);

    out->frames_decoded = read_u32le(&r);
    out->decode_errors = read_u32le(&r);
    out->gops_dropped = read_u32le(&r);
    for (int i = 0; i < TRANSCODE_VIDEO_MAX; i++) {
        out->video[i].frames = read_u32le(&r);
        out->video[i].gops_dropped = read_u32le(&r);
    }
    return link_reader_end(&r);
}

/* -- from a ladder -- */

static void add_video(struct transcode_setup *setup, const struct rendition *r)
{
    if (r->video != TRACK_ENCODED)
        return;
    setup->video[setup->video_count++] = (struct transcode_video){
        .width = r->width,
        .height = r->height,
        .bitrate_bps = r->video_bps,
        .frame_divisor = r->frame_divisor,
    };
}

/* Renditions with the same bit rate share one encoding. */
static void add_audio(struct transcode_setup *setup, const struct rendition *r)
{
    if (r->audio != TRACK_ENCODED)
        return;
    for (int i = 0; i < setup->audio_count; i++)
        if (setup->audio_bps[i] == r->audio_bps)
            return;
    setup->audio_bps[setup->audio_count++] = r->audio_bps;
}

bool transcode_setup_of(struct transcode_setup *out, const struct ladder *ladder,
                        const char *preset)
{
    *out = (struct transcode_setup){
        .fps = ladder->fps,
        .has_own_keyframes = ladder->has_own_keyframes,
    };
    snprintf(out->preset, sizeof(out->preset), "%s", preset);
    for (int i = 0; i < ladder->count; i++) {
        add_video(out, &ladder->renditions[i]);
        add_audio(out, &ladder->renditions[i]);
    }
    return out->video_count || out->audio_count;
}
