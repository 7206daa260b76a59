/* SPDX-License-Identifier: Apache-2.0 */
/* FLV tags and what is in them, HEVC among it. The input is messages: type bit and length in two
 * bytes, then the body. */
#include <stdlib.h>
#include <string.h>

#include "ingest/rtmp_media.h"
#include "media/hevc_nal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool may_stand(enum video_codec codec, const struct h264_nal *nal)
{
    int type = hevc_nal_type(nal);

    if (codec == VIDEO_HEVC)
        return (type < HEVC_VPS || type > HEVC_FILLER) && !hevc_nal_layer(nal);
    return nal->type != NAL_SPS && nal->type != NAL_PPS && nal->type != NAL_AUD &&
           nal->type != NAL_FILLER;
}

static void check(const struct packet *packet)
{
    struct h264_nal nal;
    struct reader r;

    if (packet->kind != MEDIA_VIDEO)
        return;
    reader_init(&r, packet->data->data, packet->data->len);
    while (h264_next_nal(&r, 4, &nal))
        if (!may_stand(packet->config->video.codec, &nal))
            abort();
    if (reader_err(&r))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtmp_media media;
    struct rtmp_packets packets;
    uint32_t timestamp = 0xffffff00;

    rtmp_media_init(&media);
    media.takes_hevc = true;
    while (len > 2) {
        size_t size = (size_t)(data[0] & 0x7f) << 8 | data[1];
        struct rtmp_message message = { .timestamp = timestamp += data[1] };

        if (size > len - 2)
            size = len - 2;
        message.payload = bytes_copy(data + 2, size);
        if (data[1] % 8 == 7)
            rtmp_media_captions(&media, (const char *)data + 2, size);
        if (data[0] & 0x80)
            rtmp_media_audio(&media, &message, &packets);
        else
            rtmp_media_video(&media, &message, &packets);
        for (int i = 0; i < packets.count; i++) {
            check(packets.items[i]);
            packet_unref(packets.items[i]);
        }
        bytes_unref(message.payload);
        data += 2 + size;
        len -= 2 + size;
    }
    rtmp_media_clear(&media);
    return 0;
}
