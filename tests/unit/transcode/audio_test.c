/* SPDX-License-Identifier: Apache-2.0 */
/* Decoder and encoder of sound together: a click must come out when it went in. */
#include <libavcodec/avcodec.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "clip.h"
#include "transcode/audio_decoder.h"
#include "transcode/audio_encoder.h"
#include "transcode/transcode_link.h"

/* What came out, decoded by libavcodec: loudness by time. */
struct chain {
    struct audio_decoder *decoder;
    struct audio_encoder *encoder;
    AVCodecContext *player;
    int breaks, frames;
    bool is_deaf; /* nothing is played */
    int64_t first_pts, last_pts, next_pts;
    int jumps;                 /* in the times of frames */
    double loudest, loudest_s; /* of all samples, and when */
    double softest, strongest; /* of all frames behind the first: mean squares */
};

/* clang-format off */
#define CLICK_ARGUMENTS(at, rate, channels)                                                       \
    "-f lavfi -i aevalsrc=if(between(t\\," at "\\," at "+0.002)\\,0.9*sin(2*PI*3000*t)\\,0):d=3:s=" rate \
    " -ac " channels " -c:a aac -b:a 96k"
/* clang-format on */

static void play(struct chain *c, const struct audio_frame *frame)
{
    AVPacket *packet = av_packet_alloc();
    AVFrame *out = av_frame_alloc();
    double power = 0;

    assert_int_equal(av_new_packet(packet, (int)frame->len), 0);
    memcpy(packet->data, frame->data, frame->len);
    assert_int_equal(avcodec_send_packet(c->player, packet), 0);
    assert_int_equal(avcodec_receive_frame(c->player, out), 0);
    for (int i = 0; i < out->nb_samples; i++) {
        double value = fabs(((const float *)(const void *)out->data[0])[i]);
        power += value * value / out->nb_samples;
        if (value <= c->loudest)
            continue;
        c->loudest = value;
        c->loudest_s =
            (double)(frame->pts - CLIP_START) / MEDIA_TIMESCALE + (double)i / out->sample_rate;
    }
    if (c->frames > 4) {
        c->softest = c->softest > 0 && c->softest < power ? c->softest : power;
        c->strongest = fmax(c->strongest, power);
    }
    av_frame_free(&out);
    av_packet_free(&packet);
}

static void on_frame(const struct audio_frame *frame, void *ctx)
{
    struct chain *c = ctx;
    int rate = audio_decoder_format(c->decoder).sample_rate;

    if (c->frames++ == 0)
        c->first_pts = frame->pts;
    else if (llabs(frame->pts - c->next_pts) > 2)
        c->jumps++;
    c->last_pts = frame->pts;
    c->next_pts = frame->pts + 1024 * (int64_t)MEDIA_TIMESCALE / rate;
    if (!c->is_deaf)
        play(c, frame);
}

static void open_player(struct chain *c)
{
    size_t len;
    const uint8_t *asc = audio_encoder_asc(c->encoder, &len);

    avcodec_free_context(&c->player);
    c->player = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_AAC));
    c->player->extradata = av_mallocz(len + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy(c->player->extradata, asc, len);
    c->player->extradata_size = (int)len;
    assert_int_equal(avcodec_open2(c->player, c->player->codec, NULL), 0);
}

static void on_block(const struct audio_block *block, void *ctx)
{
    static const struct audio_encoder_events events = { on_frame };
    struct chain *c = ctx;
    struct audio_format format = audio_decoder_format(c->decoder);

    if (!c->encoder) {
        assert_int_equal(audio_encoder_create(&c->encoder, &format, 64000, &events, c), 0);
        open_player(c);
    }
    audio_encoder_encode(c->encoder, block);
}

static void finish_encoder(struct chain *c)
{
    if (c->encoder)
        audio_encoder_drain(c->encoder);
    audio_encoder_destroy(c->encoder);
    c->encoder = NULL;
}

static void on_break(void *ctx)
{
    struct chain *c = ctx;

    c->breaks++;
    finish_encoder(c);
}

static void setup(struct chain *c, const struct clip *clip)
{
    static const struct audio_decoder_events events = { on_block, on_break };
    const struct bytes *asc = clip->audio->audio.asc;

    *c = (struct chain){ 0 };
    assert_int_equal(audio_decoder_create(&c->decoder, asc->data, asc->len, &events, c), 0);
}

