/* SPDX-License-Identifier: Apache-2.0 */
/*     bytes -> packets of 188 -> by PID: association, map -> which PIDs are carried
 *                                        `-> track: PES packet, whole -> on_pes()
 *
 * ISO/IEC 13818-1: packets 2.4.3.2, adaptation fields 2.4.3.4, PES packets 2.4.3.6. A PES packet of
 * video usually tells no length and ends where the next one begins; one without a time goes on with
 * the picture before (encoders that keep PES packets below 64 KiB split large pictures so). */
#include "ingest/ts_demux.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/reader.h"

#define PACKET_SIZE   188
#define SYNC          0x47
#define PID_PAT       0
#define PES_VIDEO_MAX ((4 << 20) - 4096) /* a frame of the link, with its head */
#define PES_AUDIO_MAX (128 << 10)
#define PES_HEADER    9 /* to PES_header_data_length */
#define TIME_SIZE     5

struct track {
    enum media_kind kind;
    int pid;
    int counter;   /* of the last packet; -1: none yet */
    bool is_open;  /* a PES packet has begun, and nothing of it is missing */
    size_t wanted; /* of its payload; 0: not told */
    struct ts_pes pes;
    struct buf payload;
};

/* A PID that carries sections. */
struct table {
    int pid;
    int counter;
    struct ts_section section;
};

struct ts_demux {
    struct ts_demux_events events;
    void *ctx;
    int64_t arrival_us; /* of what is being pushed */
    uint8_t partial[PACKET_SIZE];
    size_t partial_len;
    struct table association, map;
    bool has_program;
    struct ts_program program;
    struct track tracks[2]; /* by media_kind */
};

/* ---- packets ---- */

struct ts_packet {
    int pid, counter;
    bool is_broken, starts, is_scrambled, has_payload, is_discontinuous;
    const uint8_t *payload;
    size_t len;
};

static void parse_packet(struct ts_packet *p, const uint8_t *data)
{
    struct reader r;
    int flags;
    size_t adaptation;

    reader_init(&r, data + 1, PACKET_SIZE - 1);
    flags = read_u16(&r);
    *p = (struct ts_packet){
        .is_broken = flags & 0x8000,
        .starts = flags & 0x4000,
        .pid = flags & 0x1fff,
    };
    flags = read_u8(&r);
    p->is_scrambled = flags & 0xc0;
    p->has_payload = flags & 0x10;
    p->counter = flags & 0x0f;
    if (flags & 0x20) {
        adaptation = read_u8(&r);
        if (adaptation && reader_left(&r))
            p->is_discontinuous = r.data[r.pos] & 0x80;
        read_skip(&r, adaptation);
    }
    p->len = reader_left(&r);
    p->payload = read_bytes(&r, p->len);
    if (reader_err(&r) || !p->len)
        p->has_payload = false;
}

enum continuity { GOES_ON, IS_REPEATED, HAS_GAP };

/* 2.4.3.3: counts packets with payload; one may be sent twice. */
static enum continuity check_counter(int *counter, const struct ts_packet *p)
{
    int last = *counter;

    *counter = p->counter;
    if (last < 0 || p->counter == ((last + 1) & 15))
        return GOES_ON;
    if (p->is_discontinuous)
        return GOES_ON;
    return p->counter == last ? IS_REPEATED : HAS_GAP;
}

/* ---- PES packets ---- */

static void drop_pes(struct track *track)
{
    track->is_open = false;
    buf_reset(&track->payload);
}

static void lose(struct ts_demux *d, struct track *track)
{
    drop_pes(track);
    d->events.on_loss(track->kind, d->ctx);
}

static void finish_pes(struct ts_demux *d, struct track *track)
{
    if (!track->is_open)
        return;
    track->is_open = false;
    if (track->payload.err) {
        buf_clear(&track->payload);
        track->payload.err = 0;
        d->events.on_loss(track->kind, d->ctx);
        return;
    }
    track->pes.data = track->payload.data;
    track->pes.len = track->payload.len;
    if (track->pes.len)
        d->events.on_pes(&track->pes, d->ctx);
    buf_reset(&track->payload);
}

