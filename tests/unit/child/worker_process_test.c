/* SPDX-License-Identifier: Apache-2.0 */
#include "child/worker_process.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "net/loop.h"

struct fixture {
    struct loop *loop;
    struct worker_process *process;
    struct buf received; /* payloads, one after another */
    int frames, ends;
    int last_type;
    char reason[64];
    bool destroys_inside;
};

static void on_frame(const struct worker_frame *frame, void *ctx)
{
    struct fixture *f = ctx;

    f->frames++;
    f->last_type = frame->type;
    buf_append(&f->received, frame->data, frame->len);
    if (f->destroys_inside) {
        worker_process_destroy(f->process);
        f->process = NULL;
    }
}

static void on_end(const char *reason, void *ctx)
{
    struct fixture *f = ctx;

    f->ends++;
    snprintf(f->reason, sizeof(f->reason), "%s", reason);
}

static int start_program(struct fixture *f, const char *program, const char *role)
{
    static const struct worker_process_events events = { on_frame, on_end };
    struct worker_process_config config = { program, role, "odd#1" };

    return worker_process_create(&f->process, f->loop, &config, &events, f);
}

static void start(struct fixture *f, const char *role)
{
    assert_int_equal(start_program(f, ODD_WORKER, role), 0);
}

static void setup(struct fixture *f)
{
    *f = (struct fixture){ .loop = loop_create(0) };
    buf_init(&f->received, 16 << 20);
}

/* Ends only when every handle is closed and every child reaped. */
static void teardown(struct fixture *f)
{
    worker_process_destroy(f->process);
    loop_stop(f->loop);
    loop_destroy(f->loop);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    buf_clear(&f->received);
}

static void until(struct fixture *f, const int *counter, int value)
{
    int64_t deadline = clock_mono_ms() + 20000;

    while (*counter < value && clock_mono_ms() < deadline)
        uv_run(loop_uv(f->loop), UV_RUN_ONCE);
    assert_int_equal(*counter, value);
}

static void carries_frames_both_ways(void **state)
{
    struct fixture f;
    struct bytes *body = bytes_create(3 << 20);

    setup(&f);
    memset(body->data, 'b', body->len);
    start(&f, "echo");
    assert_int_equal(worker_process_send(f.process, 40, "head", 4, body), 0);
    assert_int_equal(worker_process_send(f.process, 41, NULL, 0, NULL), 0);
    until(&f, &f.frames, 2);
    assert_int_equal(f.received.len, 4 + body->len);
    assert_memory_equal(f.received.data, "headbbbb", 8);
    assert_int_equal(f.last_type, 41);
    assert_int_equal(worker_process_queue_bytes(f.process), 0);
    assert_int_equal(worker_process_queue_ms(f.process), 0);
    bytes_unref(body);
    teardown(&f);
}

static void never_blocks_and_tells_how_long_frames_wait(void **state)
{
    struct fixture f;
    struct bytes *body = bytes_create(1 << 20);
    int64_t deadline = clock_mono_ms() + 10000;

    setup(&f);
    memset(body->data, 0, body->len);
    start(&f, "echo");
    kill(worker_process_pid(f.process), SIGSTOP);
    for (int i = 0; i < 8; i++)
        assert_int_equal(worker_process_send(f.process, 40, NULL, 0, body), 0);
    while (worker_process_queue_ms(f.process) < 100 && clock_mono_ms() < deadline)
        uv_run(loop_uv(f.loop), UV_RUN_ONCE);
    assert_true(worker_process_queue_ms(f.process) >= 100);
    assert_true(worker_process_queue_bytes(f.process) > 6 << 20);
    kill(worker_process_pid(f.process), SIGCONT);
    until(&f, &f.frames, 8);
    assert_int_equal(worker_process_queue_ms(f.process), 0);
    bytes_unref(body);
    teardown(&f);
}

static void starts_with_an_empty_world(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "tell");
    until(&f, &f.frames, 1);
    assert_string_equal(buf_str(&f.received), "fd 0\nfd 1\nfd 2\n");
    teardown(&f);
}

static void tells_how_a_process_ended(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "crash");
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "killed by signal 6");
    teardown(&f);
    setup(&f);
    start(&f, "no such role");
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "exited with status 9");
    teardown(&f);
}

