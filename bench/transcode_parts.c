/* SPDX-License-Identifier: Apache-2.0 */
/* What decoding, the cascade and encoding cost by themselves: each alone over the whole file, on
 * one thread, with nothing between them. Prints processor seconds as one JSON object.
 *
 *   transcode_parts X264-PRESET CHANNEL-TYPE FILE */
#include <libavutil/frame.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "clip.h"
#include "transcode/audio_decoder.h"
#include "transcode/audio_encoder.h"
#include "transcode/decoder.h"
#include "transcode/encoder.h"
#include "transcode/scaler.h"
#include "transcode/transcode_link.h"

#define BATCH 30 /* pictures in memory at a time */

struct parts {
    struct transcode_setup setup;
    struct decoder *decoder;
    struct scaler *scalers[TRANSCODE_VIDEO_MAX];
    struct encoder *encoders[TRANSCODE_VIDEO_MAX];
    struct audio_decoder *audio_decoder;
    struct audio_encoder *audio_encoders[TRANSCODE_AUDIO_MAX];
    struct raw_frame *decoded[BATCH * 2];
    int count;
    double decode_s, scale_s, encode_s, audio_s;
};

static void die(const char *what)
{
    fprintf(stderr, "transcode_parts: %s\n", what);
    exit(EXIT_FAILURE);
}

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* -- video -- */

static void on_decoded(const struct raw_frame *raw, void *ctx)
{
    struct parts *p = ctx;

    p->decoded[p->count++] = raw_frame_copy(raw);
}

static void encode_batch(struct parts *p, int rung, AVFrame **scaled)
{
    const struct transcode_video *video = &p->setup.video[rung];
    struct encoder_config config = { p->setup.preset, video->width, video->height,
                                     video->bitrate_bps, p->setup.fps / video->frame_divisor };
    double start_s = cpu_s();
    struct encoded encoded;

    if (!p->encoders[rung] && encoder_create(&p->encoders[rung], &config, scaled[0]))
        die("no encoder");
    for (int i = 0; i < p->count; i++)
        if (encoder_encode(p->encoders[rung], scaled[i], p->decoded[i]->pts, p->decoded[i]->is_key,
                           &encoded))
            die("encoding failed");
    p->encode_s += cpu_s() - start_s;
}

/* `larger` is replaced by the rung's pictures. */
static void scale_batch(struct parts *p, int rung, AVFrame **larger)
{
    double start_s = cpu_s();

    for (int i = 0; i < p->count; i++) {
        AVFrame *scaled = scaler_scale(p->scalers[rung], larger[i]);
        av_frame_free(&larger[i]);
        larger[i] = scaled;
    }
    p->scale_s += cpu_s() - start_s;
}

static void finish_batch(struct parts *p)
{
    AVFrame *frames[BATCH * 2];

    for (int i = 0; i < p->count; i++)
        frames[i] = av_frame_clone(p->decoded[i]->frame);
    for (int rung = 0; rung < p->setup.video_count && p->count; rung++) {
        scale_batch(p, rung, frames);
        encode_batch(p, rung, frames);
    }
    for (int i = 0; i < p->count; i++) {
        av_frame_free(&frames[i]);
        raw_frame_destroy(p->decoded[i]);
    }
    p->count = 0;
}

static void take_video(struct parts *p, const struct link_packet *packet)
{
    double start_s = cpu_s();

    decoder_decode(p->decoder, packet);
    p->decode_s += cpu_s() - start_s;
    if (p->count >= BATCH)
        finish_batch(p);
}

/* -- sound -- */

static void on_audio_frame(const struct audio_frame *frame, void *ctx)
{
}

static void on_block(const struct audio_block *block, void *ctx)
{
    static const struct audio_encoder_events events = { on_audio_frame };
    struct parts *p = ctx;
    struct audio_format format = audio_decoder_format(p->audio_decoder);

    for (int i = 0; i < p->setup.audio_count; i++) {
        if (!p->audio_encoders[i] &&
            audio_encoder_create(&p->audio_encoders[i], &format, p->setup.audio_bps[i], &events, p))
            die("no audio encoder");
        audio_encoder_encode(p->audio_encoders[i], block);
    }
}

static void on_break(void *ctx)
{
}

static void take_audio(struct parts *p, const struct link_packet *packet)
{
    double start_s = cpu_s();

    if (p->setup.audio_count)
        audio_decoder_decode(p->audio_decoder, packet);
    p->audio_s += cpu_s() - start_s;
}

/* -- the run -- */

static void prepare(struct parts *p, const struct clip *clip, const char *type, const char *preset)
{
    static const struct decoder_events video_events = { on_decoded };
    static const struct audio_decoder_events audio_events = { on_block, on_break };
    const struct bytes *avcc = clip->video->video.avcc;
    struct ladder_input input = {
        .channel_type = type,
        .preset = "",
        .width = clip->video->video.width,
        .height = clip->video->video.height,
        .fps = clip_fps(clip),
        .has_audio = clip->audio,
    };
    struct ladder ladder;

    if (ladder_build(&ladder, &input) || !transcode_setup_of(&p->setup, &ladder, preset))
        die("nothing to encode");
    if (decoder_create(&p->decoder, avcc->data, avcc->len, &video_events, p))
        die("no decoder");
    if (clip->audio && audio_decoder_create(&p->audio_decoder, clip->audio->audio.asc->data,
                                            clip->audio->audio.asc->len, &audio_events, p))
        die("no audio decoder");
    for (int i = 0; i < p->setup.video_count; i++)
        p->scalers[i] = scaler_create(p->setup.video[i].width, p->setup.video[i].height);
}

int main(int argc, char **argv)
{
    static struct parts parts;
    struct clip *clip;

    if (argc != 4)
        die("arguments: X264-PRESET CHANNEL-TYPE FILE");
    clip = clip_read(argv[3]);
    prepare(&parts, clip, argv[2], argv[1]);
    for (size_t i = 0; i < clip->count; i++) {
        const struct packet *in = clip->packets[i];
        struct link_packet packet = {
            .kind = in->kind,
            .is_idr = in->is_idr,
            .dts = in->dts,
            .pts = in->pts,
            .data = in->data->data,
            .len = in->data->len,
        };
        if (in->kind == MEDIA_VIDEO)
            take_video(&parts, &packet);
        else
            take_audio(&parts, &packet);
    }
    decoder_drain(parts.decoder);
    finish_batch(&parts);
    printf("{\"decode_s\":%.3f,\"scale_s\":%.3f,\"encode_s\":%.3f,\"audio_s\":%.3f}\n",
           parts.decode_s, parts.scale_s, parts.encode_s, parts.audio_s);
    return EXIT_SUCCESS;
}
