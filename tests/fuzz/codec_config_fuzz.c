/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses: an AVCDecoderConfigurationRecord or an AudioSpecificConfig. What is taken
 * must make an init section, and a record must be read again as the same configuration. */
#include <stdlib.h>

#include "media/aac_config.h"
#include "tests/fuzz/record_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_video(const uint8_t *data, size_t len)
{
    struct codec_config *config;

    avcc_length_size(data, len);
    if (codec_config_from_avcc(&config, data, len))
        return;
    check_record(config, config->video.avcc, codec_config_from_avcc);
    codec_config_unref(config);
}

static void try_audio(const uint8_t *data, size_t len)
{
    struct codec_config *config;
    struct mux_tracks tracks = { 0 };
    uint8_t header[ADTS_SIZE];

    if (codec_config_from_asc(&config, data, len))
        return;
    if (config->audio.channels < 1 || config->audio.sample_rate < 7000 ||
        config->audio.frame_samples < 1024)
        abort();
    adts_write(header, &config->audio, ADTS_FRAME_MAX);
    tracks.audio = config;
    bytes_unref(mux_fmp4.init_section(&tracks));
    codec_config_unref(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (!len)
        return 0;
    if (data[0] & 1)
        try_audio(data + 1, len - 1);
    else
        try_video(data + 1, len - 1);
    return 0;
}
