/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's life, fed by hand, with a real demuxing worker. */
#include "ingest/srt_conn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/loop.h"
#include "ts_recording.h"
#include "ts_writer.h"

#define DEADLINE_MS 20000

struct fixture {
    struct loop *loop;
    struct srt_conn *conn;
    struct ingest *ingest;
    int published, reads, finished, packets, ended;
    bool is_clean;
    int told; /* times */
    struct ingest_metadata metadata;
    bool closes_when_told;
    char key[64], query[64];
};

static void read_media(void *ctx)
{
    struct fixture *f = ctx;

    f->reads++;
}

static void finish(void *ctx)
{
    struct fixture *f = ctx;

    f->finished++;
}

static void on_publish(struct ingest *ingest, const struct ingest_offer *offer, void *ctx)
{
    struct fixture *f = ctx;

    f->published++;
    f->ingest = ingest;
    assert_string_equal(offer->protocol, "srt");
    assert_string_equal(offer->peer, "192.0.2.1");
    assert_true(offer->is_encrypted);
    snprintf(f->key, sizeof(f->key), "%s", offer->stream_key);
    snprintf(f->query, sizeof(f->query), "%s", offer->query);
}

static void on_metadata(struct ingest *ingest, const struct ingest_metadata *metadata, void *ctx)
{
    struct fixture *f = ctx;

    f->told++;
    f->metadata = *metadata;
    if (f->closes_when_told)
        ingest_close(ingest, "for what it is");
}

static void on_packet(struct ingest *ingest, struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    assert_int_equal(f->finished, 0);
    f->packets++;
}

static void on_end(struct ingest *ingest, bool is_clean, void *ctx)
{
    struct fixture *f = ctx;

    f->ended++;
    f->is_clean = is_clean;
}

