/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/demux_link.h"

#include <errno.h>

#include "base/mem.h"
#include "base/reader.h"

#define FLAG_VIDEO 0x01
#define FLAG_AUDIO 0x02

/* clang-format off */
static const char *const texts[DEMUX_REFUSALS] = {
    [DEMUX_MPEG_VIDEO]  = "MPEG-1 or MPEG-2 video is not supported: send H.264",
    [DEMUX_MPEG4_PART2] = "MPEG-4 Part 2 is not supported: send H.264",
    [DEMUX_HEVC]        = "H.265 is not supported: send H.264",
    [DEMUX_VVC]         = "H.266 is not supported: send H.264",
    [DEMUX_AV1]         = "AV1 is not supported: send H.264",
    [DEMUX_JPEG2000]    = "JPEG 2000 is not supported: send H.264",
    [DEMUX_VC1]         = "VC-1 is not supported: send H.264",
    [DEMUX_AVS]         = "AVS is not supported: send H.264",
    [DEMUX_OTHER_H264]  = "this kind of H.264 is not supported",
    [DEMUX_MPEG_AUDIO]  = "MP2 or MP3 is not supported: send AAC",
    [DEMUX_LATM]        = "AAC in LATM is not supported: send AAC in ADTS",
    [DEMUX_AC3]         = "AC-3 is not supported: send AAC",
    [DEMUX_EAC3]        = "E-AC-3 is not supported: send AAC",
    [DEMUX_DTS]         = "DTS is not supported: send AAC",
    [DEMUX_TRUEHD]      = "TrueHD is not supported: send AAC",
    [DEMUX_OPUS]        = "Opus is not supported: send AAC",
    [DEMUX_PCM]         = "PCM is not supported: send AAC",
    [DEMUX_OTHER_AAC]   = "this kind of AAC is not supported",
    [DEMUX_SCRAMBLED]   = "scrambled media is not supported",
};
/* clang-format on */

const char *demux_refusal_text(enum demux_refusal refusal)
{
    return texts[refusal] ? texts[refusal] : "";
}

size_t demux_ts_write(uint8_t out[LINK_HEAD_MAX], int64_t arrival_us)
{
    struct link_writer w = { out, 0 };

    link_put(&w, (uint64_t)arrival_us, 8);
    return w.len;
}

int demux_ts_parse(int64_t *arrival_us, const uint8_t **data, size_t *len,
                   const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);

    *arrival_us = (int64_t)read_u64le(&r);
    *len = reader_left(&r);
    *data = read_bytes(&r, *len);
    return link_reader_end(&r);
}

size_t demux_tracks_write(uint8_t out[LINK_HEAD_MAX], const struct demux_tracks *in)
{
    struct link_writer w = { out, 0 };

    link_put(&w, (in->has_video ? FLAG_VIDEO : 0) | (in->has_audio ? FLAG_AUDIO : 0), 1);
    return w.len;
}

int demux_tracks_parse(struct demux_tracks *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);
    int flags = read_u8(&r);

    *out = (struct demux_tracks){ flags & FLAG_VIDEO, flags & FLAG_AUDIO };
    return link_reader_end(&r);
}

size_t demux_refusal_write(uint8_t out[LINK_HEAD_MAX], enum demux_refusal refusal)
{
    struct link_writer w = { out, 0 };

    link_put(&w, refusal, 1);
    return w.len;
}

int demux_refusal_parse(enum demux_refusal *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);
    int value = read_u8(&r);

    if (value == DEMUX_CARRIED || value >= DEMUX_REFUSALS)
        return -EPROTO;
    *out = (enum demux_refusal)value;
    return link_reader_end(&r);
}

size_t demux_stats_write(uint8_t out[LINK_HEAD_MAX], const struct demux_stats *in)
{
    struct link_writer w = { out, 0 };

    link_put(&w, in->losses, 4);
    link_put(&w, in->damaged, 4);
    return w.len;
}

int demux_stats_parse(struct demux_stats *out, const struct worker_frame *frame)
{
    struct reader r = link_reader(frame);

    out->losses = read_u32le(&r);
    out->damaged = read_u32le(&r);
    return link_reader_end(&r);
}
