/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

#define PERIOD_MS 20
#define RINGS     5

struct bell {
    struct loop *loop;
    struct loop_timer *timer;
    int rings;
    uint64_t rang_ms[RINGS]; /* the loop's clock */
};

static void ring(void *ctx)
{
    struct bell *bell = ctx;

    bell->rang_ms[bell->rings++] = uv_now(loop_uv(bell->loop));
    if (bell->rings == RINGS)
        loop_timer_stop(bell->timer);
}

static void start_bell(struct bell *bell, struct loop *loop, int period_ms)
{
    *bell = (struct bell){ .loop = loop, .timer = loop_timer_create(loop, ring, bell) };
    loop_timer_start(bell->timer, period_ms, period_ms);
}

static void run_until_all_have_rung(struct loop *loop, const struct bell *bells, size_t count)
{
    int64_t give_up_ms = clock_mono_ms() + 10000;
    size_t done = 0;

    while (done < count && clock_mono_ms() < give_up_ms) {
        uv_run(loop_uv(loop), UV_RUN_ONCE);
        for (done = 0; done < count && bells[done].rings == RINGS; done++)
            ;
    }
    assert_int_equal(done, count);
}

static void finish(struct loop *loop, struct bell *bells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        loop_timer_destroy(bells[i].timer);
    loop_stop(loop);
    loop_destroy(loop);
}

static void timers_that_repeat_ring_together(void **state)
{
    struct loop *loop = loop_create(0);
    struct bell bells[2];
    uint64_t start_ms = uv_now(loop_uv(loop));
    int missed;

    start_bell(&bells[0], loop, PERIOD_MS);
    while (uv_now(loop_uv(loop)) % PERIOD_MS == start_ms % PERIOD_MS)
        uv_update_time(loop_uv(loop));
    start_bell(&bells[1], loop, PERIOD_MS); /* at another time of the period */
    run_until_all_have_rung(loop, bells, ARRAY_LEN(bells));
    missed = bells[0].rang_ms[0] < bells[1].rang_ms[0]; /* of the second bell, by the first */
    for (int i = missed; i < RINGS; i++)
        assert_int_equal(bells[0].rang_ms[i], bells[1].rang_ms[i - missed]);
    finish(loop, bells, ARRAY_LEN(bells));
}

/* However late a ring was, the next is due at a multiple of the period again. */
static void timers_that_repeat_do_not_drift(void **state)
{
    struct loop *loop = loop_create(0);
    struct bell bell;

    start_bell(&bell, loop, PERIOD_MS);
    run_until_all_have_rung(loop, &bell, 1);
    for (int i = 1; i < RINGS; i++)
        assert_true(bell.rang_ms[i] / PERIOD_MS > bell.rang_ms[i - 1] / PERIOD_MS);
    finish(loop, &bell, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_that_repeat_ring_together),
        cmocka_unit_test(timers_that_repeat_do_not_drift),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
