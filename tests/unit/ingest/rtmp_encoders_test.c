/* SPDX-License-Identifier: Apache-2.0 */
/* What encoders of others were recorded saying, see tests/vectors/rtmp/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "ingest/rtmp_handshake.h"
#include "media/packet.h"
#include "rtmp_fixture.h"

static int setup(void **state)
{
    static struct rtmp_fixture f;

    fixture_open(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

struct expected_packet {
    int kind;
    int64_t pts_ms, dts_ms;
    size_t size;
    bool is_key;
};

/* What ffprobe read from the file that an encoder sent, or that another server wrote. */
static int load_packets(struct expected_packet *out, const char *name)
{
    struct buf csv;
    int count = 0, stream;
    long pts, dts, size;
    char flag;

    fixture_load(&csv, name);
    for (char *line = (char *)csv.data; line && *line; line = strchr(line, '\n') + 1) {
        assert_int_equal(sscanf(line, "%d,%ld,%ld,%ld,%c", &stream, &pts, &dts, &size, &flag), 5);
        out[count++] = (struct expected_packet){ stream ? MEDIA_AUDIO : MEDIA_VIDEO, pts, dts,
                                                 (size_t)size, flag == 'K' };
    }
    buf_clear(&csv);
    return count;
}

static void assert_expected(const struct packet *packet, const struct expected_packet *e)
{
    assert_int_equal(packet->kind, e->kind);
    assert_int_equal(packet->pts, e->pts_ms * 90);
    assert_int_equal(packet->dts, e->dts_ms * 90);
    assert_int_equal(packet->data->len, e->size);
    if (e->kind == MEDIA_VIDEO)
        assert_int_equal(packet->is_idr, e->is_key);
}

static void takes_the_packets_that_ffmpeg_sends(void **state)
{
    struct rtmp_fixture *f = *state;
    struct expected_packet expected[FIXTURE_PACKETS_MAX];
    int count = load_packets(expected, "file-packets.csv");
    struct buf input;

    fixture_load(&input, "ffmpeg.bin");
    fixture_run(f, &input);
    assert_string_equal(f->app, "app");
    assert_string_equal(f->key, "sk_test_key");
    assert_string_equal(f->query, "priority=1");
    assert_int_equal(f->metadata.width, 128);
    assert_int_equal(f->metadata.height, 96);
    assert_true(f->metadata.fps == 25);
    assert_int_equal(f->metadata.audio_bps, 31250);
    assert_true(f->metadata.promises_video && f->metadata.promises_audio);
    assert_string_equal(f->metadata.encoder, "Lavf59.27.100");
    assert_int_equal(f->packet_count, count);
    for (int i = 0; i < count; i++)
        assert_expected(f->packets[i], &expected[i]);
    assert_int_equal(f->ends, 1);
    assert_true(f->ended_clean);
}

/* The same file through GStreamer's two clients, which time and order the tracks their own way. */
static void check_other_client(struct rtmp_fixture *f, const char *name)
{
    struct expected_packet expected[FIXTURE_PACKETS_MAX];
    int count = load_packets(expected, "file-packets.csv"), next[2] = { 0, 0 };
    struct buf input;

    fixture_load(&input, name);
    fixture_run(f, &input);
    assert_string_equal(f->key, "sk_test_key");
    assert_int_equal(f->metadata.width, 128);
    assert_int_equal(f->packet_count, count);
    for (int i = 0; i < count; i++) {
        int *n = &next[f->packets[i]->kind];

        while (expected[*n].kind != (int)f->packets[i]->kind)
            ++*n;
        assert_int_equal(f->packets[i]->data->len, expected[*n].size);
        ++*n;
    }
    assert_int_equal(f->ends, 1);
    assert_true(f->ended_clean);
}

static void takes_the_packets_that_gstreamer_sends(void **state)
{
    check_other_client(*state, "gstreamer.bin");
}

static void takes_the_packets_that_librtmp_sends(void **state)
{
    check_other_client(*state, "librtmp.bin");
}

