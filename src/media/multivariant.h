/* SPDX-License-Identifier: Apache-2.0 */
/* The multivariant playlist as text: a pure function (RFC 8216 section 4.3.4, with the session data
 * and the media tags that Amazon IVS writes). Nothing in it belongs to one viewer.
 * Thread: any. */
#ifndef MEDIA_MULTIVARIANT_H
#define MEDIA_MULTIVARIANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Texts hold neither quotes nor control characters. */
struct multivariant_rendition {
    const char *uri;
    const char *id;     /* GROUP-ID */
    const char *name;   /* for people */
    const char *codecs; /* RFC 6381 */
    int width, height;  /* 0: no RESOLUTION */
    double fps;         /* 0: no FRAME-RATE */
    int64_t peak_bps;
    int64_t average_bps; /* 0: not known yet */
    bool is_audio_only;
};

struct multivariant_playlist {
    const char *node;
    int64_t now_wall_ms;
    int64_t stream_ms;       /* since the stream began */
    bool tells_next_segment; /* media playlists carry EXT-X-PREFETCH */
    const struct multivariant_rendition *renditions;
    size_t rendition_count;
};

int multivariant_render(struct buf *out, const struct multivariant_playlist *playlist);

#endif
