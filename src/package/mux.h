/* SPDX-License-Identifier: Apache-2.0 */
/* What a container format must be able to do: turn the packets of one part into bytes.
 * Thread: a muxer belongs to its segmenter's. */
#ifndef PACKAGE_MUX_H
#define PACKAGE_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes;
struct codec_config;
struct muxer;
struct packet;

#define MUX_PART_MAX (32 << 20) /* bytes; at 8.5 Mb/s a part of 0.33 s has 350 kB */

/* An ID3 tag at a media time. */
struct timed_tag {
    int64_t pts;
    struct bytes *id3;
};

/* What goes into one part. Everything borrowed. */
struct mux_part {
    int64_t start;                 /* declared start */
    struct packet *const *packets; /* each track in decode order, mixed; only of its tracks */
    int packet_count;
    int64_t next_video_dts; /* of the access unit after the last one here; -1: not known */
    const struct timed_tag *tags;
    int tag_count;
};

/* The tracks of a rendition; NULL: it has none of that kind. Borrowed. */
struct mux_tracks {
    struct codec_config *video, *audio;
};

struct mux_format {
    const char *name;
    /* What it remembers from part to part. Returns owned. */
    struct muxer *(*create)(const struct mux_tracks *tracks);
    void (*destroy)(struct muxer *m); /* NULL is fine */
    /* The initialisation section for these configurations; NULL member: the format has none.
     * Returns owned. */
    struct bytes *(*init_section)(const struct mux_tracks *tracks);
    /* -EMSGSIZE when the part would pass MUX_PART_MAX. */
    int (*write_part)(struct muxer *m, const struct mux_part *part, struct bytes **out);
};

extern const struct mux_format mux_mpegts;
extern const struct mux_format mux_fmp4;

#endif
