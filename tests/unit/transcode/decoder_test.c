/* SPDX-License-Identifier: Apache-2.0 */
#include "transcode/decoder.h"

#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "clip.h"
#include "transcode/transcode_link.h"

#define FRAMES_MAX 1000

struct seen {
    struct {
        int64_t pts, dts, arrival_us;
        bool is_key;
        int width;
    } frames[FRAMES_MAX];
    size_t count;
};

static void on_frame(const struct raw_frame *raw, void *ctx)
{
    struct seen *seen = ctx;

    assert_true(seen->count < FRAMES_MAX);
    seen->frames[seen->count].pts = raw->pts;
    seen->frames[seen->count].dts = raw->dts;
    seen->frames[seen->count].arrival_us = raw->arrival_us;
    seen->frames[seen->count].is_key = raw->is_key;
    seen->frames[seen->count++].width = raw->frame->width;
}

static struct decoder *create(const struct clip *clip, struct seen *seen)
{
    static const struct decoder_events events = { on_frame };
    const struct bytes *avcc = clip->video->video.avcc;
    struct decoder *d;

    memset(seen, 0, sizeof(*seen));
    assert_int_equal(decoder_create(&d, avcc->data, avcc->len, &events, seen), 0);
    return d;
}

/* Each packet says where it stands in the clip, as its time of arrival. */
static struct link_packet packet_of(const struct clip *clip, size_t i)
{
    const struct packet *in = clip->packets[i];

    return (struct link_packet){
        .kind = MEDIA_VIDEO,
        .is_idr = in->is_idr,
        .dts = in->dts,
        .pts = in->pts,
        .arrival_us = (int64_t)i,
        .data = in->data->data,
        .len = in->data->len,
    };
}

static void decode(struct decoder *d, const struct clip *clip, size_t i)
{
    struct link_packet packet = packet_of(clip, i);

    decoder_decode(d, &packet);
}

static size_t count_keys(const struct seen *seen)
{
    size_t keys = 0;

    for (size_t i = 0; i < seen->count; i++)
        keys += seen->frames[i].is_key;
    return keys;
}

static void hands_over_every_picture_in_order(void **state)
{
    struct clip *clip =
        clip_of("-f lavfi -i testsrc2=s=160x120:r=30:d=4 -c:v libx264 -preset medium -g 30 -bf 3");
    struct seen seen;
    struct decoder *d = create(clip, &seen);

    for (size_t i = 0; i < clip->count; i++)
        decode(d, clip, i);
    decoder_drain(d);
    assert_int_equal(seen.count, clip->count);
    for (size_t i = 0; i < seen.count; i++) {
        const struct packet *source = clip->packets[seen.frames[i].arrival_us];
        assert_true(source->pts == seen.frames[i].pts);
        assert_int_equal(source->is_idr, seen.frames[i].is_key);
        if (source->is_idr)
            assert_true(source->dts == seen.frames[i].dts);
        assert_true(i == 0 || seen.frames[i].dts > seen.frames[i - 1].dts);
        assert_true(seen.frames[i].dts <= seen.frames[i].pts);
    }
    decoder_destroy(d);
    clip_destroy(clip);
}

static struct clip *plain_clip(const char *size)
{
    char arguments[200];

    snprintf(arguments, sizeof(arguments),
             "-f lavfi -i testsrc2=s=%s:r=30:d=4 -c:v libx264 -preset veryfast -g 30 -bf 0", size);
    return clip_of(arguments);
}

static void gives_each_picture_at_once_without_b_frames(void **state)
{
    struct clip *clip = plain_clip("160x120");
    struct seen seen;
    struct decoder *d = create(clip, &seen);

    for (size_t i = 0; i < clip->count; i++) {
        decode(d, clip, i);
        assert_int_equal(seen.count, i + 1);
    }
    decoder_destroy(d);
    clip_destroy(clip);
}

static void recovers_at_the_next_idr_when_one_is_lost(void **state)
{
    struct clip *clip = plain_clip("160x120");
    struct seen seen;
    struct decoder *d = create(clip, &seen);

    for (size_t i = 0; i < clip->count; i++) {
        static const uint8_t ruin[] = { 0, 0, 0, 2, 0x65, 0xff };
        struct link_packet packet = packet_of(clip, i);
        if (i == 30) {
            packet.data = ruin;
            packet.len = sizeof(ruin);
        }
        decoder_decode(d, &packet);
    }
    assert_true(decoder_error_count(d) > 0);
    for (size_t i = 0; i < 60; i++) { /* the last 60 pictures are whole */
        size_t at = seen.count - 60 + i;
        assert_int_equal(seen.frames[at].arrival_us, 60 + i);
        assert_int_equal(seen.frames[at].is_key, i % 30 == 0);
    }
    decoder_destroy(d);
    clip_destroy(clip);
}

static void goes_on_through_broken_pictures(void **state)
{
    struct clip *clip = plain_clip("320x240");
    struct seen seen;
    struct decoder *d = create(clip, &seen);
    unsigned seed = 7;

    for (size_t i = 0; i < clip->count; i++) {
        struct link_packet packet = packet_of(clip, i);
        uint8_t *copy = mem_dup(packet.data, packet.len);
        for (size_t k = 6; k < packet.len && i % 3 == 1; k++)
            if ((seed = seed * 1103515245 + 12345) >> 24 < 8)
                copy[k] = (uint8_t)(seed >> 8);
        packet.data = copy;
        decoder_decode(d, &packet);
        mem_free(copy);
    }
    decoder_drain(d);
    assert_true(decoder_error_count(d) > 0);
    assert_in_range(seen.count, clip->count / 2, clip->count);
    assert_int_equal(count_keys(&seen), 4);
    decoder_destroy(d);
    clip_destroy(clip);
}

static void takes_new_parameter_sets_on_the_way(void **state)
{
    struct clip *first = plain_clip("160x120"), *second = plain_clip("320x240");
    struct seen seen;
    struct decoder *d = create(first, &seen);

    for (size_t i = 0; i < 30; i++)
        decode(d, first, i);
    decoder_set_config(d, second->video->video.avcc->data, second->video->video.avcc->len);
    for (size_t i = 0; i < 60; i++) {
        struct link_packet packet = packet_of(second, i);
        packet.dts += 10 * MEDIA_TIMESCALE;
        packet.pts += 10 * MEDIA_TIMESCALE;
        decoder_decode(d, &packet);
    }
    assert_int_equal(seen.count, 90);
    assert_int_equal(seen.frames[29].width, 160);
    assert_int_equal(seen.frames[30].width, 320);
    assert_int_equal(decoder_error_count(d), 0);
    decoder_destroy(d);
    clip_destroy(first);
    clip_destroy(second);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_over_every_picture_in_order),
        cmocka_unit_test(gives_each_picture_at_once_without_b_frames),
        cmocka_unit_test(recovers_at_the_next_idr_when_one_is_lost),
        cmocka_unit_test(goes_on_through_broken_pictures),
        cmocka_unit_test(takes_new_parameter_sets_on_the_way),
    };

    av_log_set_level(AV_LOG_QUIET);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
