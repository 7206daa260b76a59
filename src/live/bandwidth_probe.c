/* SPDX-License-Identifier: Apache-2.0 */
#include "live/bandwidth_probe.h"

#include <stdio.h>

#include "base/bytes.h"
#include "media/packet.h"

void bandwidth_probe_init(struct bandwidth_probe *probe, int64_t now_ms)
{
    *probe = (struct bandwidth_probe){ .start_ms = now_ms, .last_ms = now_ms, .slowest_bps = -1 };
}

static void close_second(struct bandwidth_probe *probe, int64_t bytes)
{
    if (probe->slowest_bps < 0 || bytes * 8 < probe->slowest_bps)
        probe->slowest_bps = bytes * 8;
}

bool bandwidth_probe_add(struct bandwidth_probe *probe, const struct packet *packet, int64_t now_ms)
{
    int64_t second = (now_ms - probe->start_ms) / 1000;
    int64_t len = (int64_t)packet->data->len;

    if (second > probe->second) {
        close_second(probe, probe->second_bytes);
        if (second > probe->second + 1)
            close_second(probe, 0); /* nothing at all came in between */
        probe->second = second;
        probe->second_bytes = 0;
    }
    probe->second_bytes += len;
    probe->bytes[packet->kind] += len;
    probe->frames += packet->kind == MEDIA_VIDEO;
    probe->last_ms = now_ms;
    return now_ms - probe->start_ms < BANDWIDTH_PROBE_MAX_MS;
}

char *bandwidth_probe_results(const struct bandwidth_probe *probe,
                              char text[BANDWIDTH_PROBE_RESULTS])
{
    int64_t elapsed_ms = probe->last_ms > probe->start_ms ? probe->last_ms - probe->start_ms : 1;

    snprintf(text, BANDWIDTH_PROBE_RESULTS,
             "seconds=%.1f video_bps=%lld audio_bps=%lld fps=%.1f slowest_bps=%lld",
             (double)(probe->last_ms - probe->start_ms) / 1000,
             (long long)(probe->bytes[MEDIA_VIDEO] * 8000 / elapsed_ms),
             (long long)(probe->bytes[MEDIA_AUDIO] * 8000 / elapsed_ms),
             (double)probe->frames * 1000 / (double)elapsed_ms,
             (long long)(probe->slowest_bps < 0 ? 0 : probe->slowest_bps));
    return text;
}
