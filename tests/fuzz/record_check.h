/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for a decoder configuration record that was taken, whatever the codec. */
#ifndef TESTS_RECORD_CHECK_H
#define TESTS_RECORD_CHECK_H

#include <stdlib.h>

#include "base/bytes.h"
#include "media/codec.h"
#include "package/mux.h"

typedef int record_read_fn(struct codec_config **out, const uint8_t *data, size_t len);

/* It has names, makes an init section, and `record`, what was made of it, is read as the same. */
static inline void check_record(struct codec_config *config, const struct bytes *record,
                                record_read_fn *read)
{
    struct mux_tracks tracks = { .video = config };
    struct codec_config *again;
    char text[VIDEO_LEVEL_SIZE];

    if (read(&again, record->data, record->len) || !codec_config_is_equal(config, again))
        abort();
    video_profile_name(&config->video);
    video_level_name(text, &config->video);
    bytes_unref(mux_fmp4.init_section(&tracks));
    codec_config_unref(again);
}

#endif
