/* SPDX-License-Identifier: Apache-2.0 */
/* ID3v2.4 tags as players find them in the media (https://id3.org/id3v2.4.0-structure).
 * Thread: any; pure functions. */
#ifndef PACKAGE_TIMED_METADATA_H
#define PACKAGE_TIMED_METADATA_H

#include <stddef.h>
#include <stdint.h>

struct buf;

#define ID3_OWNER_API     "metadata.live-video.net"        /* put in by PutMetadata */
#define ID3_OWNER_ENCODER "inband.metadata.live-video.net" /* sent by the encoder */

/* A tag is begun, gets its frames, and is ended; the buffer's error tells of failure. */
void id3_begin(struct buf *buf);
void id3_add_private(struct buf *buf, const char *owner, const void *data, size_t len);
void id3_add_text(struct buf *buf, const char id[5], const char *text); /* T000 to TZZZ */
void id3_add_user_text(struct buf *buf, const char *description, const char *value); /* TXXX */
/* Writes the size into the head. */
void id3_end(struct buf *buf);

/* A whole tag with one private frame: what PutMetadata puts into every rendition. */
void id3_write_metadata(struct buf *buf, const char *owner, const void *data, size_t len);

/* What the tag at the start of each segment tells. */
struct segment_tag {
    int64_t number;          /* of the segment */
    int64_t wall_ms;         /* of its first frame */
    int64_t written_ms;      /* wall clock now */
    int64_t received_ms;     /* wall clock when its first frame arrived */
    int64_t stream_offset_s; /* since the broadcast began */
};
void id3_write_segment_tag(struct buf *buf, const struct segment_tag *tag);

#endif
