/* SPDX-License-Identifier: Apache-2.0 */
/* Access units in the form that struct packet promises.
 * Thread: any; pure functions. */
#ifndef MEDIA_ACCESS_UNIT_H
#define MEDIA_ACCESS_UNIT_H

#include <stdbool.h>

#include "base/bytes.h"
#include "media/h264_nal.h"
#include "media/packet.h"

#define ACCESS_UNIT_SETS_MAX 8 /* further ones are left out */

struct access_unit {
    enum video_codec codec;
    struct bytes *data; /* owned; NULL when there is no slice: nothing to show */
    bool is_idr;        /* its first slice is of an IDR picture */
    /* The VPS, SPS and PPS in it, borrowed from the input; `type` is H.264's. */
    struct h264_nal sets[ACCESS_UNIT_SETS_MAX];
    int set_count;
};

/* Rewrites an access unit whose NAL units stand behind lengths of `length_size` bytes: 4-byte
 * lengths, and no AUD, parameter sets, filler or end marks. -EINVAL for a malformed one. */
int access_unit_read(struct access_unit *out, enum video_codec codec, const uint8_t *data,
                     size_t len, int length_size);
/* The same from the bytes of `unit` behind `offset`, which nobody else may share yet: where lengths
 * are of 4 bytes already and what has to go stands at the ends, as most encoders have it,
 * `out->data` is `unit` itself, narrowed, with one more reference; otherwise a copy. */
int access_unit_reuse(struct access_unit *out, enum video_codec codec, struct bytes *unit,
                      size_t offset, int length_size);
/* The same as access_unit_read() from H.264 with start codes. */
int access_unit_read_annexb(struct access_unit *out, const uint8_t *data, size_t len);

#endif
