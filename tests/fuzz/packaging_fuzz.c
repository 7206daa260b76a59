/* SPDX-License-Identifier: Apache-2.0 */
/* Packets with any times and any content, through the whole path from timeline to muxer: the source
 * as transport stream and its sound as a rendition of its own, and beside them, as fragmented MP4,
 * a rendition from a worker that may send anything. Checks what playlists and players rely on. */
#include <stdio.h>
#include <stdlib.h>

#include "base/reader.h"
#include "tests/package_chain.h"
#include "tests/unit/package/ts_reader.h"
#include "tests/unit/packet_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PACKETS_MAX 400 /* what the strict reader of parts has room for */
#define LAG_MAX     (2 * MEDIA_TIMESCALE)
#define CHECK(rule)                                                                                \
    do {                                                                                           \
        if (!(rule)) {                                                                             \
            fprintf(stderr, "broken: %s\n", #rule);                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct rendition {
    struct world *world;
    struct ts_reader *reader; /* NULL: fragmented MP4 */
    int64_t next_part, next_segment;
    int64_t last_end;
};

struct world {
    struct package_chain chain;
    struct rendition source, sound, worker;
    struct segmenter *worker_segmenter;
    struct codec_config *configs[4];
};

static void on_part(struct segment *growing, void *ctx)
{
    struct rendition *r = ctx;
    const struct part *part = growing->parts[growing->part_count - 1];

    CHECK(part->number == r->next_part++);
    CHECK(part->duration >= 0);
    CHECK(part->is_gap == !part->data);
    CHECK(growing->number == r->next_segment);
    if (part->data && r->reader)
        CHECK(!ts_read(r->reader, part->data->data, part->data->len));
}

static void on_segment(struct segment *segment, void *ctx)
{
    struct rendition *r = ctx;
    int64_t end = segment->start + segment->duration;

    CHECK(segment->number == r->next_segment++);
    CHECK(segment->start >= r->last_end);
    CHECK((segment->duration + MEDIA_TIMESCALE / 2) / MEDIA_TIMESCALE <=
          r->world->chain.decision.target_duration_s);
    CHECK(segment->parts[0]->start == segment->start);
    for (int i = 1; i < segment->part_count; i++)
        CHECK(segment->parts[i]->start ==
              segment->parts[i - 1]->start + segment->parts[i - 1]->duration);
    r->last_end = end;
}

static const struct segmenter_events events = { on_part, on_segment };

static struct packet *read_packet(struct world *w, struct reader *r, int64_t time[2])
{
    unsigned kind_bits = read_u8(r);
    enum media_kind kind = kind_bits & 1 ? MEDIA_AUDIO : MEDIA_VIDEO;
    struct codec_config *config = w->configs[kind * 2 + (kind_bits >> 1 & 1)];
    int64_t step = (int16_t)read_u16(r);
    size_t len = read_u8(r);
    const uint8_t *data;
    struct packet *packet;

    if (kind_bits & 4)
        step *= 4096;
    if (kind_bits & 8)
        step = (int64_t)read_u64(r);
    if (len > reader_left(r))
        len = reader_left(r);
    data = read_bytes(r, len);
    time[kind] = (int64_t)((uint64_t)time[kind] + (uint64_t)step);
    packet = packet_create(config, bytes_copy(data ? data : (const uint8_t *)"", data ? len : 0));
    packet->is_idr = kind == MEDIA_VIDEO && kind_bits & 16;
    packet->dts = time[kind];
    packet->pts = (int64_t)((uint64_t)time[kind] + (kind_bits & 32 ? (uint64_t)step : 0));
    packet->arrival_us = FIXTURE_ARRIVAL_US;
    return packet;
}

/* The worker's rendition hears of the same cuts: whenever the source has been cut, it is told. */
static void tee_cut(const struct cut *cut, void *ctx)
{
    struct world *w = ctx;

    chain_cut(cut, &w->chain);
    segmenter_cut(w->worker_segmenter, cut);
}

static void use_packet(struct world *w, struct packet *packet, unsigned op)
{
    if (op & 64) {
        segmenter_push(w->worker_segmenter, packet);
        packet_unref(packet);
        return;
    }
    chain_push(&w->chain, packet);
}

static void use_op(struct world *w, unsigned op)
{
    static const uint8_t tag[] = { 'I', 'D', '3' };

    if (op == 0xff)
        timeline_resume(&w->chain.timeline);
    else if (op == 0xfe)
        chain_pause(&w->chain);
    else if (w->chain.is_live)
        segmenter_add_tag(w->chain.segmenter, op * 90000, tag, sizeof(tag));
}

static void start(struct world *w)
{
    static struct ts_reader readers[2]; /* too large to be made for each input */
    struct segmenter_config config = { .format = &mux_fmp4, .lag_max = LAG_MAX, .tag = "worker" };

    w->configs[0] = config.video = make_video_config();
    w->configs[1] = make_small_video_config();
    w->configs[2] = config.audio = make_audio_config(48000);
    w->configs[3] = make_audio_config(44100);
    ts_reader_init(&readers[0]);
    ts_reader_init(&readers[1]);
    w->source = (struct rendition){ .world = w, .reader = &readers[0] };
    w->sound = (struct rendition){ .world = w, .reader = &readers[1] };
    w->worker = (struct rendition){ .world = w };
    w->worker_segmenter = segmenter_create(&config, &events, &w->worker);
    chain_init(&w->chain, &mux_mpegts, &events, &w->source);
    w->chain.audio_events = events;
    w->chain.audio_ctx = &w->sound;
    w->chain.on_cut = tee_cut;
    w->chain.cut_ctx = w;
}

static void finish(struct world *w)
{
    chain_pause(&w->chain);
    segmenter_flush(w->worker_segmenter);
    chain_clear(&w->chain);
    segmenter_destroy(w->worker_segmenter);
    for (int i = 0; i < 4; i++)
        codec_config_unref(w->configs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int64_t time[2] = { 900000, 900000 };
    struct world w = { 0 };
    struct reader r;

    log_setup(LOG_ERROR, LOG_TEXT);
    start(&w);
    reader_init(&r, data, len);
    for (int i = 0; i < PACKETS_MAX && reader_left(&r); i++) {
        unsigned op = read_u8(&r);

        if (op & 128)
            use_op(&w, op);
        else
            use_packet(&w, read_packet(&w, &r, time), op);
    }
    finish(&w);
    return 0;
}
