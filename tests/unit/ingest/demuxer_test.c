/* SPDX-License-Identifier: Apache-2.0 */
/* Real workers on a recorded stream, and workers that misbehave. */
#include "ingest/demuxer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "media/packet.h"
#include "net/loop.h"
#include "ts_recording.h"
#include "ts_writer.h"

#define DEADLINE_MS 20000

struct fixture {
    struct loop *loop;
    struct demuxer *demuxer;
    int packets[2], tracks, refused, failed;
    int killed; /* a process id */
    int64_t first_dts, last_dts;
    struct codec_config *config; /* of the video */
    int configs;
    char reason[64];
    bool destroys_inside;
};

static void on_tracks(bool has_video, bool has_audio, void *ctx)
{
    struct fixture *f = ctx;

    f->tracks++;
}

static void on_packet(struct packet *packet, void *ctx)
{
    struct fixture *f = ctx;

    if (!f->packets[0] && !f->packets[1])
        f->first_dts = packet->dts;
    f->packets[packet->kind]++;
    f->last_dts = packet->dts;
    if (packet->kind == MEDIA_VIDEO && packet->config != f->config) {
        codec_config_unref(f->config);
        f->config = codec_config_ref(packet->config);
        f->configs++;
    }
    if (f->destroys_inside) {
        demuxer_destroy(f->demuxer);
        f->demuxer = NULL;
    }
}

