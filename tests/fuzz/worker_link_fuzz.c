/* SPDX-License-Identifier: Apache-2.0 */
/* A worker's answers, from bytes to packets, and what the worker itself reads. Times must run
 * forward whatever is sent, and packets must be what they claim to be. */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "media/access_unit.h"
#include "transcode/worker_output.h"

#define DELAY_MAX     (5 * MEDIA_TIMESCALE)
#define OTHER_PROCESS 255 /* as a frame's type: another worker answers from here on */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int64_t last_dts[TRANSCODE_OUTPUTS_MAX];

static void on_packet(int output, struct packet *packet, void *ctx)
{
    struct access_unit unit;

    if (packet->dts <= last_dts[output] || packet->pts < packet->dts ||
        packet->pts > packet->dts + DELAY_MAX)
        abort();
    last_dts[output] = packet->dts;
    if (packet->kind == MEDIA_AUDIO)
        return;
    if (access_unit_read(&unit, VIDEO_H264, packet->data->data, packet->data->len, 4) ||
        !unit.data || unit.is_idr != packet->is_idr)
        abort();
    bytes_unref(unit.data);
}

static void on_lost(int output, int64_t dts, void *ctx)
{
    if (output >= TRANSCODE_OUTPUTS_MAX)
        abort();
}

static void on_stats(const struct transcode_stats *stats, void *ctx)
{
}

static void read_as_worker(const struct worker_frame *frame)
{
    struct transcode_setup setup;
    struct link_config config;
    struct link_packet packet;

    if (transcode_setup_parse(&setup, frame) == 0 && setup.video_count > TRANSCODE_VIDEO_MAX)
        abort();
    link_config_parse(&config, frame);
    link_packet_parse(&packet, frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct worker_output_events events = { on_packet, on_lost, on_stats };
    struct transcode_setup setup = { .preset = "superfast",
                                     .fps = 30,
                                     .video_count = 2,
                                     .video = { { 320, 240, 400000, 1 }, { 160, 120, 200000, 1 } },
                                     .audio_count = 1,
                                     .audio_bps = { 64000 } };
    struct worker_output *output = worker_output_create(&setup, &events, NULL);
    struct worker_frame_reader reader;
    struct worker_frame frame;

    for (size_t i = 0; i < ARRAY_LEN(last_dts); i++)
        last_dts[i] = INT64_MIN;
    worker_frame_reader_init(&reader);
    worker_output_note_source(output, 900000);
    for (size_t at = 0, step; at < len; at += step) {
        step = len - at < 100 ? len - at : 100;
        if (worker_frame_reader_feed(&reader, data + at, step))
            break;
        while (worker_frame_reader_next(&reader, &frame) > 0) {
            read_as_worker(&frame);
            worker_output_take(output, &frame);
            if (frame.type == OTHER_PROCESS)
                worker_output_restart(output, &setup);
        }
    }
    worker_frame_reader_clear(&reader);
    worker_output_destroy(output);
    return 0;
}