/* A recording that ends in the middle: CBR with filler, parameter sets in the stream. */
static void takes_the_packets_that_obs_sends(void **state)
{
    struct rtmp_fixture *f = *state;
    struct expected_packet expected[FIXTURE_PACKETS_MAX];
    int count = load_packets(expected, "obs-packets.csv");
    struct buf input;

    fixture_load(&input, "obs.bin");
    fixture_run(f, &input);
    assert_string_equal(f->key, "sk_test_key");
    assert_string_equal(f->query, "priority=1");
    assert_int_equal(f->metadata.width, 320);
    assert_int_equal(f->packet_count, count);
    for (int i = 0; i < count; i++)
        assert_expected(f->packets[i], &expected[i]);
    assert_int_equal(f->ends, 0);
}

static void assert_same_packets(const struct rtmp_fixture *a, const struct rtmp_fixture *b)
{
    assert_int_equal(a->packet_count, b->packet_count);
    for (int i = 0; i < a->packet_count; i++) {
        const struct packet *p = a->packets[i], *q = b->packets[i];

        assert_int_equal(p->kind, q->kind);
        assert_int_equal(p->pts, q->pts);
        assert_int_equal(p->dts, q->dts);
        assert_int_equal(p->is_idr, q->is_idr);
        assert_int_equal(p->data->len, q->data->len);
        assert_memory_equal(p->data->data, q->data->data, p->data->len);
    }
    assert_int_equal(a->ends, b->ends);
    assert_int_equal(a->ended_clean, b->ended_clean);
}

/* The bytes may be torn anywhere, and the key be checked at once or later. */
static void gets_the_same_from_torn_bytes(void **state)
{
    static const size_t steps[] = { 1, 2, 3, 7, 127, 1460, 4096 };
    struct rtmp_fixture *whole = *state, torn;
    struct buf input;

    fixture_load(&input, "librtmp.bin");
    fixture_feed(whole, input.data, input.len);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
        fixture_open(&torn);
        torn.verdict = i % 2 ? VERDICT_LATER : VERDICT_ACCEPT;
        for (size_t at = 0; at < input.len; at += steps[i]) {
            fixture_feed(&torn, input.data + at,
                         input.len - at < steps[i] ? input.len - at : steps[i]);
            if (torn.is_paused) {
                ingest_accept(torn.ingest);
                rtmp_conn_continue(torn.conn);
            }
        }
        assert_same_packets(whole, &torn);
        fixture_close(&torn);
    }
    buf_clear(&input);
}

/* Whatever byte is wrong: nobody but this connection is harmed, and live/ hears of it once. */
static void survives_a_wrong_byte_anywhere(void **state)
{
    struct rtmp_fixture f;
    struct buf input;

    log_setup(LOG_ERROR, LOG_TEXT);
    fixture_load(&input, "ffmpeg.bin");
    for (size_t at = 0; at < input.len; at += at < 2 * RTMP_C1_SIZE ? 256 : 3) {
        uint8_t before = input.data[at];

        input.data[at] ^= (uint8_t)(0xff >> at % 8);
        fixture_open(&f);
        fixture_feed(&f, input.data, input.len);
        fixture_close(&f);
        assert_int_equal(f.ends, f.offers);
        input.data[at] = before;
    }
    buf_clear(&input);
    log_setup(LOG_INFO, LOG_TEXT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    /* clang-format off */
    static const struct CMUnitTest tests[] = {
        TEST(takes_the_packets_that_ffmpeg_sends),
        TEST(takes_the_packets_that_gstreamer_sends),
        TEST(takes_the_packets_that_librtmp_sends),
        TEST(takes_the_packets_that_obs_sends),
        TEST(gets_the_same_from_torn_bytes),
        TEST(survives_a_wrong_byte_anywhere),
    };
    /* clang-format on */

    return cmocka_run_group_tests(tests, NULL, NULL);
}
