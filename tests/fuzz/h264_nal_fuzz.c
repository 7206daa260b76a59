/* SPDX-License-Identifier: Apache-2.0 */
/* Access units behind lengths (the first byte says of which size) and behind start codes. What
 * comes out must be well formed. */
#include <stdlib.h>

#include "media/access_unit.h"
#include "media/codec.h"
#include "media/h264_nal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct access_unit *unit)
{
    struct codec_config *config = NULL;
    struct h264_nal nal;
    struct reader r;

    codec_config_refresh(&config, unit);
    codec_config_unref(config);
    if (!unit->data)
        return;
    reader_init(&r, unit->data->data, unit->data->len);
    while (h264_next_nal(&r, 4, &nal))
        if (nal.type == NAL_SPS || nal.type == NAL_AUD || nal.type == NAL_FILLER)
            abort();
    if (reader_err(&r))
        abort();
    bytes_unref(unit->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct access_unit unit;

    if (!len)
        return 0;
    if (!access_unit_read(&unit, VIDEO_H264, data + 1, len - 1, data[0] % 4 + 1))
        check(&unit);
    if (!access_unit_read_annexb(&unit, data + 1, len - 1))
        check(&unit);
    return 0;
}
