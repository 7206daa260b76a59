/* SPDX-License-Identifier: Apache-2.0 */
/* A stranger's transport stream on its way through the demuxing worker: whatever comes, packets
 * follow their configuration, and are what the server takes. */
#include <stdlib.h>

#include "ingest/ts_media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
    struct codec_config *configs[2];
    size_t bytes;
    int refusals;
};

static void on_tracks(const struct demux_tracks *tracks, void *ctx)
{
}

static void on_config(struct codec_config *config, void *ctx)
{
    struct seen *seen = ctx;

    codec_config_unref(seen->configs[config->kind]);
    seen->configs[config->kind] = codec_config_ref(config);
}

static void on_packet(const struct link_packet *packet, void *ctx)
{
    struct seen *seen = ctx;
    struct packet *read;

    if (!seen->configs[packet->kind] || packet->dts & ~DEMUX_TIME_MASK ||
        packet->pts & ~DEMUX_TIME_MASK)
        abort();
    if (link_packet_read(&read, packet, seen->configs[packet->kind]))
        abort();
    if (read->is_idr != packet->is_idr)
        abort();
    seen->bytes += packet->len;
    packet_unref(read);
}

static void on_refused(enum demux_refusal refusal, void *ctx)
{
    struct seen *seen = ctx;

    if (seen->refusals++ || !*demux_refusal_text(refusal))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct ts_media_events events = { on_tracks, on_config, on_packet, on_refused };
    struct seen seen = { .refusals = 0 };
    struct ts_media *media = ts_media_create(&events, &seen);

    for (size_t at = 0, step; at < len; at += step) {
        step = len - at < 1316 ? len - at : 1316;
        ts_media_push(media, data + at, step, (int64_t)at);
    }
    if (seen.bytes > 2 * len + 65536) /* what the server would take for an attack */
        abort();
    ts_media_destroy(media);
    codec_config_unref(seen.configs[MEDIA_VIDEO]);
    codec_config_unref(seen.configs[MEDIA_AUDIO]);
    return 0;
}