static void feed(struct chain *c, const struct clip *clip, size_t i, int64_t later)
{
    const struct packet *in = clip->packets[i];
    struct link_packet packet = {
        .kind = MEDIA_AUDIO,
        .dts = in->dts + later,
        .pts = in->pts + later,
        .data = in->data->data,
        .len = in->data->len,
    };

    audio_decoder_decode(c->decoder, &packet);
}

static void finish(struct chain *c)
{
    audio_decoder_drain(c->decoder);
    finish_encoder(c);
    audio_decoder_destroy(c->decoder);
    avcodec_free_context(&c->player);
}

static void check_click(const char *arguments, double at_s, int rate, int channels)
{
    struct clip *clip = clip_of(arguments);
    struct audio_format format;
    struct chain c;

    setup(&c, clip);
    format = audio_decoder_format(c.decoder);
    assert_int_equal(format.sample_rate, rate);
    assert_int_equal(format.channels, channels);
    for (size_t i = 0; i < clip->count; i++)
        feed(&c, clip, i, 0);
    finish(&c);
    assert_int_equal(c.jumps, 0);
    assert_int_equal(c.breaks, 0);
    assert_true(c.loudest > 0.1);
    assert_true(fabs(c.loudest_s - at_s - 0.001) < 0.002);
    clip_destroy(clip);
}

static void a_click_comes_out_when_it_went_in(void **state)
{
    check_click(CLICK_ARGUMENTS("1.7", "48000", "2"), 1.7, 48000, 2);
    check_click(CLICK_ARGUMENTS("1.7", "44100", "1"), 1.7, 44100, 1);
}

/* A sine of 1/8. */
static void a_note_keeps_its_level(void **state)
{
    struct clip *clip = clip_of("-f lavfi -i sine=frequency=440:sample_rate=44100:d=8 -c:a aac "
                                "-b:a 96k");
    struct chain c;

    setup(&c, clip);
    for (size_t i = 0; i + 4 < clip->count; i++) /* but for its end */
        feed(&c, clip, i, 0);
    assert_true(fabs(sqrt(2 * c.softest) * 8 - 1) < 0.1);
    assert_true(fabs(sqrt(2 * c.strongest) * 8 - 1) < 0.1);
    finish(&c);
    clip_destroy(clip);
}

static void resampling_moves_nothing(void **state)
{
    check_click(CLICK_ARGUMENTS("2.3", "32000", "2"), 2.3, 48000, 2);
    check_click(CLICK_ARGUMENTS("2.3", "22050", "1"), 2.3, 48000, 1);
}

static void more_channels_become_two(void **state)
{
    check_click(CLICK_ARGUMENTS("1.1", "48000", "6"), 1.1, 48000, 2);
}

static void holes_become_silence(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("2.5", "48000", "2"));
    struct chain c;

    setup(&c, clip);
    for (size_t i = 0; i < clip->count; i++)
        if (i < 40 || i >= 60) /* 0.43 s are missing */
            feed(&c, clip, i, 0);
    finish(&c);
    assert_int_equal(c.jumps, 0);
    assert_true(fabs(c.loudest_s - 2.501) < 0.002);
    clip_destroy(clip);
}

/* A hole of no whole number of frames: behind it a frame is again what a frame of the source is. */
static void holes_keep_the_sources_frames(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("2.5", "48000", "2"));
    struct chain c;

    setup(&c, clip);
    for (size_t i = 0; i < clip->count; i++) {
        if (i >= 40 && i < 43)
            continue;
        feed(&c, clip, i, i < 40 ? 0 : 10 * 90);
        if (i >= 47 && i < clip->count - 1)
            assert_int_equal(c.last_pts, clip->packets[i - 2]->pts + 10 * 90);
    }
    finish(&c);
    assert_int_equal(c.jumps, 1);
    assert_int_equal(c.breaks, 0);
    assert_true(fabs(c.loudest_s - 2.511) < 0.002);
    clip_destroy(clip);
}

static void long_holes_start_anew(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("2.5", "48000", "2"));
    struct chain c;

    setup(&c, clip);
    for (size_t i = 0; i < clip->count; i++)
        feed(&c, clip, i, i < 50 ? 0 : 5 * MEDIA_TIMESCALE);
    finish(&c);
    assert_int_equal(c.breaks, 1);
    assert_int_equal(c.jumps, 1);
    assert_true(fabs(c.loudest_s - 7.501) < 0.002);
    clip_destroy(clip);
}

