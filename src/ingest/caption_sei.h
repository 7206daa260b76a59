/* SPDX-License-Identifier: Apache-2.0 */
/* Closed captions that an encoder sends beside the video (data message onCaptionInfo), put where
 * players look for them: into the video, as SEI (ATSC A/53 part 4, 6.2.3; ITU-T H.264, D.1.6;
 * H.265, D.2.6). Thread: any; pure function. */
#ifndef INGEST_CAPTION_SEI_H
#define INGEST_CAPTION_SEI_H

#include "base/buf.h"
#include "media/packet.h"

#define CAPTION_MAX 2048 /* of one message, decoded */

/* Appends an SEI NAL unit, behind a 4-byte length, with the captions of `base64`. Known forms: the
 * whole of what SEI holds (country code 0xb5 ...), without its registration ("GA94" ...), or the
 * captions alone (type code 3 ...). -EINVAL for others, -EMSGSIZE past a limit; nothing is appended
 * then. */
int caption_sei_append(struct buf *out, enum video_codec codec, const char *base64, size_t len);

#endif
