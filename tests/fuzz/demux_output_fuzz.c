/* SPDX-License-Identifier: Apache-2.0 */
/* A demuxing worker that has been taken over: whatever it answers, packets follow their
 * configuration and are what they claim to be, times stay where they can be reckoned with, and no
 * more comes than the stream allows for. */
#include <stdlib.h>

#include "base/bytes.h"
#include "ingest/demux_output.h"
#include "media/access_unit.h"
#include "media/codec.h"

#define CHUNK     64
#define DELAY_MAX (5 * MEDIA_TIMESCALE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
    struct demux_output *output;
    int64_t allowed; /* bytes */
    bool has_time;
    int64_t dts;
};

static void on_tracks(const struct demux_tracks *tracks, void *ctx)
{
}

static void check_times(struct seen *seen, const struct packet *packet)
{
    if (llabs(packet->dts) >= DEMUX_CLOCK_MAX || packet->pts < packet->dts ||
        packet->pts - packet->dts > DELAY_MAX)
        abort();
    if (seen->has_time && llabs(packet->dts - seen->dts) > INT64_C(1) << 32)
        abort();
    seen->has_time = true;
    seen->dts = packet->dts;
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct access_unit unit;
    struct seen *seen = ctx;

    seen->allowed -= (int64_t)packet->data->len;
    if (seen->allowed < 0 || packet->config->kind != packet->kind)
        abort();
    check_times(seen, packet);
    if (packet->kind == MEDIA_AUDIO)
        return;
    if (access_unit_read(&unit, VIDEO_H264, packet->data->data, packet->data->len, 4) ||
        !unit.data || unit.is_idr != packet->is_idr)
        abort();
    bytes_unref(unit.data);
}

static void on_refused(enum demux_refusal refusal, void *ctx)
{
    if (!*demux_refusal_text(refusal))
        abort();
}

static void on_stats(const struct demux_stats *more, void *ctx)
{
}

/* The next worker is as bad as the one before. */
static void start_worker(struct seen *seen)
{
    demux_output_restart(seen->output);
    seen->allowed = 1 << 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct demux_output_events events = { on_tracks, on_packet, on_refused, on_stats };
    struct worker_frame_reader reader;
    struct seen seen = { .dts = 0 };
    struct worker_frame frame;

    seen.output = demux_output_create(&events, &seen);
    start_worker(&seen);
    worker_frame_reader_init(&reader);
    for (size_t at = 0, step; at < len; at += step) {
        step = len - at < CHUNK ? len - at : CHUNK;
        if (worker_frame_reader_feed(&reader, data + at, step))
            break;
        demux_output_note_input(seen.output, step);
        seen.allowed += 2 * (int64_t)step;
        while (worker_frame_reader_next(&reader, &frame) > 0)
            if (demux_output_take(seen.output, &frame))
                start_worker(&seen);
    }
    worker_frame_reader_clear(&reader);
    demux_output_destroy(seen.output);
    return 0;
}