static void jitter_of_milliseconds_is_smoothed(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("1.7", "48000", "2"));
    struct chain c;
    unsigned seed = 3;

    setup(&c, clip);
    for (size_t i = 0; i < clip->count; i++)
        feed(&c, clip, i, (int64_t)((seed = seed * 1103515245 + 12345) >> 16) % 2000 - 1000);
    finish(&c);
    assert_int_equal(c.jumps, 0);
    assert_true(fabs(c.loudest_s - 1.701) < 0.015);
    clip_destroy(clip);
}

static void broken_frames_become_silence(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("2.5", "48000", "2"));
    struct chain c;

    setup(&c, clip);
    for (size_t i = 0; i < clip->count; i++) {
        struct link_packet ruin = { .kind = MEDIA_AUDIO, .pts = clip->packets[i]->pts };
        uint8_t bytes[20];
        if (i < 30 || i >= 50) {
            feed(&c, clip, i, 0);
            continue;
        }
        memset(bytes, 0xff - (int)i, sizeof(bytes));
        ruin.data = bytes;
        ruin.len = sizeof(bytes);
        audio_decoder_decode(c.decoder, &ruin);
    }
    finish(&c);
    assert_int_equal(c.jumps, 0);
    assert_true(fabs(c.loudest_s - 2.501) < 0.002);
    clip_destroy(clip);
}

/* At 44.1 kHz a frame is no whole number of ticks, and whoever counts them rounds in their own way:
 * a tick is enough to fall into another segment than the source's frame. */
static void frames_keep_the_sources_times(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("1.0", "44100", "1"));
    struct chain c;

    setup(&c, clip);
    c.is_deaf = true;
    for (int64_t n = 0; n < (int64_t)clip->count; n++) {
        int64_t pts = CLIP_START + 77 + n * 1024 * MEDIA_TIMESCALE / 44100;

        feed(&c, clip, (size_t)n, pts - clip->packets[n]->pts);
        if (n < 3 || n >= (int64_t)clip->count - 3)
            continue;
        assert_int_equal(c.last_pts, CLIP_START + 77 + (n - 2) * 1024 * MEDIA_TIMESCALE / 44100);
    }
    finish(&c);
    assert_int_equal(c.jumps, 0);
    clip_destroy(clip);
}

static void late_sound_starts_late(void **state)
{
    struct clip *clip = clip_of(CLICK_ARGUMENTS("1.0", "48000", "2"));
    struct chain c;

    setup(&c, clip);
    for (size_t i = 0; i < clip->count; i++)
        feed(&c, clip, i, 3 * MEDIA_TIMESCALE);
    finish(&c);
    assert_true(c.first_pts == clip->packets[0]->pts + 3 * MEDIA_TIMESCALE);
    assert_true(fabs(c.loudest_s - 4.001) < 0.002);
    clip_destroy(clip);
}

static void twenty_minutes_do_not_drift(void **state)
{
    enum { FRAMES = 51680 };
    struct clip *clip = clip_of(CLICK_ARGUMENTS("1.0", "44100", "1"));
    size_t count = clip->count - 2;
    struct chain c;

    setup(&c, clip);
    c.is_deaf = true;
    for (int64_t n = 0; n < FRAMES; n++) {
        /* Times as an encoder writes them: whole milliseconds. */
        int64_t pts = CLIP_START + n * 1024 * 1000 / 44100 * 90;
        size_t i = (size_t)n % count;
        feed(&c, clip, i, pts - clip->packets[i]->pts);
    }
    finish(&c);
    assert_int_equal(c.jumps, 0);
    assert_int_equal(c.breaks, 0);
    assert_int_equal(c.frames, FRAMES);
    assert_true(llabs(c.next_pts - CLIP_START - FRAMES * 1024LL * 90000 / 44100) < 90 * 2);
    clip_destroy(clip);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_click_comes_out_when_it_went_in),
        cmocka_unit_test(a_note_keeps_its_level),
        cmocka_unit_test(resampling_moves_nothing),
        cmocka_unit_test(more_channels_become_two),
        cmocka_unit_test(holes_become_silence),
        cmocka_unit_test(holes_keep_the_sources_frames),
        cmocka_unit_test(long_holes_start_anew),
        cmocka_unit_test(jitter_of_milliseconds_is_smoothed),
        cmocka_unit_test(broken_frames_become_silence),
        cmocka_unit_test(frames_keep_the_sources_times),
        cmocka_unit_test(late_sound_starts_late),
        cmocka_unit_test(twenty_minutes_do_not_drift),
    };

    av_log_set_level(AV_LOG_QUIET);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
