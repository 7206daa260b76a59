/* SPDX-License-Identifier: Apache-2.0 */
/* Media playlists as text: a pure function from values to text (RFC 8216 and
 * draft-pantos-hls-rfc8216bis; the EXT-X-NET-LIVE-VIDEO and EXT-X-PREFETCH tags are those of
 * Amazon IVS).
 * URIs are relative to the playlist: "s<number>" names a segment, "p<number>" a part, "i<number>"
 * an init section, each with playlist_suffix() or ".mp4" behind it.
 * Thread: any. */
#ifndef MEDIA_PLAYLIST_H
#define MEDIA_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/segment.h"

struct buf;

#define PLAYLIST_WINDOW_S   30 /* of media, and */
#define PLAYLIST_WINDOW_MIN 6  /* segments at least */
#define PLAYLIST_MAX_BYTES  (1 << 20)

/* What an EXT-X-RENDITION-REPORT says of another rendition. */
struct playlist_report {
    const char *uri;
    int64_t last_msn;
    int last_part; /* index within that segment */
};

struct media_playlist {
    enum container_format container;
    bool is_low_latency;
    bool is_ended;
    int target_duration_s;
    int64_t part_target;            /* 90 kHz */
    int64_t discontinuity_sequence; /* of what stood before the first segment */
    int64_t elapsed;                /* 90 kHz of media before the first segment */
    int64_t source_wall_ms;         /* PROGRAM-DATE-TIME of the stream's first frame */
    int64_t now_wall_ms;
    struct segment *const *segments; /* whole, numbers run on; the first one gives MEDIA-SEQUENCE */
    size_t segment_count;            /* at least 1 */
    const struct segment *growing;   /* its parts are listed; NULL if none has begun */
    int64_t next_part;               /* number of the part to come */
    const struct playlist_report *reports;
    size_t report_count;
};

/* `is_delta`: old segments are replaced by EXT-X-SKIP where there are any. -EMSGSIZE if `out` is
 * too small. */
int playlist_render(struct buf *out, const struct media_playlist *playlist, bool is_delta);

/* Whether the window of such a stream exceeds the skip boundary, so that delta updates are
 * offered. */
bool playlist_can_skip(int target_duration_s);

/* ".ts" or ".m4s". */
const char *playlist_suffix(enum container_format container);

#endif
