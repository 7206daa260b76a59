/* SPDX-License-Identifier: Apache-2.0 */
/* An HEVCDecoderConfigurationRecord, and the same bytes as parameter sets. What is taken must say
 * what can exist, make an init section, and be read again as the same configuration. */
#include <stdlib.h>

#include "media/hevc_sets.h"
#include "media/hevc_sps.h"
#include "media/hevc_vps.h"
#include "tests/fuzz/record_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_video(const struct video_config *video)
{
    if (video->width < 1 || video->width > 16888 || video->height < 1 || video->height > 16888)
        abort();
    if (!(video->fps >= 0 && video->fps <= 240) || !video->sar_width != !video->sar_height)
        abort();
}

static void try_record(const uint8_t *data, size_t len)
{
    struct codec_config *config;

    hvcc_length_size(data, len);
    if (codec_config_from_hvcc(&config, data, len))
        return;
    check_video(&config->video);
    check_record(config, config->video.hvcc, codec_config_from_hvcc);
    codec_config_unref(config);
}

static void try_sets(const uint8_t *data, size_t len)
{
    char name[HEVC_CODEC_NAME_SIZE];
    struct hevc_vps vps;
    struct hevc_sps sps;

    if (!hevc_vps_parse(&vps, data, len) && !(vps.fps >= 0 && vps.fps <= 240))
        abort();
    if (hevc_sps_parse(&sps, data, len))
        return;
    if (sps.bit_depth_luma < 8 || sps.bit_depth_luma > 16 || sps.chroma_format_idc > 3)
        abort();
    hevc_profile_codec_name(name, &sps.profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    try_record(data, len);
    try_sets(data, len);
    return 0;
}