static void append_payload(struct ts_demux *d, struct track *track, const uint8_t *data, size_t len)
{
    bool is_bounded = track->wanted > 0;

    if (is_bounded && len > track->wanted - track->payload.len)
        len = track->wanted - track->payload.len;
    buf_append(&track->payload, data, len);
    track->pes.arrival_us = d->arrival_us;
    /* Of video more may come: whether it does only the next header tells. */
    if (is_bounded && track->kind == MEDIA_AUDIO && track->payload.len == track->wanted)
        finish_pes(d, track);
}

/* 2.4.3.7: 33 bits among marker bits. */
static int64_t read_time(struct reader *r)
{
    int64_t high = read_u8(r) >> 1 & 7, middle = read_u16(r) >> 1, low = read_u16(r) >> 1;

    return high << 30 | middle << 15 | low;
}

struct pes_header {
    bool has_time;
    int64_t pts, dts;
    size_t size, payload; /* of the header; of what follows, 0: not told */
};

static bool is_media_stream(int stream_id)
{
    return (stream_id >= 0xc0 && stream_id <= 0xef) || stream_id == 0xbd || stream_id == 0xfd;
}

/* False: no PES packet of a track, or its header does not stand whole in the packet. */
static bool parse_pes_header(struct pes_header *h, const uint8_t *data, size_t len)
{
    struct reader r;
    bool has_prefix;
    int flags;
    size_t size, rest;

    reader_init(&r, data, len);
    *h = (struct pes_header){ 0 };
    has_prefix = read_u24(&r) == 1 && is_media_stream(read_u8(&r));
    size = read_u16(&r);
    read_u8(&r);
    flags = read_u8(&r) >> 6;
    rest = read_u8(&r);
    h->has_time = flags & 2 && rest >= TIME_SIZE;
    if (h->has_time)
        h->pts = h->dts = read_time(&r);
    if (h->has_time && flags & 1 && rest >= (size_t)2 * TIME_SIZE)
        h->dts = read_time(&r);
    h->size = PES_HEADER + rest;
    h->payload = size > 3 + rest ? size - 3 - rest : 0;
    return has_prefix && !reader_err(&r) && h->size <= len;
}

static void begin_pes(struct ts_demux *d, struct track *track, const struct ts_packet *p)
{
    struct pes_header header;
    bool is_fine = parse_pes_header(&header, p->payload, p->len);

    if (is_fine && !header.has_time && track->kind == MEDIA_VIDEO) {
        if (!track->is_open)
            return; /* what it goes on with is missing */
        track->wanted = header.payload ? track->payload.len + header.payload : 0;
    } else {
        finish_pes(d, track);
        if (!is_fine) {
            lose(d, track);
            return;
        }
        track->is_open = true;
        track->wanted = header.payload;
        track->pes.has_time = header.has_time;
        track->pes.pts = header.pts;
        track->pes.dts = header.dts;
    }
    append_payload(d, track, p->payload + header.size, p->len - header.size);
}

static void take_media(struct ts_demux *d, struct track *track, const struct ts_packet *p)
{
    enum continuity continuity;

    if (!p->has_payload)
        return;
    if (p->is_scrambled) {
        d->events.on_scrambled(track->kind, d->ctx);
        return;
    }
    continuity = check_counter(&track->counter, p);
    if (continuity == IS_REPEATED)
        return;
    if (continuity == HAS_GAP)
        lose(d, track);
    if (p->starts)
        begin_pes(d, track, p);
    else if (track->is_open)
        append_payload(d, track, p->payload, p->len);
}

/* ---- tables ---- */

static void set_table(struct table *table, int pid)
{
    if (table->pid == pid)
        return;
    table->pid = pid;
    table->counter = -1;
    ts_section_reset(&table->section);
}

static void set_track(struct ts_demux *d, struct track *track, int pid)
{
    if (track->pid == pid)
        return;
    finish_pes(d, track);
    track->pid = pid;
    track->counter = -1;
}

static void on_association(const uint8_t *section, size_t len, void *ctx)
{
    struct ts_demux *d = ctx;
    int pid = ts_pat_parse(section, len);

    if (pid > PID_PAT)
        set_table(&d->map, pid);
}

static bool is_same_program(const struct ts_program *a, const struct ts_program *b)
{
    return a->video_pid == b->video_pid && a->audio_pid == b->audio_pid &&
           a->video_refusal == b->video_refusal && a->audio_refusal == b->audio_refusal;
}

