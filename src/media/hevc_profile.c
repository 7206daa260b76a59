/* SPDX-License-Identifier: Apache-2.0 */
#include "media/hevc_profile.h"

#include <stdio.h>

#define SUB_LAYER_PROFILE_BITS 88
#define SUB_LAYER_LEVEL_BITS   8
#define CONSTRAINTS_AT         5
#define LEVEL_AT               11

static void skip_bits(struct bit_reader *r, unsigned count)
{
    for (; count && !r->err; count -= count < 32 ? count : 32)
        read_bits(r, count < 32 ? count : 32);
}

void hevc_profile_read(struct hevc_profile *out, struct bit_reader *r, int sub_layers)
{
    unsigned told[HEVC_SUB_LAYERS_MAX];

    for (int i = 0; i < HEVC_GENERAL_SIZE; i++)
        out->general[i] = (uint8_t)read_bits(r, 8);
    if (sub_layers < 2)
        return;
    for (int i = 0; i < sub_layers - 1; i++)
        told[i] = read_bits(r, 2); /* its own profile, its own level */
    for (int i = sub_layers - 1; i < 8; i++)
        read_bits(r, 2);
    for (int i = 0; i < sub_layers - 1; i++) {
        skip_bits(r, told[i] & 2 ? SUB_LAYER_PROFILE_BITS : 0);
        skip_bits(r, told[i] & 1 ? SUB_LAYER_LEVEL_BITS : 0);
    }
}

int hevc_profile_idc(const struct hevc_profile *profile)
{
    return profile->general[0] & 0x1f;
}

int hevc_profile_level(const struct hevc_profile *profile)
{
    return profile->general[LEVEL_AT];
}

/* Bit 31 becomes bit 0: annex E has the flags in reverse. */
static uint32_t reversed(const uint8_t flags[4])
{
    uint32_t value = 0;

    for (int i = 0; i < 32; i++)
        value |= (uint32_t)(flags[i / 8] >> (7 - i % 8) & 1) << i;
    return value;
}

void hevc_profile_codec_name(char out[HEVC_CODEC_NAME_SIZE], const struct hevc_profile *profile)
{
    static const char *const spaces[] = { "", "A", "B", "C" };
    const uint8_t *general = profile->general;
    int last = LEVEL_AT - 1;
    size_t len;

    len = (size_t)snprintf(out, HEVC_CODEC_NAME_SIZE, "hvc1.%s%d.%X.%c%d", spaces[general[0] >> 6],
                           hevc_profile_idc(profile), (unsigned)reversed(general + 1),
                           general[0] & 0x20 ? 'H' : 'L', hevc_profile_level(profile));
    while (last >= CONSTRAINTS_AT && !general[last])
        last--;
    for (int i = CONSTRAINTS_AT; i <= last; i++)
        len += (size_t)snprintf(out + len, HEVC_CODEC_NAME_SIZE - len, ".%X", general[i]);
}