static void hands_over_all_that_was_said_before_the_end(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "leave");
    until(&f, &f.ends, 1);
    assert_int_equal(f.frames, 1);
    assert_int_equal(f.last_type, FRAME_DRAINED);
    assert_string_equal(f.reason, "exited with status 3");
    assert_int_equal(worker_process_send(f.process, 40, NULL, 0, NULL), -EPIPE);
    teardown(&f);
}

static void gets_held_frames_in_their_order(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "hold");
    until(&f, &f.ends, 1);
    assert_int_equal(f.frames, 4);
    assert_int_equal(f.received.len, 4 + (1 << 20) + 2);
    assert_memory_equal(f.received.data, "abcd----", 8);
    assert_memory_equal(f.received.data + f.received.len - 4, "--ef", 4);
    teardown(&f);
}

static void kills_what_does_not_answer_pings(void **state)
{
    struct fixture f;
    int64_t start_ms = clock_mono_ms();

    setup(&f);
    start(&f, "hang");
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "left three pings unanswered");
    assert_in_range(clock_mono_ms() - start_ms, 2900, 10000);
    teardown(&f);
}

/* It waits for its threads, and nobody reads the link meanwhile. */
static void does_not_ping_what_drains(void **state)
{
    struct fixture f;
    int64_t start_ms = clock_mono_ms();

    setup(&f);
    start(&f, "hang");
    worker_process_drain(f.process);
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "did not come to an end");
    assert_in_range(clock_mono_ms() - start_ms, 5900, 15000);
    teardown(&f);
}

static void kills_what_breaks_the_framing(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "garble");
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "sent what is no frame of ours");
    assert_int_equal(f.frames, 0);
    teardown(&f);
}

static void kills_what_floods_the_link(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "flood");
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "sends more than it can have to say");
    teardown(&f);
}

static void kills_what_stops_inside_a_frame(void **state)
{
    struct fixture f;

    setup(&f);
    start(&f, "stutter");
    until(&f, &f.ends, 1);
    assert_string_equal(f.reason, "left three pings unanswered");
    assert_int_equal(f.frames, 0);
    teardown(&f);
}

static void tells_what_time_a_process_has_used(void **state)
{
    int64_t deadline = clock_mono_ms() + 20000;
    struct fixture f;

    setup(&f);
    start(&f, "flood");
    while (worker_process_cpu_us(f.process) < 2000 && clock_mono_ms() < deadline)
        uv_run(loop_uv(f.loop), UV_RUN_ONCE);
    assert_in_range(worker_process_cpu_us(f.process), 2000, 20000000);
    until(&f, &f.ends, 1);
    assert_int_equal(worker_process_cpu_us(f.process), -1);
    teardown(&f);
}

static void is_silent_once_destroyed(void **state)
{
    struct fixture f;

    setup(&f);
    f.destroys_inside = true;
    start(&f, "echo");
    worker_process_send(f.process, 40, NULL, 0, NULL);
    worker_process_send(f.process, 41, NULL, 0, NULL);
    until(&f, &f.frames, 1);
    teardown(&f);
    assert_int_equal(f.frames, 1);
    assert_int_equal(f.ends, 0);
}

static void says_when_there_is_no_program(void **state)
{
    struct fixture f;

    setup(&f);
    assert_int_equal(start_program(&f, "/nowhere/weir-media", "echo"), -ENOENT);
    assert_null(f.process);
    teardown(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_frames_both_ways),
        cmocka_unit_test(never_blocks_and_tells_how_long_frames_wait),
        cmocka_unit_test(starts_with_an_empty_world),
        cmocka_unit_test(tells_how_a_process_ended),
        cmocka_unit_test(hands_over_all_that_was_said_before_the_end),
        cmocka_unit_test(gets_held_frames_in_their_order),
        cmocka_unit_test(kills_what_does_not_answer_pings),
        cmocka_unit_test(does_not_ping_what_drains),
        cmocka_unit_test(kills_what_breaks_the_framing),
        cmocka_unit_test(kills_what_floods_the_link),
        cmocka_unit_test(kills_what_stops_inside_a_frame),
        cmocka_unit_test(tells_what_time_a_process_has_used),
        cmocka_unit_test(is_silent_once_destroyed),
        cmocka_unit_test(says_when_there_is_no_program),
    };

    setenv("SECRET", "not for children", 1);
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
