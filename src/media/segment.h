/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and segments of one rendition: what players fetch and the recorder stores.
 * Thread: any; immutable once shared. A segment grows by whole parts until it is complete; each
 * stage of its growth is a new view, see package/segmenter.h. */
#ifndef MEDIA_SEGMENT_H
#define MEDIA_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum container_format { CONTAINER_TS, CONTAINER_FMP4 };

/* A part: playable by itself after the init section, if any. */
struct part {
    atomic_int refs;
    int64_t number;       /* runs on per rendition; names the URI */
    int64_t start;        /* decode time of the first frame, 90 kHz */
    int64_t duration;     /* 90 kHz */
    bool is_independent;  /* starts with an IDR */
    bool is_gap;          /* the rendition has nothing for this time: no data */
    struct bytes *data;   /* NULL for a gap */
    int64_t published_us; /* monotonic clock, when it was handed over */
};

/* A whole segment: the parts in order; its bytes are theirs, one after another. */
struct segment {
    atomic_int refs;
    int64_t number;   /* media sequence number, the same in all renditions */
    int64_t start;    /* decode time of the first frame, 90 kHz */
    int64_t duration; /* 90 kHz */
    int64_t wall_ms;  /* PROGRAM-DATE-TIME */
    bool is_independent;
    bool is_gap;
    bool is_discontinuity; /* EXT-X-DISCONTINUITY goes before it */
    struct bytes *init;    /* fMP4 init section in force (the same pointer while it is the same);
                              NULL for TS */
    int init_number;       /* runs on per rendition; names the URI */
    atomic_int sendings;   /* calls of segment_in_file() */
    _Atomic(struct bytes *) in_file; /* NULL: not made */
    int part_count;
    struct part *parts[]; /* holds references */
};

struct part *part_ref(struct part *part);
void part_unref(struct part *part); /* NULL is fine */
struct segment *segment_ref(struct segment *segment);
void segment_unref(struct segment *segment); /* NULL is fine */
size_t segment_size(const struct segment *segment);
/* The bytes of the parts from index `from` on. Returns how many slices; `out` has room for one per
 * part. */
size_t segment_slices(const struct segment *segment, int from, struct slice *out);

/* For whoever is about to send the whole segment in clear: its bytes once more, joined in a file
 * (base/bytes_file.h), made when several have asked. Borrowed, lives as long as the segment. NULL:
 * too few have asked, or the system has none to spare. */
struct bytes *segment_in_file(struct segment *segment);

#endif