static void on_refused(const char *reason, void *ctx)
{
    struct fixture *f = ctx;

    f->refused++;
    snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

static void on_failed(const char *reason, void *ctx)
{
    struct fixture *f = ctx;

    f->failed++;
}

static struct fixture *start(const char *program)
{
    static const struct demuxer_events events = { on_tracks, on_packet, on_refused, on_failed };
    struct fixture *f = mem_zalloc(sizeof(*f));
    struct demuxer_config config = { program, "srt#test" };

    f->loop = loop_create(0);
    assert_int_equal(demuxer_create(&f->demuxer, f->loop, &config, &events, f), 0);
    return f;
}

static void stop(struct fixture *f)
{
    demuxer_destroy(f->demuxer);
    codec_config_unref(f->config);
    loop_stop(f->loop);
    loop_destroy(f->loop);
    mem_free(f);
}

static void run_until(struct fixture *f, bool (*is_reached)(const struct fixture *f))
{
    int64_t start_ms = clock_mono_ms();

    while (!is_reached(f)) {
        assert_true(clock_mono_ms() - start_ms < DEADLINE_MS);
        uv_run(loop_uv(f->loop), UV_RUN_ONCE);
    }
}

static void push_recording(struct fixture *f)
{
    struct bytes *ts = ts_recording();

    demuxer_push(f->demuxer, ts, clock_wall_us());
    bytes_unref(ts);
}

static bool has_all(const struct fixture *f)
{
    return f->packets[MEDIA_VIDEO] == TS_RECORDING_PICTURES &&
           f->packets[MEDIA_AUDIO] == TS_RECORDING_SOUNDS;
}

static void a_stream_becomes_packets(void **state)
{
    struct fixture *f = start(WEIR_MEDIA);

    push_recording(f);
    run_until(f, has_all);
    assert_int_equal(f->tracks, 1);
    assert_int_equal(f->configs, 1);
    assert_true(f->first_dts == 126000);
    assert_int_equal(f->config->video.width, 96);
    stop(f);
}

static bool has_twice(const struct fixture *f)
{
    return f->packets[MEDIA_VIDEO] == 2 * TS_RECORDING_PICTURES &&
           f->packets[MEDIA_AUDIO] == 2 * TS_RECORDING_SOUNDS;
}

static bool has_another_worker(const struct fixture *f)
{
    return demuxer_pid(f->demuxer) != 0 && demuxer_pid(f->demuxer) != f->killed;
}

static void a_killed_worker_is_replaced_and_nobody_notices(void **state)
{
    struct fixture *f = start(WEIR_MEDIA);

    push_recording(f);
    run_until(f, has_all);
    f->killed = demuxer_pid(f->demuxer);
    kill(f->killed, SIGKILL);
    run_until(f, has_another_worker);
    push_recording(f);
    run_until(f, has_twice);
    assert_int_equal(f->configs, 1); /* an equal configuration is the same one */
    assert_int_equal(f->failed, 0);
    stop(f);
}

static bool has_failed(const struct fixture *f)
{
    return f->failed > 0;
}

static bool is_refused(const struct fixture *f)
{
    return f->refused > 0;
}

static void a_worker_that_makes_no_sense_is_given_up(void **state)
{
    struct fixture *f = start(ODD_WORKER); /* which does not know the role, and ends */

    run_until(f, has_failed);
    assert_int_equal(f->failed, 1);
    assert_int_equal(demuxer_pid(f->demuxer), 0);
    push_recording(f); /* harmless */
    stop(f);
}

static void push_written(struct fixture *f, struct ts_writer *w)
{
    struct bytes *ts = bytes_copy(w->out.data, w->out.len);

    buf_reset(&w->out);
    demuxer_push(f->demuxer, ts, clock_wall_us());
    bytes_unref(ts);
}

static void what_is_not_carried_is_refused_once(void **state)
{
    struct fixture *f = start(WEIR_MEDIA);
    struct ts_writer *w = mem_zalloc(sizeof(*w));

    buf_init(&w->out, 1 << 20);
    ts_tables_out(w, 0x24, 0x0f, TS_AUDIO_PID, NULL);
    push_written(f, w);
    run_until(f, is_refused);
    assert_string_equal(f->reason, "H.265 is not supported: send H.264");
    assert_int_equal(f->refused, 1);
    buf_clear(&w->out);
    mem_free(w);
    stop(f);
}

static bool has_four_sounds(const struct fixture *f)
{
    return f->packets[MEDIA_AUDIO] == 4;
}

static void times_go_on_over_their_wrap(void **state)
{
    static const uint8_t sound[] = { 0xff, 0xf1, 0x4c, 0x80, 0x01, 0x3f, 0xfc, 0x21, 0x21 };
    const int64_t wrap = INT64_C(1) << 33;
    struct fixture *f = start(WEIR_MEDIA);
    struct ts_writer *w = mem_zalloc(sizeof(*w));

    buf_init(&w->out, 1 << 20);
    ts_tables_out(w, 0x1b, 0x0f, TS_AUDIO_PID, NULL);
    for (int i = 0; i < 4; i++)
        ts_pes_out(w, TS_AUDIO_PID, (wrap - 2 * 1920 + i * 1920) % wrap, TS_NO_TIME, sound,
                   sizeof(sound));
    push_written(f, w);
    run_until(f, has_four_sounds);
    assert_true(f->first_dts == wrap - 2 * 1920);
    assert_true(f->last_dts == wrap + 1920);
    buf_clear(&w->out);
    mem_free(w);
    stop(f);
}

static bool is_destroyed(const struct fixture *f)
{
    return !f->demuxer;
}

static void it_may_be_destroyed_in_its_callback(void **state)
{
    struct fixture *f = start(WEIR_MEDIA);

    f->destroys_inside = true;
    push_recording(f);
    run_until(f, is_destroyed);
    assert_int_equal(f->packets[MEDIA_VIDEO] + f->packets[MEDIA_AUDIO], 1);
    stop(f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_becomes_packets),
        cmocka_unit_test(a_killed_worker_is_replaced_and_nobody_notices),
        cmocka_unit_test(a_worker_that_makes_no_sense_is_given_up),
        cmocka_unit_test(what_is_not_carried_is_refused_once),
        cmocka_unit_test(times_go_on_over_their_wrap),
        cmocka_unit_test(it_may_be_destroyed_in_its_callback),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