static void on_map(const uint8_t *section, size_t len, void *ctx)
{
    struct ts_demux *d = ctx;
    struct ts_program program;

    if (ts_pmt_parse(&program, section, len) ||
        (d->has_program && is_same_program(&program, &d->program)))
        return;
    d->has_program = true;
    d->program = program;
    set_track(d, &d->tracks[MEDIA_VIDEO], program.video_pid);
    set_track(d, &d->tracks[MEDIA_AUDIO], program.audio_pid);
    d->events.on_program(&program, d->ctx);
}

static void take_table(struct ts_demux *d, struct table *table, const struct ts_packet *p,
                       void (*on_section)(const uint8_t *data, size_t len, void *ctx))
{
    enum continuity continuity;

    if (!p->has_payload || p->is_scrambled)
        return;
    continuity = check_counter(&table->counter, p);
    if (continuity == IS_REPEATED)
        return;
    if (continuity == HAS_GAP)
        ts_section_reset(&table->section);
    ts_section_feed(&table->section, p->payload, p->len, p->starts, on_section, d);
}

/* ---- bytes ---- */

static void take_packet(struct ts_demux *d, const uint8_t *data)
{
    struct ts_packet p;

    parse_packet(&p, data);
    if (p.is_broken)
        return; /* its number is missing then, which tells the loss */
    if (p.pid == d->association.pid)
        take_table(d, &d->association, &p, on_association);
    else if (p.pid == d->map.pid)
        take_table(d, &d->map, &p, on_map);
    else if (p.pid == d->tracks[MEDIA_VIDEO].pid)
        take_media(d, &d->tracks[MEDIA_VIDEO], &p);
    else if (p.pid == d->tracks[MEDIA_AUDIO].pid)
        take_media(d, &d->tracks[MEDIA_AUDIO], &p);
}

/* Whether a packet begins here: another one follows, as far as can be seen. */
static bool is_sync(const uint8_t *data, size_t len)
{
    return data[0] == SYNC && (len <= PACKET_SIZE || data[PACKET_SIZE] == SYNC);
}

/* Where the next packet begins; `len` if nowhere. */
static size_t find_sync(const uint8_t *data, size_t len)
{
    size_t at = 0;

    while (at < len && !is_sync(data + at, len - at)) {
        const uint8_t *found = memchr(data + at + 1, SYNC, len - at - 1);

        at = found ? (size_t)(found - data) : len;
    }
    return at;
}

/* Completes the packet that the last push left unfinished. Returns what it took of `data`. */
static size_t finish_partial(struct ts_demux *d, const uint8_t *data, size_t len)
{
    size_t n = PACKET_SIZE - d->partial_len;

    if (!d->partial_len)
        return 0;
    if (n > len)
        n = len;
    memcpy(d->partial + d->partial_len, data, n);
    d->partial_len += n;
    if (d->partial_len == PACKET_SIZE) {
        d->partial_len = 0;
        take_packet(d, d->partial);
    }
    return n;
}

void ts_demux_push(struct ts_demux *d, const uint8_t *data, size_t len, int64_t arrival_us)
{
    size_t at;

    d->arrival_us = arrival_us;
    at = finish_partial(d, data, len);
    while (at < len) {
        at += find_sync(data + at, len - at);
        if (len - at < PACKET_SIZE)
            break;
        take_packet(d, data + at);
        at += PACKET_SIZE;
    }
    if (at < len) {
        d->partial_len = len - at;
        memcpy(d->partial, data + at, d->partial_len);
    }
}

struct ts_demux *ts_demux_create(const struct ts_demux_events *events, void *ctx)
{
    struct ts_demux *d = mem_zalloc(sizeof(*d));

    d->events = *events;
    d->ctx = ctx;
    d->association.pid = PID_PAT;
    d->association.counter = d->map.counter = -1;
    d->map.pid = TS_NO_PID;
    for (int kind = 0; kind < 2; kind++) {
        struct track *track = &d->tracks[kind];

        track->kind = track->pes.kind = (enum media_kind)kind;
        track->pid = TS_NO_PID;
        track->counter = -1;
        buf_init(&track->payload, kind == MEDIA_VIDEO ? PES_VIDEO_MAX : PES_AUDIO_MAX);
    }
    return d;
}

void ts_demux_destroy(struct ts_demux *d)
{
    if (!d)
        return;
    for (int kind = 0; kind < 2; kind++)
        buf_clear(&d->tracks[kind].payload);
    mem_free(d);
}
