/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and segments for tests, without a muxer: the data of a part is its name. */
#ifndef TESTS_SEGMENT_FIXTURE_H
#define TESTS_SEGMENT_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/segment.h"

/* A third of a second at 30 frames per second. */
#define FIXTURE_PART     30000
#define FIXTURE_FIRST_MS INT64_C(1790000000556)

static inline struct part *make_part(int64_t number, int64_t start, int64_t duration)
{
    struct part *part = mem_zalloc(sizeof(*part));
    char text[32];

    atomic_init(&part->refs, 1);
    part->number = number;
    part->start = start;
    part->duration = duration;
    snprintf(text, sizeof(text), "<part %lld>", (long long)number);
    part->data = bytes_copy(text, strlen(text));
    return part;
}

static inline void make_part_gap(struct part *part)
{
    part->is_gap = true;
    part->is_independent = false;
    bytes_unref(part->data);
    part->data = NULL;
}

/* A view of segment `number`, which would have `parts_of_whole` parts, after `part_count` of them.
 * The first part of each segment is independent. */
static inline struct segment *make_segment(int64_t number, int part_count, int parts_of_whole)
{
    struct segment *s = mem_zalloc(sizeof(*s) + (size_t)part_count * sizeof(s->parts[0]));

    atomic_init(&s->refs, 1);
    s->number = number;
    s->start = number * parts_of_whole * FIXTURE_PART;
    s->wall_ms = FIXTURE_FIRST_MS + s->start / 90;
    s->is_independent = true;
    s->part_count = part_count;
    for (int i = 0; i < part_count; i++) {
        s->parts[i] =
            make_part(number * parts_of_whole + i, s->start + i * FIXTURE_PART, FIXTURE_PART);
        s->parts[i]->is_independent = i == 0;
        s->duration += FIXTURE_PART;
    }
    return s;
}

static inline void give_init(struct segment *segment, struct bytes *init, int number)
{
    segment->init = bytes_ref(init);
    segment->init_number = number;
}

static inline void make_segment_gap(struct segment *segment)
{
    segment->is_gap = true;
    for (int i = 0; i < segment->part_count; i++)
        make_part_gap(segment->parts[i]);
}

#endif
