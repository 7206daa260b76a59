/* SPDX-License-Identifier: Apache-2.0 */
/* Codec configurations from what encoders send, and their public names.
 * Thread: any; pure functions. Errors: -EINVAL for a malformed record, -ENOTSUP for a well-formed
 * one that Weir does not carry. */
#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include "media/packet.h"

struct access_unit;

/* From an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), such as the body of an FLV
 * sequence header. The record kept in the configuration is written anew: it says 4-byte lengths
 * whatever the source uses (see avcc_length_size()). Returns owned, with one reference. */
int codec_config_from_avcc(struct codec_config **out, const uint8_t *data, size_t len);
/* Bytes in front of each NAL unit of the access units that belong to the record: 1, 2 or 4. */
int avcc_length_size(const uint8_t *data, size_t len);
/* Likewise from an HEVCDecoderConfigurationRecord (8.3.3.1); see hvcc_length_size(). */
int codec_config_from_hvcc(struct codec_config **out, const uint8_t *data, size_t len);
/* From an SPS and a PPS NAL unit, without start codes. */
int codec_config_from_sps_pps(struct codec_config **out, const uint8_t *sps, size_t sps_len,
                              const uint8_t *pps, size_t pps_len);
/* Replaces *config when the access unit brings other parameter sets than it has (the reference is
 * handed back and another returned); 0 and unchanged when it brings none or the same. *config is
 * of the unit's codec; for H.264 it may be NULL. On error it is unchanged. */
int codec_config_refresh(struct codec_config **config, const struct access_unit *unit);

/* From an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). -ENOTSUP for what ADTS cannot carry:
 * frames of 960 samples, channels by program config element, objects above AAC LTP without SBR. */
int codec_config_from_asc(struct codec_config **out, const uint8_t *data, size_t len);

/* Same bytes: whoever makes packets keeps the first of two equal configurations. Takes NULL. */
bool codec_config_is_equal(const struct codec_config *a, const struct codec_config *b);
/* A decoder goes on without a break: same size and profile, or same audio. Takes NULL. */
bool codec_config_is_compatible(const struct codec_config *a, const struct codec_config *b);

/* "Baseline", "Main", "High" ...; "" if unknown. Static storage. */
const char *video_profile_name(const struct video_config *video);
#define VIDEO_LEVEL_SIZE 8
/* "4.0", "1b". Returns `text`. */
char *video_level_name(char text[VIDEO_LEVEL_SIZE], const struct video_config *video);

#endif