static int setup(void **state)
{
    static const struct srt_transport transport = { read_media, finish };
    static const struct ingest_events events = { .on_publish = on_publish,
                                                 .on_metadata = on_metadata,
                                                 .on_packet = on_packet,
                                                 .on_end = on_end };
    static const struct stream_name name = { "sk_1", "priority=2" };
    struct fixture *f = mem_zalloc(sizeof(*f));
    struct srt_conn_config config = {
        .tag = "srt#1",
        .peer = "192.0.2.1",
        .is_encrypted = true,
        .name = &name,
        .program = WEIR_MEDIA,
        .transport = &transport,
        .transport_ctx = f,
        .events = &events,
        .events_ctx = f,
    };

    config.loop = f->loop = loop_create(0);
    f->conn = srt_conn_create(&config);
    srt_conn_open(f->conn);
    assert_int_equal(f->published, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    srt_conn_destroy(f->conn);
    loop_stop(f->loop);
    loop_destroy(f->loop);
    mem_free(f);
    return 0;
}

static void feed_recording(struct fixture *f)
{
    struct bytes *ts = ts_recording();

    srt_conn_feed(f->conn, ts, clock_wall_us());
    bytes_unref(ts);
}

static void run_until_packets(struct fixture *f, int count)
{
    int64_t start_ms = clock_mono_ms();

    while (f->packets < count) {
        assert_true(clock_mono_ms() - start_ms < DEADLINE_MS);
        uv_run(loop_uv(f->loop), UV_RUN_ONCE);
    }
}

static void publishes_once_it_is_accepted(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(f->key, "sk_1");
    assert_string_equal(f->query, "priority=2");
    feed_recording(f); /* too early: nobody has asked for it */
    ingest_accept(f->ingest);
    assert_int_equal(f->reads, 1);
    feed_recording(f);
    run_until_packets(f, TS_RECORDING_PICTURES + TS_RECORDING_SOUNDS);
    assert_true(f->metadata.promises_video && f->metadata.promises_audio);
    assert_string_equal(f->metadata.encoder, "");
    srt_conn_lost(f->conn);
    assert_int_equal(f->ended, 1);
    assert_false(f->is_clean); /* it may come back */
    assert_int_equal(f->finished, 0);
}

static void is_refused_without_further_words(void **state)
{
    struct fixture *f = *state;

    ingest_refuse(f->ingest, "no");
    assert_int_equal(f->finished, 1);
    srt_conn_lost(f->conn);
    assert_int_equal(f->ended, 0);
    assert_int_equal(f->reads, 0);
}

static void nothing_comes_once_it_is_closed(void **state)
{
    struct fixture *f = *state;

    ingest_accept(f->ingest);
    feed_recording(f);
    run_until_packets(f, 1);
    ingest_close(f->ingest, "over");
    f->packets = 0;
    for (int i = 0; i < 20; i++)
        uv_run(loop_uv(f->loop), UV_RUN_NOWAIT);
    assert_int_equal(f->packets, 0);
    assert_int_equal(f->ended, 0);
    assert_int_equal(f->finished, 1);
}

/* Its bit rates, too, are told between two packets. */
static void it_may_be_closed_for_what_was_measured(void **state)
{
    struct fixture *f = *state;

    clock_set_fake(clock_mono_us(), clock_wall_us());
    ingest_accept(f->ingest);
    feed_recording(f);
    run_until_packets(f, TS_RECORDING_PICTURES + TS_RECORDING_SOUNDS);
    assert_int_equal(f->told, 1);
    f->closes_when_told = true;
    clock_advance_us(SRT_MEASURED_MS * 1000);
    feed_recording(f);
    while (!f->finished)
        uv_run(loop_uv(f->loop), UV_RUN_ONCE);
    assert_int_equal(f->told, 2);
    assert_int_equal(f->packets, TS_RECORDING_PICTURES + TS_RECORDING_SOUNDS);
    assert_int_equal(f->ended, 0);
}

/* The program and its map, with sound or without. */
static void feed_tables(struct fixture *f, struct ts_writer *w, bool has_audio)
{
    struct bytes *ts;

    ts_tables_out(w, 0x1b, has_audio ? 0x0f : 0x05, TS_AUDIO_PID, NULL);
    ts = bytes_copy(w->out.data, w->out.len);
    buf_reset(&w->out);
    srt_conn_feed(f->conn, ts, clock_wall_us());
    bytes_unref(ts);
}

static void a_program_that_keeps_changing_is_told_now_and_then(void **state)
{
    struct ts_writer *w = mem_zalloc(sizeof(*w));
    struct fixture *f = *state;

    buf_init(&w->out, 1 << 20);
    ingest_accept(f->ingest);
    for (int i = 0; i < 100; i++)
        feed_tables(f, w, i % 2 == 0);
    feed_recording(f);
    run_until_packets(f, TS_RECORDING_PICTURES + TS_RECORDING_SOUNDS);
    assert_int_equal(f->told, 1);
    srt_conn_sweep(f->conn, clock_mono_ms());
    srt_conn_sweep(f->conn, clock_mono_ms());
    assert_int_equal(f->told, 2);
    assert_true(f->metadata.promises_video && f->metadata.promises_audio);
    buf_clear(&w->out);
    mem_free(w);
}

static void silence_ends_it(void **state)
{
    struct fixture *f = *state;

    ingest_accept(f->ingest);
    srt_conn_sweep(f->conn, clock_mono_ms() + SRT_IDLE_MS - 1000);
    assert_int_equal(f->finished, 0);
    srt_conn_sweep(f->conn, clock_mono_ms() + SRT_IDLE_MS + 1);
    assert_int_equal(f->finished, 1);
    assert_int_equal(f->ended, 1);
    assert_false(f->is_clean);
}

static void too_many_bytes_end_it(void **state)
{
    struct fixture *f = *state;
    struct bytes *ts = bytes_create(1 << 20);

    memset(ts->data, 0, ts->len);
    ingest_accept(f->ingest);
    for (int i = 0; i < 20; i++)
        srt_conn_feed(f->conn, ts, clock_wall_us());
    srt_conn_sweep(f->conn, clock_mono_ms() + SRT_RATE_MS);
    assert_int_equal(f->finished, 0); /* 34 Mb/s */
    for (int i = 0; i < 60; i++)
        srt_conn_feed(f->conn, ts, clock_wall_us());
    srt_conn_sweep(f->conn, clock_mono_ms() + 2 * SRT_RATE_MS);
    assert_int_equal(f->finished, 1);
    bytes_unref(ts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(publishes_once_it_is_accepted),
        TEST(is_refused_without_further_words),
        TEST(nothing_comes_once_it_is_closed),
        TEST(a_program_that_keeps_changing_is_told_now_and_then),
        TEST(silence_ends_it),
        TEST(too_many_bytes_end_it),
        TEST(it_may_be_closed_for_what_was_measured), /* stops the clock */
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
