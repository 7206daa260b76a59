/* SPDX-License-Identifier: Apache-2.0 */
/* AudioSpecificConfig: ISO/IEC 14496-3, 1.6.2.1 (syntax), 1.6.5 (signalling of SBR), 4.4.1
 * (GASpecificConfig). ADTS: 1.A.2.2. */
#include "media/aac_config.h"

#include <errno.h>

#include "base/mem.h"
#include "base/reader.h"
#include "media/packet.h"

enum { AOT_LC = 2, AOT_LTP = 4, AOT_SBR = 5, AOT_PS = 29, AOT_ESCAPE = 31 };

#define CONFIG_MAX     64 /* bytes: room for more than any encoder adds */
#define RATE_ESCAPE    15
#define SYNC_EXTENSION 0x2b7
#define CORE_SAMPLES   1024
#define RATE_MIN       7000 /* the limits between which a decoder can exist: table 4.82 */
#define RATE_MAX       96000

/* clang-format off */
static const int rates[] = { /* table 1.18 */
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
};
static const int channel_counts[] = { /* table 1.19; 0: told otherwise or reserved */
    0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 0, 0, 0, 0, 0,
};
/* clang-format on */

static int read_object_type(struct bit_reader *r)
{
    int type = (int)read_bits(r, 5);

    return type == AOT_ESCAPE ? 32 + (int)read_bits(r, 6) : type;
}

static int read_rate(struct bit_reader *r)
{
    uint32_t index = read_bits(r, 4);

    if (index == RATE_ESCAPE)
        return (int)read_bits(r, 24);
    return index < ARRAY_LEN(rates) ? rates[index] : 0;
}

/* 1.6.5.2: SBR told behind the configuration, where an old decoder does not look. */
static void read_sync_extension(struct bit_reader *r, struct audio_config *audio)
{
    int rate;

    if (bits_left(r) < 16 || read_bits(r, 11) != SYNC_EXTENSION)
        return;
    if (read_object_type(r) != AOT_SBR || !read_bits(r, 1))
        return;
    rate = read_rate(r);
    if (r->err || rate != 2 * audio->core_rate)
        return;
    audio->object_type = AOT_SBR;
    audio->sample_rate = rate;
}

/* 4.4.1. Returns whether frames are of the usual length. */
static bool read_ga_config(struct bit_reader *r)
{
    bool is_short = read_bits(r, 1);

    if (read_bits(r, 1)) /* dependsOnCoreCoder */
        read_bits(r, 14);
    read_bits(r, 1); /* extensionFlag */
    return !is_short;
}

/* What ADTS and the players behind it can take. */
static int check_supported(const struct audio_config *audio, int core_type)
{
    bool is_doubled = audio->sample_rate == 2 * audio->core_rate;

    if (core_type < 1 || core_type > AOT_LTP || !audio->channels)
        return -ENOTSUP;
    if (audio->core_rate < RATE_MIN || audio->core_rate > RATE_MAX)
        return -ENOTSUP;
    return is_doubled || audio->sample_rate == audio->core_rate ? 0 : -ENOTSUP;
}

int aac_config_parse(struct audio_config *out, const uint8_t *data, size_t len)
{
    struct audio_config audio = { 0 };
    struct bit_reader r;
    int core_type;
    bool is_long;

    if (len > CONFIG_MAX)
        return -ENOTSUP;
    bit_reader_init(&r, data, len);
    audio.object_type = core_type = read_object_type(&r);
    audio.core_rate = audio.sample_rate = read_rate(&r);
    audio.channels = channel_counts[read_bits(&r, 4)];
    if (core_type == AOT_SBR || core_type == AOT_PS) {
        audio.sample_rate = read_rate(&r);
        core_type = read_object_type(&r);
    }
    if (r.err)
        return -EINVAL;
    is_long = read_ga_config(&r);
    if (r.err)
        return -EINVAL;
    if (audio.object_type == core_type)
        read_sync_extension(&r, &audio);
    if (!is_long || check_supported(&audio, core_type))
        return -ENOTSUP;
    audio.frame_samples = CORE_SAMPLES * audio.sample_rate / audio.core_rate;
    audio.asc = out->asc;
    *out = audio;
    return 0;
}

/* The index of the table rate nearest to one that an escape gave (4.5.1.1, table 4.82). */
static unsigned rate_index(int rate)
{
    unsigned best = 0;

    for (unsigned i = 1; i < ARRAY_LEN(rates); i++)
        if (rates[i] >= rate || rate - rates[i] < rates[i - 1] - rate)
            best = i;
    return best;
}

static unsigned channel_index(int channels)
{
    return channels == 8 ? 7 : (unsigned)channels;
}

void adts_write(uint8_t header[ADTS_SIZE], const struct audio_config *audio, size_t len)
{
    unsigned profile = audio->object_type <= AOT_LTP ? (unsigned)audio->object_type - 1 : 1;
    unsigned channels = channel_index(audio->channels);
    size_t size = len + ADTS_SIZE;

    header[0] = 0xff;
    header[1] = 0xf1; /* MPEG-4, layer 0, no checksum */
    header[2] = (uint8_t)(profile << 6 | rate_index(audio->core_rate) << 2 | channels >> 2);
    header[3] = (uint8_t)((channels & 3) << 6 | size >> 11);
    header[4] = (uint8_t)(size >> 3);
    header[5] = (uint8_t)((size & 7) << 5 | 0x1f); /* buffer fullness: variable rate */
    header[6] = 0xfc;
}

int adts_read(struct adts_header *out, const uint8_t *data, size_t len)
{
    unsigned profile, rate, channels;

    if (len && data[0] != 0xff)
        return -EINVAL;
    if (len > 1 && (data[1] & 0xf6) != 0xf0) /* the rest of syncword, layer 0 */
        return -EINVAL;
    if (len < ADTS_SIZE)
        return 0;
    profile = data[2] >> 6;
    rate = data[2] >> 2 & 15;
    channels = (data[2] & 1u) << 2 | data[3] >> 6;
    *out = (struct adts_header){
        .size = data[1] & 1 ? ADTS_SIZE : ADTS_SIZE + 2,
        .frame_size = (data[3] & 3u) << 11 | (size_t)data[4] << 3 | data[5] >> 5,
        .sample_rate = rate < ARRAY_LEN(rates) ? rates[rate] : 0,
        .samples = CORE_SAMPLES,
        .asc = { (uint8_t)((profile + 1) << 3 | rate >> 1),
                 (uint8_t)((rate & 1) << 7 | channels << 3) },
    };
    return out->sample_rate && out->frame_size >= out->size && !(data[6] & 3) ? 1 : -EINVAL;
}
