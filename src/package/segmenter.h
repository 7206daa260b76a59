/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the packets of one rendition into segments and parts, where the cut plan of the source says.
 *
 *   cut plan --segmenter_cut()---\
 *                                 segmenter --> muxer --> on_part(), on_segment()
 *   packets --segmenter_push()---/
 *
 * A part is handed out as soon as a packet behind its end has come. What the rendition has nothing
 * for becomes a gap with the times and the number of the plan.
 * Thread: the one that created it. Callbacks run inside the functions. */
#ifndef PACKAGE_SEGMENTER_H
#define PACKAGE_SEGMENTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec_config;
struct cut;
struct mux_format;
struct packet;
struct segment;
struct segmenter;

struct segmenter_config {
    const struct mux_format *format;
    struct codec_config *video, *audio; /* NULL: no such track. Refs; packets may bring others */
    /* How far the plan may run ahead of this rendition, in 90 kHz, before it is cut without what is
     * missing; 0: as far as it likes (the source itself, which the plan follows). */
    int64_t lag_max;
    bool writes_segment_tags; /* the ID3 tag at the start of each segment: timed_metadata.h */
    const char *tag;          /* for log lines; copied */
};

struct segmenter_events {
    /* `growing` is the segment in production as far as it goes; its last part is new. Borrowed:
     * ref to keep. Also for the last part of a segment, before on_segment(). */
    void (*on_part)(struct segment *growing, void *ctx);
    /* Borrowed: ref to keep. */
    void (*on_segment)(struct segment *segment, void *ctx);
};

/* Counted since the creation. */
struct segmenter_counts {
    int64_t late_packets; /* dropped: their part was already closed */
    int64_t gap_parts;
};

/* Returns owned. */
struct segmenter *segmenter_create(const struct segmenter_config *config,
                                   const struct segmenter_events *events, void *ctx);
/* NULL is fine. No callback after it; what is not complete is lost: segmenter_flush() before. Not
 * from inside a callback. */
void segmenter_destroy(struct segmenter *s);

/* The next cut of the plan, in its order. */
void segmenter_cut(struct segmenter *s, const struct cut *cut);
/* The next packet of the rendition, as interleave puts them. Refs it. Tracks that the configuration
 * does not name are ignored. -EMSGSIZE: a part would pass its limit; the broadcast must end. */
int segmenter_push(struct segmenter *s, struct packet *packet);
/* No packet before `dts` will come any more: closes what lies before it. */
void segmenter_pass(struct segmenter *s, int64_t dts);
/* No packet before the cuts told so far will come any more: closes what they close. */
void segmenter_flush(struct segmenter *s);
/* Nothing will come before segmenter_resume(): players learn of gaps as the plan goes on, instead
 * of waiting for what they could have from another rendition. */
void segmenter_interrupt(struct segmenter *s);
void segmenter_resume(struct segmenter *s);
/* Puts an ID3 tag at `pts`, or at the start of the part in production if that time is past. Takes
 * a copy. */
void segmenter_add_tag(struct segmenter *s, int64_t pts, const uint8_t *id3, size_t len);
struct segmenter_counts segmenter_counts(const struct segmenter *s);

#endif
